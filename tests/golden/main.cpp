// The tests; with --write-ops DIR one file of each op kind, where there is none yet; with --record
// DIR the lines of bits.txt, by the best table of this machine.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/kernels.h"
#include "tests/format/one_op.h"
#include "tests/golden/answers.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace mle::testing {
namespace {

int write_ops(const std::filesystem::path& folder) {
  for (const auto& [name, make] : kOneOpModels) {
    const std::filesystem::path path = folder / ("op-" + std::string(name) + ".mle");
    if (std::filesystem::exists(path)) continue;
    const AlignedBytes bytes = make_file(make());
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    if (!file.flush()) return 1;
  }
  return 0;
}

int record(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(folder))
    if (file.path().extension() == ".mle") files.push_back(file.path());
  std::ranges::sort(files);
  for (const std::filesystem::path& file : files) {
    // By name: its bits are those of others.
    const auto sum = sum_of_answers(file, kernels::available_tables().begin[0]->isa);
    if (!sum) {
      std::fprintf(stderr, "%s: %s\n", file.c_str(), sum.error().message());
      return 1;
    }
    std::printf("%016" PRIx64 " %s\n", *sum, file.filename().c_str());
  }
  return 0;
}

}  // namespace
}  // namespace mle::testing

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "--write-ops") == 0)
    return mle::testing::write_ops(argv[2]);
  if (argc == 3 && std::strcmp(argv[1], "--record") == 0) return mle::testing::record(argv[2]);
  return doctest::Context(argc, argv).run();
}
