// Fuzz target: any bytes taken for an NPZ archive, or for an array in one.
// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/import_fuzz.h"
#include "tests/support/zip_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = mle::testing::view_of(data, size);
  mle::testing::fuzz_import("npz", bytes);
  mle::testing::fuzz_import("npz", mle::testing::zip_file({{"0.weight.npy", std::string(bytes)}}));
  return 0;
}
