// write_models FOLDER: the models that the client checks ask for.
// SPDX-License-Identifier: Apache-2.0
#include <mle/dtype.h>

#include "serve/protocol/datatypes.h"
#include "tests/serve/models.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

bool write(const std::filesystem::path& path, const mle::testing::AlignedBytes& file) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  return static_cast<bool>(out.flush());
}

}  // namespace

int main(int argc, char** argv) {
  using namespace mle;
  if (argc != 2) return std::fputs("usage: write_models FOLDER\n", stderr), 2;
  const std::filesystem::path folder = argv[1];
  bool good = write(folder / "linear.mle", testing::linear_file()) &&
              write(folder / "two.mle", testing::two_entries_file()) &&
              write(folder / "sequence.mle", testing::linear_file_of_axes(fb::Axes::Leading)) &&
              write(folder / "versions/1/model.mle", testing::linear_file(1)) &&
              write(folder / "versions/3/model.mle", testing::linear_file(3)) &&
              write(folder / "spare/other.mle.kept", testing::linear_file(7)) &&
              write(folder / "spare/broken.mle.kept", testing::linear_file(7, 8));
  for (int number = 1; number <= 14; ++number)
    good = good &&
           write(folder / ("echo_" + std::string(serve::protocol_name(static_cast<DType>(number))) +
                           ".mle"),
                 testing::echo_file(static_cast<fb::DType>(number)));
  return good ? 0 : 1;
}
