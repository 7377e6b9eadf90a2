// A C++ program that has only the installed package: runs one row of zeros and prints the answers.
// SPDX-License-Identifier: Apache-2.0
#include <mle/mle.h>

#include <cstdio>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auto model = mle::Model::load(argv[1]).or_exit();
  auto session = mle::Session::make(model).or_exit();
  size_t width = 1;
  for (uint32_t dim : session.inputs()[0].dims) width *= dim;
  size_t answers = 1;
  for (uint32_t dim : session.outputs()[0].dims) answers *= dim;
  std::vector<float> in(width), out(answers);
  if (mle::Status status = session.run(std::span<const float>(in), std::span<float>(out));
      !status.ok()) {
    std::fprintf(stderr, "%s\n", status.message());
    return 1;
  }
  for (float answer : out) std::printf("%.9g\n", static_cast<double>(answer));
}
