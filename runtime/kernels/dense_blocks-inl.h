// Which dense blocks an instruction set has, and the choice among them. An Arch says how many sums
// of 16 lanes its registers hold and how large its blocks are.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/dense_lanes-inl.h"
#include "runtime/kernels/dense_panel-inl.h"

#include <utility>

namespace mle::kernels {
namespace {

inline constexpr int kMaxPanelsOfChains = 4;  // wider layers have one chain: format/layout.h

using PanelBlockFunction = void (*)(const PanelBlock&);
using LanesBlockFunction = void (*)(const LanesBlock&);

// Chains summed at once in a block of R rows and P panels: as many as keep the registers busy.
template <class Arch>
constexpr int chains_at_once(int rows, int panels) {
  int chains = 8;
  while (chains > 1 && rows * panels * chains > Arch::kSums) chains /= 2;
  return chains;
}

template <class Arch, int R, int P>
constexpr PanelBlockFunction one_chain() {
  if constexpr (P <= Arch::panels_for(R)) {
    return panel_block_at_once<typename Arch::F, R, P, 1>;
  } else {
    return nullptr;
  }
}
template <class Arch, int R, int P, bool kGrouped>
constexpr PanelBlockFunction many_chains() {
  if constexpr (P <= kMaxPanelsOfChains && P <= Arch::panels_for(R)) {
    return panel_block < typename Arch::F, R, P, kGrouped ? chains_at_once<Arch>(R, P) : 1 > ;
  } else {
    return nullptr;
  }
}
template <class Arch, int P, int kChains>
constexpr PanelBlockFunction one_row() {
  if constexpr (P <= kMaxPanelsOfChains && P * kChains <= Arch::kSums) {
    return panel_block_at_once<typename Arch::F, 1, P, kChains>;
  } else {
    return nullptr;
  }
}
template <class Arch, int R, int kColumns, int kChains>
constexpr LanesBlockFunction lanes() {
  if constexpr (kColumns <= Arch::kSums / R) {
    return lanes_block<typename Arch::F, R, kColumns, kChains>;
  } else {
    return nullptr;
  }
}

template <class Arch>
struct DenseBlocks {
  static constexpr size_t kRows = Arch::kMaxRows;
  static constexpr size_t kPanels = Arch::panels_for(1);

  PanelBlockFunction one_chain[kRows][kPanels];
  PanelBlockFunction grouped[kRows][kPanels];
  PanelBlockFunction ungrouped[kRows][kPanels];
  PanelBlockFunction one_row[kPanels][3];       // of 2, 4 and 8 chains
  LanesBlockFunction lanes[2][format::kLanes];  // of one row and of Arch::kLanesRows
  LanesBlockFunction lanes_of_four[2];          // one column, four chains
};

template <class Arch, size_t... kRow>
constexpr DenseBlocks<Arch> make_dense_blocks(std::index_sequence<kRow...>) {
  DenseBlocks<Arch> blocks{};
  const auto fill_row = [&]<size_t R, size_t... P>(std::integral_constant<size_t, R>,
                                                   std::index_sequence<P...>) {
    constexpr int kR = static_cast<int>(R) + 1;
    ((blocks.one_chain[R][P] = one_chain<Arch, kR, static_cast<int>(P) + 1>()), ...);
    ((blocks.grouped[R][P] = many_chains<Arch, kR, static_cast<int>(P) + 1, true>()), ...);
    ((blocks.ungrouped[R][P] = many_chains<Arch, kR, static_cast<int>(P) + 1, false>()), ...);
  };
  using Panels = std::make_index_sequence<DenseBlocks<Arch>::kPanels>;
  (fill_row(std::integral_constant<size_t, kRow>(), Panels()), ...);
  [&]<size_t... P>(std::index_sequence<P...>) {
    ((blocks.one_row[P][0] = one_row<Arch, static_cast<int>(P) + 1, 2>()), ...);
    ((blocks.one_row[P][1] = one_row<Arch, static_cast<int>(P) + 1, 4>()), ...);
    ((blocks.one_row[P][2] = one_row<Arch, static_cast<int>(P) + 1, 8>()), ...);
  }
  (Panels());
  [&]<size_t... N>(std::index_sequence<N...>) {
    ((blocks.lanes[0][N] = lanes<Arch, 1, static_cast<int>(N) + 1, 1>()), ...);
    ((blocks.lanes[1][N] = lanes<Arch, Arch::kLanesRows, static_cast<int>(N) + 1, 1>()), ...);
  }
  (std::make_index_sequence<format::kLanes>());
  blocks.lanes_of_four[0] = lanes_block<typename Arch::F, 1, 1, 4>;
  blocks.lanes_of_four[1] = lanes_block<typename Arch::F, Arch::kLanesRows, 1, 4>;
  return blocks;
}

template <class Arch>
inline constexpr DenseBlocks<Arch> kDenseBlocks =
    make_dense_blocks<Arch>(std::make_index_sequence<Arch::kMaxRows>());

template <class Arch>
MLE_INLINE PanelBlockFunction panel_block_for(size_t rows, size_t panels, uint32_t chains) {
  const DenseBlocks<Arch>& blocks = kDenseBlocks<Arch>;
  if (chains == 1) return blocks.one_chain[rows - 1][panels - 1];
  if (rows == 1) {
    const auto at_once = blocks.one_row[panels - 1][chains == 2 ? 0 : chains == 4 ? 1 : 2];
    if (at_once != nullptr) return at_once;
  }
  const auto group =
      static_cast<uint32_t>(chains_at_once<Arch>(static_cast<int>(rows), static_cast<int>(panels)));
  return group <= chains ? blocks.grouped[rows - 1][panels - 1]
                         : blocks.ungrouped[rows - 1][panels - 1];
}

}  // namespace
}  // namespace mle::kernels
