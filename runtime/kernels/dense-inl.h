// The dense kernel: cuts a call into the blocks this instruction set has, and applies the
// activation while the rows are in cache.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/activation-inl.h"
#include "runtime/kernels/dense_blocks-inl.h"

namespace mle::kernels {
namespace {

// A whole in nearly equal parts of at most `most`. Small calls must not pay for divisions.
struct Parts {
  size_t count, shorter, longer;  // `longer` parts have one more than `shorter`

  MLE_INLINE Parts(size_t whole, size_t most) : count(1), shorter(whole), longer(0) {
    if (whole <= most) {
      if (whole == 0) count = 0;
      return;
    }
    count = (whole + most - 1) / most;
    shorter = whole / count;
    longer = whole % count;
  }
  MLE_INLINE size_t begin(size_t i) const { return shorter * i + (i < longer ? i : longer); }
  MLE_INLINE size_t size(size_t i) const { return shorter + (i < longer ? 1 : 0); }
};

// Activations beyond ReLU run over finished rows, by the same function as a step of their own.
template <class P>
MLE_INLINE void activate_rows(const DenseLayer<typename P::T>& layer,
                              const DenseRows<typename P::T>& io, size_t row, size_t rows) {
  if (layer.act == Act::None || layer.act == Act::Relu) return;
  typename P::T* y = io.y + row * io.y_stride;
  kUnaryKernels<P>.of[static_cast<size_t>(layer.act)](
      {y, io.y_stride, y, io.y_stride, rows, layer.n, layer.alpha, layer.beta});
}

// A rectangle of the output and the part of k that is added to it now.
struct Extent {
  size_t row, rows, vector, vectors, k, k_count;
};

template <class P>
inline constexpr size_t kWidthOf = Count<typename P::F>::value;

// The bias of a layer without one, as far as a block may reach.
template <class P>
alignas(64) inline constexpr typename P::T kNoBias[DenseBlocks<P>::kVectors * kWidthOf<P>] = {};

template <class P>
MLE_INLINE void run_panel_block(const DenseLayer<typename P::T>& layer,
                                const DenseRows<typename P::T>& io, const Extent& at) {
  constexpr size_t kWidth = kWidthOf<P>;
  const size_t column = at.vector * kWidth;
  const size_t left = layer.n - column;
  const size_t part = column % format::kLanes;
  const PanelBlock<typename P::T> block{
      .x = io.x + at.row * io.x_stride + at.k,
      .x_stride = io.x_stride,
      .y = io.y + at.row * io.y_stride + column,
      .y_stride = io.y_stride,
      .w = layer.w + (column - part) * layer.k + at.k * format::kLanes,
      .part = part / kWidth,
      .panel_elements = layer.k * format::kLanes,
      .b = layer.b == nullptr ? kNoBias<P> : layer.b + column,
      .k = at.k_count,
      .columns = left < at.vectors * kWidth ? left : at.vectors * kWidth,
      .resume = at.k != 0,
      .relu = layer.act == Act::Relu && at.k + at.k_count == layer.k};
  kDenseBlocks<P>.panel[at.rows - 1][at.vectors - 1][layer.order.chains - 1](block);
}

// How many rows, and then how many vectors, blocks of a layer take.
template <class P>
MLE_INLINE size_t block_rows(uint32_t chains, size_t vectors) {
  if (chains == 1) return P::kMaxRows;
  // Two vectors share what is loaded of x: better than more rows, where there is room for both.
  return vectors > 1 && P::kMaxPairs >= 8 ? P::kMaxPairs / 2 : P::kMaxPairs;
}
template <class P>
MLE_INLINE size_t block_vectors(uint32_t chains, size_t rows) {
  return chains == 1 ? P::vectors_for(rows) : P::kMaxPairs / rows;
}

// All blocks of an extent, row by row: the rows of a block stay in L1 while weights stream by.
template <class P>
MLE_INLINE void run_panel_blocks(const DenseLayer<typename P::T>& layer,
                                 const DenseRows<typename P::T>& io, const Extent& all) {
  const Parts row_parts(all.rows, block_rows<P>(layer.order.chains, all.vectors));
  for (size_t i = 0; i < row_parts.count; ++i) {
    const size_t rows = row_parts.size(i);
    const Parts vector_parts(all.vectors, block_vectors<P>(layer.order.chains, rows));
    for (size_t j = 0; j < vector_parts.count; ++j) {
      run_panel_block<P>(layer, io,
                         {all.row + row_parts.begin(i), rows, all.vector + vector_parts.begin(j),
                          vector_parts.size(j), all.k, all.k_count});
    }
  }
}

// Weights that do not fit L2 are read once for this many rows, in pieces of kKPart times
// kVectorsPart vectors that do. Sums wait in y meanwhile.
inline constexpr size_t kBlockedFrom = 768 * 1024;  // bytes of weights
inline constexpr size_t kRowsPart = 252;
inline constexpr size_t kVectorsPart = 4;
inline constexpr size_t kKPart = 1024;

template <class P>
void dense_blocked(const DenseLayer<typename P::T>& layer, const DenseRows<typename P::T>& io,
                   size_t vectors) {
  const Parts row_parts(io.rows, kRowsPart);
  const Parts vector_parts(vectors, kVectorsPart);
  const Parts k_parts(layer.k, kKPart);
  for (size_t i = 0; i < row_parts.count; ++i) {
    for (size_t j = 0; j < vector_parts.count; ++j) {
      for (size_t l = 0; l < k_parts.count; ++l) {
        run_panel_blocks<P>(layer, io,
                            {row_parts.begin(i), row_parts.size(i), vector_parts.begin(j),
                             vector_parts.size(j), k_parts.begin(l), k_parts.size(l)});
      }
    }
    activate_rows<P>(layer, io, row_parts.begin(i), row_parts.size(i));
  }
}

// One row, the shortest way.
template <class P>
MLE_INLINE void dense_row(const DenseLayer<typename P::T>& layer,
                          const DenseRows<typename P::T>& io, size_t vectors) {
  const size_t most = block_vectors<P>(layer.order.chains, 1);
  const Parts parts(vectors, most);
  for (size_t j = 0; j < parts.count; ++j) {
    run_panel_block<P>(layer, io, {0, 1, parts.begin(j), parts.size(j), 0, layer.k});
  }
  activate_rows<P>(layer, io, 0, 1);
}

template <class P>
void dense_panels(const DenseLayer<typename P::T>& layer, const DenseRows<typename P::T>& io) {
  constexpr size_t kVectorBytes = kWidthOf<P> * sizeof(typename P::T);
  const size_t vectors = (layer.n + kWidthOf<P> - 1) / kWidthOf<P>;
  if (io.rows == 1) return dense_row<P>(layer, io, vectors);
  if (io.rows > P::kMaxRows && layer.order.chains == 1 &&
      vectors * layer.k * kVectorBytes > kBlockedFrom) {
    return dense_blocked<P>(layer, io, vectors);
  }
  // A few rows at a time, so that their activation finds them in L1.
  const Parts row_parts(io.rows, block_rows<P>(layer.order.chains, vectors));
  for (size_t i = 0; i < row_parts.count; ++i) {
    run_panel_blocks<P>(layer, io, {row_parts.begin(i), row_parts.size(i), 0, vectors, 0, layer.k});
    activate_rows<P>(layer, io, row_parts.begin(i), row_parts.size(i));
  }
}

// `rows` is a power of two, `columns` as many as there is a block for.
template <class P>
MLE_INLINE void run_lanes_block(const DenseLayer<typename P::T>& layer,
                                const DenseRows<typename P::T>& io, size_t row, size_t log2_rows,
                                size_t column, size_t columns, size_t log2_chains) {
  const LanesBlock<typename P::T> block{.x = io.x + row * io.x_stride,
                                        .x_stride = io.x_stride,
                                        .y = io.y + row * io.y_stride + column,
                                        .y_stride = io.y_stride,
                                        .w = layer.w + column * 16,
                                        .row_elements = layer.n * 16,
                                        .b = layer.b == nullptr ? kNoBias<P> : layer.b + column,
                                        .k = layer.k,
                                        .relu = layer.act == Act::Relu};
  kDenseBlocks<P>.lanes[log2_rows][columns - 1][log2_chains](block);
}

template <class P>
void dense_lanes(const DenseLayer<typename P::T>& layer, const DenseRows<typename P::T>& io) {
  const size_t log2_chains = layer.order.chains / 2;  // 0, 1 or 2
  const size_t most_rows = layer.n == 1 && log2_chains == 0 ? P::kMaxColumnRows : P::kMaxLaneRows;
  for (size_t row = 0, rows; row < io.rows; row += rows) {
    const size_t left = io.rows - row < most_rows ? io.rows - row : most_rows;
    const size_t log2_rows = 63 - static_cast<size_t>(__builtin_clzll(left));
    rows = size_t{1} << log2_rows;
    const size_t most = P::lane_columns(rows) >> log2_chains;
    if (layer.n <= most || layer.n == 1) {
      run_lanes_block<P>(layer, io, row, log2_rows, 0, layer.n, log2_chains);
    } else {
      const Parts parts(layer.n, most > 1 ? most : 1);
      for (size_t j = 0; j < parts.count; ++j) {
        run_lanes_block<P>(layer, io, row, log2_rows, parts.begin(j), parts.size(j), log2_chains);
      }
    }
    activate_rows<P>(layer, io, row, rows);
  }
}

template <class P>
void dense(const DenseLayer<typename P::T>& layer, const DenseRows<typename P::T>& io) {
  if (layer.order.layout == format::Layout::Lanes16) return dense_lanes<P>(layer, io);
  dense_panels<P>(layer, io);
}

}  // namespace
}  // namespace mle::kernels
