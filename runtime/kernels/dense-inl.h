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
template <class Arch>
MLE_INLINE void activate_rows(const DenseArgs& args, size_t row, size_t rows) {
  if (args.act == Act::None || args.act == Act::Relu) return;
  float* y = args.y + row * args.y_stride;
  kUnaryKernels<Arch>.of[static_cast<size_t>(args.act)](
      {y, args.y_stride, y, args.y_stride, rows, args.n, args.alpha, args.beta});
}

// A rectangle of the output and the part of k that is added to it now.
struct Extent {
  size_t row, rows, panel, panels, k, k_count;
};

template <class Arch>
MLE_INLINE void run_panel_block(const DenseArgs& args, const Extent& at) {
  const size_t column = at.panel * 16;
  const size_t left = args.n - column;
  const PanelBlock block{.x = args.x + at.row * args.x_stride + at.k,
                         .x_stride = args.x_stride,
                         .y = args.y + at.row * args.y_stride + column,
                         .y_stride = args.y_stride,
                         .w = args.w + column * args.k + at.k * 16,
                         .panel_elements = args.k * 16,
                         .b = args.b == nullptr ? nullptr : args.b + column,
                         .k = at.k_count,
                         .columns = left < at.panels * 16 ? left : at.panels * 16,
                         .resume = at.k != 0,
                         .relu = args.act == Act::Relu && at.k + at.k_count == args.k};
  kDenseBlocks<Arch>.panel[at.rows - 1][at.panels - 1][args.order.chains - 1](block);
}

// How many rows, and then how many panels, blocks of a layer take.
template <class Arch>
MLE_INLINE size_t block_rows(uint32_t chains, size_t panels) {
  if (chains == 1) return Arch::kMaxRows;
  // Two panels share what is loaded of x: better than more rows, where there is room for both.
  return panels > 1 && Arch::kMaxPairs >= 8 ? Arch::kMaxPairs / 2 : Arch::kMaxPairs;
}
template <class Arch>
MLE_INLINE size_t block_panels(uint32_t chains, size_t rows) {
  return chains == 1 ? Arch::panels_for(rows) : Arch::kMaxPairs / rows;
}

// All blocks of an extent, row by row: the rows of a block stay in L1 while weights stream by.
template <class Arch>
MLE_INLINE void run_panel_blocks(const DenseArgs& args, const Extent& all) {
  const Parts row_parts(all.rows, block_rows<Arch>(args.order.chains, all.panels));
  for (size_t i = 0; i < row_parts.count; ++i) {
    const size_t rows = row_parts.size(i);
    const Parts panel_parts(all.panels, block_panels<Arch>(args.order.chains, rows));
    for (size_t j = 0; j < panel_parts.count; ++j) {
      run_panel_block<Arch>(args,
                            {all.row + row_parts.begin(i), rows, all.panel + panel_parts.begin(j),
                             panel_parts.size(j), all.k, all.k_count});
    }
  }
}

// Weights that do not fit L2 are read once for this many rows, in pieces of kKPart x kPanelsPart
// panels that do. Sums wait in y meanwhile.
inline constexpr size_t kBlockedFrom = 768 * 1024;  // bytes of weights
inline constexpr size_t kRowsPart = 252;
inline constexpr size_t kPanelsPart = 4;
inline constexpr size_t kKPart = 1024;

template <class Arch>
void dense_blocked(const DenseArgs& args, size_t panels) {
  const Parts row_parts(args.rows, kRowsPart);
  const Parts panel_parts(panels, kPanelsPart);
  const Parts k_parts(args.k, kKPart);
  for (size_t i = 0; i < row_parts.count; ++i) {
    for (size_t j = 0; j < panel_parts.count; ++j) {
      for (size_t l = 0; l < k_parts.count; ++l) {
        run_panel_blocks<Arch>(args, {row_parts.begin(i), row_parts.size(i), panel_parts.begin(j),
                                      panel_parts.size(j), k_parts.begin(l), k_parts.size(l)});
      }
    }
    activate_rows<Arch>(args, row_parts.begin(i), row_parts.size(i));
  }
}

template <class Arch>
void dense_panels(const DenseArgs& args) {
  const size_t panels = (args.n + 15) / 16;
  if (args.rows > Arch::kMaxRows && args.order.chains == 1 && panels * args.k * 64 > kBlockedFrom) {
    return dense_blocked<Arch>(args, panels);
  }
  // A few rows at a time, so that their activation finds them in L1.
  const Parts row_parts(args.rows, block_rows<Arch>(args.order.chains, panels));
  for (size_t i = 0; i < row_parts.count; ++i) {
    run_panel_blocks<Arch>(args, {row_parts.begin(i), row_parts.size(i), 0, panels, 0, args.k});
    activate_rows<Arch>(args, row_parts.begin(i), row_parts.size(i));
  }
}

template <class Arch>
void dense_lanes(const DenseArgs& args) {
  const size_t log2_chains = args.order.chains / 2;  // 0, 1 or 2
  const Parts row_parts(args.rows, Arch::kMaxLaneRows);
  for (size_t i = 0; i < row_parts.count; ++i) {
    const size_t row = row_parts.begin(i);
    const size_t rows = row_parts.size(i);
    const size_t most = Arch::lane_columns(rows) >> log2_chains;
    const Parts column_parts(args.n, most > 1 ? most : 1);
    for (size_t j = 0; j < column_parts.count; ++j) {
      const size_t column = column_parts.begin(j);
      const LanesBlock block{.x = args.x + row * args.x_stride,
                             .x_stride = args.x_stride,
                             .y = args.y + row * args.y_stride + column,
                             .y_stride = args.y_stride,
                             .w = args.w + column * 16,
                             .row_elements = args.n * 16,
                             .b = args.b == nullptr ? nullptr : args.b + column,
                             .k = args.k,
                             .relu = args.act == Act::Relu};
      const auto& functions = kDenseBlocks<Arch>.lanes[rows - 1][column_parts.size(j) - 1];
      functions[log2_chains](block);
    }
    activate_rows<Arch>(args, row, rows);
  }
}

template <class Arch>
void dense(const DenseArgs& args) {
  if (args.order.layout == format::Layout::Lanes16) return dense_lanes<Arch>(args);
  dense_panels<Arch>(args);
}

}  // namespace
}  // namespace mle::kernels
