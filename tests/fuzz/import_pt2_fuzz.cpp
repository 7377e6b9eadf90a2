// Fuzz target: any bytes taken for a .pt2 file, or for the program in one.
// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/import_fuzz.h"
#include "tests/support/zip_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = mle::testing::view_of(data, size);
  if (bytes.starts_with("PK")) {
    mle::testing::fuzz_import("pt2", bytes);
    return 0;
  }
  const std::string config =
      R"({"config": {"0.weight": {"path_name": "w", "use_pickle": false, "tensor_meta":
         {"dtype": 7, "sizes": [{"as_int": 4}, {"as_int": 24}],
          "strides": [{"as_int": 24}, {"as_int": 1}], "storage_offset": {"as_int": 0}}}}})";
  mle::testing::fuzz_import(
      "pt2", mle::testing::zip_file({{"m/models/model.json", std::string(bytes)},
                                     {"m/data/weights/model_weights_config.json", config},
                                     {"m/data/weights/w", std::string(384, '\1')}}));
  return 0;
}
