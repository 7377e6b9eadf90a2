// How weights and activations lie in memory, and in which order a dense layer adds: the one place
// that decides, for the packer and for every kernel. Changing a line here changes the numbers of
// every file already written.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/dtype.h>

#include "format/op_kinds.h"

#include <cstddef>
#include <cstdint>

namespace mle::format {

inline constexpr uint64_t kLanes = 16;      // of every panel row and every lane-wise sum
inline constexpr uint64_t kAlignment = 64;  // bytes; of every tensor

constexpr uint64_t round_up(uint64_t n, uint64_t multiple) noexcept {
  return (n + multiple - 1) / multiple * multiple;
}

// The canonical order of one dense output y = b + sum over k of x[k] w[k].
//   Panel16: `chains` fused-multiply-add chains; chain c takes k = c, c + chains, c + 2 chains, …
//            in ascending order. Chain 0 starts from b, the others from +0.
//   Lanes16: `chains` * 16 lanes; block j = k / 16 goes to chain j % chains, lane k % 16. Lane 0 of
//            chain 0 starts from b, all else from +0. The k beyond K count as x = 0, w = 0.
// Chains are added pairwise: c[i] += c[i + half] for half = chains/2, chains/4, … 1; then, for
// Lanes16, the 16 lanes of chain 0 in the same way from half = 8.
struct DenseOrder {
  Layout layout;
  uint32_t chains;  // 1, 2 or 4; at most kPairedColumns columns have 2 in Panel16
};

inline constexpr uint64_t kPairedColumns = 64;

// Measured: docs/decisions/0002-dense-order.md. Narrow layers go by lanes, which waste no columns;
// more chains only where one would wait for the adder of the one before.
constexpr DenseOrder dense_order(uint64_t k, uint64_t n, DType dtype) noexcept {
  (void)dtype;  // f32 and f64 share the order
  if (n <= 8 || (n <= 12 && k >= 64) || (n <= 16 && k >= 256)) {
    return {Layout::Lanes16, k < 256 || n > 4 ? 1u : n > 1 ? 2u : 4u};
  }
  return {Layout::Panel16, n <= kPairedColumns && k >= 8 ? 2u : 1u};
}

// The most columns that dense_order() gives to a Lanes16 layer of so many chains.
constexpr uint64_t lane_columns_with(uint64_t chains) noexcept {
  return chains == 4 ? 1 : chains == 2 ? 4 : kLanes;
}

// Elements of a packed [K, N] weight, padding included. The caller has bounded k and n (limits.h).
constexpr uint64_t packed_elements(Layout layout, uint64_t k, uint64_t n) noexcept {
  switch (layout) {
    case Layout::Plain: return k * n;
    case Layout::Panel16: return round_up(n, kLanes) * k;
    case Layout::Panel16K2: return round_up(n, kLanes) * round_up(k, 2);
    case Layout::Panel16K4: return round_up(n, kLanes) * round_up(k, 4);
    case Layout::Lanes16: return round_up(k, kLanes) * n;
  }
  return 0;
}

// Bytes from one row of an arena tensor to the next, for rows of `width` elements: whole 64-byte
// lines, and never a multiple of 4096, which would map all rows to one cache set.
constexpr uint64_t row_stride_bytes(uint64_t width, uint64_t element_bytes) noexcept {
  const uint64_t bytes = round_up(width * element_bytes, kAlignment);
  return bytes % 4096 == 0 && bytes != 0 ? bytes + kAlignment : bytes;
}

}  // namespace mle::format
