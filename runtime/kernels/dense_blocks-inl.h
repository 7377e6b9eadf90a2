// Which dense blocks there are. The policy P says how large they may be:
//   kMaxRows, vectors_for(rows)         one chain: at most that many rows, and vectors for them
//   kMaxPairs                           two chains: at most that many rows times vectors
//   kMaxLaneRows, lane_columns(rows)    over Lanes16: rows are powers of two, columns are divided
//                                       by the chains
//   kMaxColumnRows                      over Lanes16: rows of a single column in one chain
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/dense_lanes-inl.h"
#include "runtime/kernels/dense_panel-inl.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace mle::kernels {
namespace {

template <class T>
using LanesBlockFunction = void (*)(const LanesBlock<T>&);

// 16 lanes made of vectors F.
template <class F, bool kWhole = Count<F>::value == format::kLanes>
struct Sixteen {
  using Lanes = F;
};
template <class F>
struct Sixteen<F, false> {
  using Lanes = Pair<F>;
};

template <class P, size_t R, size_t kVectors, size_t kChains>
constexpr PanelBlockFunction<typename P::T> panel_function() {
  constexpr size_t kPaired = format::kPairedColumns / Count<typename P::F>::value;
  constexpr bool kExists = kChains == 1 ? kVectors <= P::vectors_for(R)
                                        : R * kVectors <= P::kMaxPairs && kVectors <= kPaired;
  // Nearly equal parts of more rows than fit a block have at least half as many. Small tables
  // decode the weights of a single row in parts, too.
  constexpr bool kResumes = kChains == 1 && (P::kSmall || R >= (P::kMaxRows + 1) / 2);
  if constexpr (kExists) {
    return panel_block<typename P::F, R, kVectors, kChains, kResumes>;
  } else {
    return nullptr;
  }
}
template <class P, size_t R, size_t kColumns, size_t kChains>
constexpr LanesBlockFunction<typename P::T> lanes_function() {
  constexpr bool kAsked = kColumns <= format::lane_columns_with(kChains);
  constexpr bool kColumn = kColumns == 1 && kChains == 1 && R <= P::kMaxColumnRows;
  constexpr bool kFits = kColumns == 1 || kColumns <= P::lane_columns(R) / kChains;
  if constexpr (kAsked && (kColumn || (R <= P::kMaxLaneRows && kFits))) {
    return lanes_block<typename Sixteen<typename P::F>::Lanes, R, kColumns, kChains>;
  } else {
    return nullptr;
  }
}

// Functions by rows - 1 (over Lanes16 by the logarithm of rows), vectors or columns - 1 and the
// logarithm of chains; null where there is none.
template <class P>
struct DenseBlocks {
  static constexpr size_t kVectors = P::vectors_for(1) > P::kMaxPairs ? P::vectors_for(1)
                                                                      : P::kMaxPairs;
  static constexpr size_t kColumns = P::lane_columns(1);
  static constexpr size_t kLaneRows = std::bit_width(std::max(P::kMaxLaneRows, P::kMaxColumnRows));
  PanelBlockFunction<typename P::T> panel[P::kMaxRows][kVectors][2];
  LanesBlockFunction<typename P::T> lanes[kLaneRows][kColumns][3];
};

template <class P, size_t r, size_t... p>
constexpr void fill_panel(DenseBlocks<P>& blocks, std::index_sequence<p...>) {
  ((blocks.panel[r][p][0] = panel_function<P, r + 1, p + 1, 1>()), ...);
  ((blocks.panel[r][p][1] = panel_function<P, r + 1, p + 1, 2>()), ...);
}
template <class P, size_t r, size_t... n>
constexpr void fill_lanes(DenseBlocks<P>& blocks, std::index_sequence<n...>) {
  ((blocks.lanes[r][n][0] = lanes_function<P, size_t{1} << r, n + 1, 1>()), ...);
  ((blocks.lanes[r][n][1] = lanes_function<P, size_t{1} << r, n + 1, 2>()), ...);
  ((blocks.lanes[r][n][2] = lanes_function<P, size_t{1} << r, n + 1, 4>()), ...);
}
template <class P, size_t... panel_row, size_t... lanes_row>
constexpr DenseBlocks<P> make_dense_blocks(std::index_sequence<panel_row...>,
                                           std::index_sequence<lanes_row...>) {
  DenseBlocks<P> blocks{};
  using Vectors = std::make_index_sequence<DenseBlocks<P>::kVectors>;
  using Columns = std::make_index_sequence<DenseBlocks<P>::kColumns>;
  (fill_panel<P, panel_row>(blocks, Vectors()), ...);
  (fill_lanes<P, lanes_row>(blocks, Columns()), ...);
  return blocks;
}

template <class P>
inline constexpr DenseBlocks<P> kDenseBlocks = make_dense_blocks<P>(
    std::make_index_sequence<P::kMaxRows>(), std::make_index_sequence<DenseBlocks<P>::kLaneRows>());

}  // namespace
}  // namespace mle::kernels
