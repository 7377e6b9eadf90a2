// Writes a small MLP, so that the install test has a model where no converter is built.
// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tiny_models.h"

#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const mle::testing::AlignedBytes file = mle::testing::make_file(mle::testing::tiny_mlp());
  std::FILE* out = std::fopen(argv[1], "wb");
  if (out == nullptr) return 1;
  const bool written = std::fwrite(file.data(), 1, file.size(), out) == file.size();
  return std::fclose(out) == 0 && written ? 0 : 1;
}
