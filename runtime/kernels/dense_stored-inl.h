// Dense layers of f32 whose weights are stored in fewer bits: decoded on their way into the same
// sums in the same order, so the answers are those of f32 kernels on the decoded weights.
//
// One to three rows, and on AVX-512 eight to forty: decoded in registers. Other numbers of rows:
// decoded into panels that all of them read; so are any where little code comes before speed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/dense_decoded-inl.h"

namespace mle::kernels {
namespace {

using StoredBlockFunction = void (*)(const StoredBlock&);

// Functions by rows - 1, panels - 1 and the logarithm of chains; two chains take row by row.
template <class P>
struct StoredBlocks {
  static constexpr size_t kRows = kDecodedRows<P> > 1 ? kDecodedRows<P> - 1 : 1;
  static constexpr size_t kPanels = P::vectors_for(1);
  StoredBlockFunction of[kRows][kPanels][2];
};
template <class P, class S, size_t R, size_t kPanels, size_t kChains>
constexpr StoredBlockFunction stored_function() {
  constexpr bool kExists = kChains == 1 ? kPanels <= P::vectors_for(R) && !P::kSmall
                                        : R == 1 && kPanels <= P::kMaxPairs && kPanels <= 4;
  if constexpr (kExists) {
    return stored_block<typename P::F, S, R, kPanels, kChains>;
  } else {
    return nullptr;
  }
}
template <class P, class S>
constexpr StoredBlocks<P> make_stored_blocks() {
  StoredBlocks<P> blocks{};
  const auto fill = [&]<size_t r, size_t... p>(std::index_sequence<p...>) {
    ((blocks.of[r][p][0] = stored_function<P, S, r + 1, p + 1, 1>()), ...);
    ((blocks.of[r][p][1] = stored_function<P, S, r + 1, p + 1, 2>()), ...);
  };
  [&]<size_t... r>(std::index_sequence<r...>) {
    (fill.template operator()<r>(std::make_index_sequence<StoredBlocks<P>::kPanels>()), ...);
  }
  (std::make_index_sequence<StoredBlocks<P>::kRows>());
  return blocks;
}
template <class P, class S>
inline constexpr StoredBlocks<P> kStoredBlocks = make_stored_blocks<P, S>();

// Decoding in registers, for a few rows.
template <class P>
[[gnu::noinline]] void stored_rows(const StoredLayer& layer, const DenseRows<float>& io,
                                   const StoredBlocks<P>& blocks, size_t panels,
                                   size_t panel_bytes) {
  const bool one_chain = layer.order.chains == 1;
  const Parts row_parts(io.rows, one_chain ? StoredBlocks<P>::kRows : 1);
  for (size_t i = 0; i < row_parts.count; ++i) {
    const size_t rows = row_parts.size(i), row = row_parts.begin(i);
    const size_t pairs = P::kMaxPairs < 4 ? P::kMaxPairs : 4;
    const Parts panel_parts(panels, one_chain ? P::vectors_for(rows) : pairs);
    for (size_t j = 0; j < panel_parts.count; ++j) {
      const size_t column = panel_parts.begin(j) * format::kLanes;
      const size_t count = panel_parts.size(j), left = layer.n - column;
      const StoredBlock block{
          .x = io.x + row * io.x_stride,
          .x_stride = io.x_stride,
          .y = io.y + row * io.y_stride + column,
          .y_stride = io.y_stride,
          .w = layer.stored + panel_parts.begin(j) * panel_bytes,
          .panel_bytes = panel_bytes,
          .b = layer.b == nullptr ? kNoBias<P> : layer.b + column,
          .k = layer.k,
          .columns = left < count * format::kLanes ? left : count * format::kLanes,
          .relu = layer.act == Act::Relu};
      blocks.of[rows - 1][count - 1][one_chain ? 0 : 1](block);
    }
    activate_rows<P>(layer, io, row, rows);
  }
}

// Whichever serves that many rows.
template <class P, class S>
void stored_part(const StoredLayer& layer, const DenseRows<float>& io) {
  const size_t panels = (layer.n + format::kLanes - 1) / format::kLanes;
  const size_t panel_bytes = lines_of<S>(layer.k) * S::kLineBytes;
  const bool fits = layer.order.chains == 1 || layer.k <= kDecodedFloats / format::kLanes;
  if ((P::kSmall || (io.rows >= kDecodedRows<P> && io.rows > 1)) && fits) {
    const Decoding decoding{decode_part<P, S>, S::kLineBytes / S::kGroup, panel_bytes};
    return decoded_rows<P>(layer, io, decoding, panels);
  }
  stored_rows<P>(layer, io, kStoredBlocks<P, S>, panels, panel_bytes);
}

// Where registers hold that many sums, decoding goes on beside the multiply-adds of eight rows at
// next to no cost of its own. It is done again for every eight rows: the shortest way as long as
// the rows and the weights of three panels stay in L2.
template <class P>
inline constexpr bool kHasWholeBlock = P::kMaxRows == 8 && P::vectors_for(8) == 3;
inline constexpr size_t kWholeRows = 8, kWholePanels = 3, kMostWholeRows = 40;

template <class P, class S>
[[gnu::noinline]] void stored_whole(const StoredLayer& layer, const DenseRows<float>& io) {
  const size_t panel_bytes = lines_of<S>(layer.k) * S::kLineBytes;
  const size_t whole_rows = io.rows / kWholeRows * kWholeRows;
  StoredLayer part = layer;
  DenseRows<float> to = io;
  size_t left = layer.n;
  constexpr size_t kColumns = kWholePanels * format::kLanes;
  for (; left > 2 * format::kLanes; left -= part.n) {
    part.n = left < kColumns ? left : kColumns;
    for (size_t row = 0; row < whole_rows; row += kWholeRows) {
      stored_block<typename P::F, S, kWholeRows, kWholePanels, 1>(
          {.x = io.x + row * io.x_stride,
           .x_stride = io.x_stride,
           .y = to.y + row * io.y_stride,
           .y_stride = io.y_stride,
           .w = part.stored,
           .panel_bytes = panel_bytes,
           .b = layer.b == nullptr ? kNoBias<P> : part.b,
           .k = layer.k,
           .columns = part.n,
           .relu = layer.act == Act::Relu});
      activate_rows<P>(part, to, row, kWholeRows);
    }
    if (whole_rows < io.rows) {
      stored_part<P, S>(part, {io.x + whole_rows * io.x_stride, io.x_stride,
                               to.y + whole_rows * io.y_stride, io.y_stride, io.rows - whole_rows});
    }
    part.stored += kWholePanels * panel_bytes;
    if (part.b != nullptr) part.b += kColumns;
    to.y += kColumns;
  }
  part.n = left;
  if (left > 0) stored_part<P, S>(part, to);
}

template <class P, class S>
void stored_dense(const StoredLayer& layer, const DenseRows<float>& io) {
  if constexpr (kHasWholeBlock<P>) {
    if (io.rows >= kWholeRows && io.rows <= kMostWholeRows && layer.order.chains == 1) {
      return stored_whole<P, S>(layer, io);
    }
  }
  stored_part<P, S>(layer, io);
}

}  // namespace
}  // namespace mle::kernels
