// Fuzz target: any bytes taken for a file of torch.save, or for the pickle in one.
// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/import_fuzz.h"
#include "tests/support/zip_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = mle::testing::view_of(data, size);
  const bool is_file = size > 3 && (bytes.starts_with("PK") || bytes.substr(2, 2) == "\x8a\n");
  if (is_file) {
    mle::testing::fuzz_import("pytorch", bytes);
    return 0;
  }
  std::vector<std::pair<std::string, std::string>> members = {{"m/data.pkl", std::string(bytes)}};
  for (int key = 0; key < 8; ++key)
    members.emplace_back("m/data/" + std::to_string(key), std::string(2048, '\1'));
  mle::testing::fuzz_import("pytorch", mle::testing::zip_file(members));
  return 0;
}
