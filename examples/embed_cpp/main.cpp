// Predicts one row: embed_cpp MODEL.mle VALUE... prints one line per output column.
// SPDX-License-Identifier: Apache-2.0
#include <mle/mle.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: embed_cpp MODEL.mle VALUE...\n"), 2;
  auto model = mle::Model::load(argv[1]).or_exit();
  auto session = mle::Session::make(model).or_exit();

  std::vector<float> row;
  for (int i = 2; i < argc; ++i) row.push_back(std::strtof(argv[i], nullptr));
  std::vector<float> answer(session.outputs()[0].width());
  if (mle::Status status = session.run(row, answer); !status.ok()) {
    return std::fprintf(stderr, "error: %s\nhint: %s\n", status.message(), status.hint()), 1;
  }
  for (size_t i = 0; i < answer.size(); ++i) {
    const auto label = i < model.labels().size() ? model.labels()[i] : model.outputs()[0].name;
    std::printf("%.*s %g\n", static_cast<int>(label.size()), label.data(), double{answer[i]});
  }
}
