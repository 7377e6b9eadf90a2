// Which dense blocks an instruction set has. Its Arch says how large they may be:
//   kMaxRows, panels_for(rows)          one chain: at most that many rows, and panels for them
//   kMaxPairs                           two chains: at most that many rows times panels
//   kMaxLaneRows, lane_columns(rows)    over Lanes16: columns are divided by the chains
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/dense_lanes-inl.h"
#include "runtime/kernels/dense_panel-inl.h"

#include <utility>

namespace mle::kernels {
namespace {

using LanesBlockFunction = void (*)(const LanesBlock&);

template <class Arch, size_t R, size_t P, size_t kChains>
constexpr PanelBlockFunction panel_function() {
  constexpr bool kExists = kChains == 1
                               ? P <= Arch::panels_for(R)
                               : R * P <= Arch::kMaxPairs && P <= format::kPairedColumns / 16;
  if constexpr (kExists) {
    return panel_block<typename Arch::F, R, P, kChains>;
  } else {
    return nullptr;
  }
}
template <class Arch, size_t R, size_t kColumns, size_t kChains>
constexpr LanesBlockFunction lanes_function() {
  constexpr bool kAsked = kColumns <= format::lane_columns_with(kChains);
  if constexpr (kAsked && (kColumns == 1 || kColumns <= Arch::lane_columns(R) / kChains)) {
    return lanes_block<typename Arch::F, R, kColumns, kChains>;
  } else {
    return nullptr;
  }
}

// Functions by rows - 1, panels or columns - 1 and the logarithm of chains; null where there is
// none.
template <class Arch>
struct DenseBlocks {
  static constexpr size_t kPanels = Arch::panels_for(1);
  static constexpr size_t kColumns = Arch::lane_columns(1);
  PanelBlockFunction panel[Arch::kMaxRows][kPanels][2];
  LanesBlockFunction lanes[Arch::kMaxLaneRows][kColumns][3];
};

template <class Arch, size_t r, size_t... p>
constexpr void fill_panel(DenseBlocks<Arch>& blocks, std::index_sequence<p...>) {
  ((blocks.panel[r][p][0] = panel_function<Arch, r + 1, p + 1, 1>()), ...);
  ((blocks.panel[r][p][1] = panel_function<Arch, r + 1, p + 1, 2>()), ...);
}
template <class Arch, size_t r, size_t... n>
constexpr void fill_lanes(DenseBlocks<Arch>& blocks, std::index_sequence<n...>) {
  ((blocks.lanes[r][n][0] = lanes_function<Arch, r + 1, n + 1, 1>()), ...);
  ((blocks.lanes[r][n][1] = lanes_function<Arch, r + 1, n + 1, 2>()), ...);
  ((blocks.lanes[r][n][2] = lanes_function<Arch, r + 1, n + 1, 4>()), ...);
}
template <class Arch, size_t... panel_row, size_t... lanes_row>
constexpr DenseBlocks<Arch> make_dense_blocks(std::index_sequence<panel_row...>,
                                              std::index_sequence<lanes_row...>) {
  DenseBlocks<Arch> blocks{};
  using Panels = std::make_index_sequence<DenseBlocks<Arch>::kPanels>;
  using Columns = std::make_index_sequence<DenseBlocks<Arch>::kColumns>;
  (fill_panel<Arch, panel_row>(blocks, Panels()), ...);
  (fill_lanes<Arch, lanes_row>(blocks, Columns()), ...);
  return blocks;
}

template <class Arch>
inline constexpr DenseBlocks<Arch> kDenseBlocks = make_dense_blocks<Arch>(
    std::make_index_sequence<Arch::kMaxRows>(), std::make_index_sequence<Arch::kMaxLaneRows>());

}  // namespace
}  // namespace mle::kernels
