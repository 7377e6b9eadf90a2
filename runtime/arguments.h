// The arguments of run(): checked against what the session expects before anything is written.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>
#include <mle/tensor.h>

#include "runtime/session_state.h"

#include <span>

namespace mle::detail {

// Whether rows of so many bytes, `stride` apart, had better be moved apart: where they all fall
// into the same cache sets and no longer fit the cache next to the core. Below that the copy costs
// more than the misses.
constexpr bool worth_moving(size_t rows, size_t row_bytes, size_t stride) noexcept {
  constexpr size_t kWideRow = 2048;
  constexpr size_t kManyRows = 14;
  constexpr size_t kSetStride = 4096;
  constexpr size_t kBeyondCache = size_t{4} << 20;
  return rows >= kManyRows && row_bytes >= kWideRow && stride % kSetStride == 0 &&
         rows * stride > kBeyondCache;
}

// Sets rows and the bound ports of the session, or says what is wrong and has touched nothing of
// the caller's.
Status bind_arguments(SessionState& session, std::span<const In> inputs,
                      std::span<const Out> outputs) noexcept;

}  // namespace mle::detail
