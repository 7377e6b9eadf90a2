// Fuzz target: any bytes taken for a .keras archive, or for the configuration in one.
// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/import_fuzz.h"
#include "tests/support/zip_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = mle::testing::view_of(data, size);
  if (bytes.starts_with("PK")) {
    mle::testing::fuzz_import("keras", bytes);
  } else {
    mle::testing::fuzz_import("keras",
                              mle::testing::zip_file({{"config.json", std::string(bytes)},
                                                      {"model.weights.h5", "\x89HDF\r\n\x1a\n"}}));
  }
  return 0;
}
