// Fuzz target: any bytes taken for a TorchScript archive, or for the code of one.
// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/import_fuzz.h"
#include "tests/support/zip_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = mle::testing::view_of(data, size);
  if (bytes.starts_with("PK")) {
    mle::testing::fuzz_import("torchscript", bytes);
    return 0;
  }
  const std::string tensor =
      "ctorch._utils\n_rebuild_tensor_v2\n((S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\nI6\ntQ"
      "I0\n(I2\nI3\nt(I3\nI1\ntI00\nNtR";
  mle::testing::fuzz_import(
      "torchscript", mle::testing::zip_file({{"m/data.pkl", "c__torch__\nNet\n)\x81(dS'weight'\n" +
                                                                tensor + "sS'training'\nI00\nsb."},
                                             {"m/data/0", std::string(24, '\1')},
                                             {"m/code/__torch__.py", std::string(bytes)},
                                             {"m/constants.pkl", ")."}}));
  return 0;
}
