// Fuzz target: any bytes are refused, or open to a view whose every promise holds.
// SPDX-License-Identifier: Apache-2.0
#include "format/file_view.h"
#include "tests/fuzz/mutate_file.h"
#include "tests/support/tiny_models.h"
#include "tests/support/walk_view.h"

#include <cstdlib>

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned seed) {
  return mle::testing::mutate_file(data, size, max_size, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const mle::testing::AlignedBytes file(std::as_bytes(std::span(data, size)));
  const auto view = mle::format::FileView::open(file.span());
  if (view) {
    volatile uint64_t sink = mle::testing::walk_view(*view);
    static_cast<void>(sink);
  } else if (view.error().rule() == 0 || view.error().message()[0] == '\0') {
    std::abort();  // a refusal names its rule and says why
  }
  return 0;
}
