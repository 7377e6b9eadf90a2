// Fuzz target: any bytes taken for HDF5: a model of layers, and weights beside their configuration.
// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/import_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string config =
      R"({"class_name": "Sequential", "config": {"layers": [
         {"class_name": "InputLayer", "config": {"batch_shape": [null, 13], "name": "x"}},
         {"class_name": "Dense", "config": {"name": "dense", "units": 8, "activation": "relu"}}]}})";
  const std::string_view bytes = mle::testing::view_of(data, size);
  mle::testing::fuzz_import("keras", bytes);
  mle::testing::fuzz_import("keras-weights", bytes, config);
  return 0;
}
