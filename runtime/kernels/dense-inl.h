// The dense kernel: cuts a call into the blocks this instruction set has, and applies the
// activation while the rows are in cache.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/activation-inl.h"
#include "runtime/kernels/dense_blocks-inl.h"

#include <bit>

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
MLE_INLINE void activate_rows(const DenseArgs<typename P::T>& args, size_t row, size_t rows) {
  if (args.act == Act::None || args.act == Act::Relu) return;
  typename P::T* y = args.y + row * args.y_stride;
  kUnaryKernels<P>.of[static_cast<size_t>(args.act)](
      {y, args.y_stride, y, args.y_stride, rows, args.n, args.alpha, args.beta});
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
MLE_INLINE void run_panel_block(const DenseArgs<typename P::T>& args, const Extent& at) {
  constexpr size_t kWidth = kWidthOf<P>;
  const size_t column = at.vector * kWidth;
  const size_t left = args.n - column;
  const size_t part = column % format::kLanes;
  const PanelBlock<typename P::T> block{
      .x = args.x + at.row * args.x_stride + at.k,
      .x_stride = args.x_stride,
      .y = args.y + at.row * args.y_stride + column,
      .y_stride = args.y_stride,
      .w = args.w + (column - part) * args.k + at.k * format::kLanes,
      .part = part / kWidth,
      .panel_elements = args.k * format::kLanes,
      .b = args.b == nullptr ? kNoBias<P> : args.b + column,
      .k = at.k_count,
      .columns = left < at.vectors * kWidth ? left : at.vectors * kWidth,
      .resume = at.k != 0,
      .relu = args.act == Act::Relu && at.k + at.k_count == args.k};
  kDenseBlocks<P>.panel[at.rows - 1][at.vectors - 1][args.order.chains - 1](block);
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
MLE_INLINE void run_panel_blocks(const DenseArgs<typename P::T>& args, const Extent& all) {
  const Parts row_parts(all.rows, block_rows<P>(args.order.chains, all.vectors));
  for (size_t i = 0; i < row_parts.count; ++i) {
    const size_t rows = row_parts.size(i);
    const Parts vector_parts(all.vectors, block_vectors<P>(args.order.chains, rows));
    for (size_t j = 0; j < vector_parts.count; ++j) {
      run_panel_block<P>(args,
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
void dense_blocked(const DenseArgs<typename P::T>& args, size_t vectors) {
  const Parts row_parts(args.rows, kRowsPart);
  const Parts vector_parts(vectors, kVectorsPart);
  const Parts k_parts(args.k, kKPart);
  for (size_t i = 0; i < row_parts.count; ++i) {
    for (size_t j = 0; j < vector_parts.count; ++j) {
      for (size_t l = 0; l < k_parts.count; ++l) {
        run_panel_blocks<P>(args, {row_parts.begin(i), row_parts.size(i), vector_parts.begin(j),
                                   vector_parts.size(j), k_parts.begin(l), k_parts.size(l)});
      }
    }
    activate_rows<P>(args, row_parts.begin(i), row_parts.size(i));
  }
}

template <class P>
void dense_panels(const DenseArgs<typename P::T>& args) {
  constexpr size_t kVectorBytes = kWidthOf<P> * sizeof(typename P::T);
  const size_t vectors = (args.n + kWidthOf<P> - 1) / kWidthOf<P>;
  if (args.rows > P::kMaxRows && args.order.chains == 1 &&
      vectors * args.k * kVectorBytes > kBlockedFrom) {
    return dense_blocked<P>(args, vectors);
  }
  // A few rows at a time, so that their activation finds them in L1.
  const Parts row_parts(args.rows, block_rows<P>(args.order.chains, vectors));
  for (size_t i = 0; i < row_parts.count; ++i) {
    run_panel_blocks<P>(args, {row_parts.begin(i), row_parts.size(i), 0, vectors, 0, args.k});
    activate_rows<P>(args, row_parts.begin(i), row_parts.size(i));
  }
}

template <class P>
void dense_lanes(const DenseArgs<typename P::T>& args) {
  const size_t log2_chains = args.order.chains / 2;  // 0, 1 or 2
  const size_t most_rows = args.n == 1 && log2_chains == 0 ? P::kMaxColumnRows : P::kMaxLaneRows;
  for (size_t row = 0, rows; row < args.rows; row += rows) {
    rows = most_rows;
    while (rows > args.rows - row) rows /= 2;
    const size_t most = P::lane_columns(rows) >> log2_chains;
    const Parts column_parts(args.n, most > 1 ? most : 1);
    for (size_t j = 0; j < column_parts.count; ++j) {
      const size_t column = column_parts.begin(j);
      const LanesBlock<typename P::T> block{.x = args.x + row * args.x_stride,
                                            .x_stride = args.x_stride,
                                            .y = args.y + row * args.y_stride + column,
                                            .y_stride = args.y_stride,
                                            .w = args.w + column * 16,
                                            .row_elements = args.n * 16,
                                            .b = args.b == nullptr ? kNoBias<P> : args.b + column,
                                            .k = args.k,
                                            .relu = args.act == Act::Relu};
      const auto& functions = kDenseBlocks<P>.lanes[static_cast<size_t>(std::countr_zero(rows))]
                                                   [column_parts.size(j) - 1];
      functions[log2_chains](block);
    }
    activate_rows<P>(args, row, rows);
  }
}

template <class P>
void dense(const DenseArgs<typename P::T>& args) {
  if (args.order.layout == format::Layout::Lanes16) return dense_lanes<P>(args);
  dense_panels<P>(args);
}

}  // namespace
}  // namespace mle::kernels
