// Fuzz target: any bytes taken for safetensors.
// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/import_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mle::testing::fuzz_import("safetensors", mle::testing::view_of(data, size));
  return 0;
}
