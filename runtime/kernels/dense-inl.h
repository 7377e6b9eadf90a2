// The dense kernel: cuts a call into the blocks this instruction set has, and applies the
// activation while the rows are in cache. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/activation-inl.h"
#include "runtime/kernels/dense_blocks-inl.h"

namespace mle::kernels {
namespace {

// `total` in nearly equal parts of at most `most`.
struct Parts {
  size_t total, count;

  MLE_INLINE Parts(size_t whole, size_t most) : total(whole), count((whole + most - 1) / most) {}
  MLE_INLINE size_t begin(size_t i) const {
    const size_t longer = total % count;
    return total / count * i + (i < longer ? i : longer);
  }
  MLE_INLINE size_t size(size_t i) const { return begin(i + 1) - begin(i); }
};

// Activations beyond ReLU run over finished rows, by the same function as a step of their own.
template <class Arch>
MLE_INLINE void activate_rows(const DenseArgs& args, size_t row, size_t rows) {
  if (args.act == Act::None || args.act == Act::Relu) return;
  float* y = args.y + row * args.y_stride;
  kUnaryKernels<Arch>.of[static_cast<size_t>(args.act)](
      {y, args.y_stride, y, args.y_stride, rows, args.n, args.alpha, args.beta});
}

template <class Arch>
void dense_panels(const DenseArgs& args) {
  const size_t panels = (args.n + 15) / 16;
  const Parts row_parts(args.rows, Arch::kMaxRows);
  for (size_t i = 0; i < row_parts.count; ++i) {
    const size_t row = row_parts.begin(i);
    const size_t rows = row_parts.size(i);
    const Parts panel_parts(panels, static_cast<size_t>(Arch::panels_for(static_cast<int>(rows))));
    for (size_t j = 0; j < panel_parts.count; ++j) {
      const size_t column = panel_parts.begin(j) * 16;
      const size_t width = panel_parts.size(j) * 16;
      const PanelBlock block{.x = args.x + row * args.x_stride,
                             .x_stride = args.x_stride,
                             .y = args.y + row * args.y_stride + column,
                             .y_stride = args.y_stride,
                             .w = args.w + column * args.k,
                             .panel_elements = args.k * 16,
                             .b = args.b == nullptr ? nullptr : args.b + column,
                             .k = args.k,
                             .columns = args.n - column < width ? args.n - column : width,
                             .chains = args.order.chains,
                             .resume = false,
                             .relu = args.act == Act::Relu};
      panel_block_for<Arch>(rows, width / 16, args.order.chains)(block);
    }
    activate_rows<Arch>(args, row, rows);
  }
}

template <class Arch>
void dense_lanes(const DenseArgs& args) {
  const DenseBlocks<Arch>& blocks = kDenseBlocks<Arch>;
  size_t rows = 0;
  for (size_t row = 0; row < args.rows; row += rows) {
    rows = args.rows - row < Arch::kLanesRows ? 1 : Arch::kLanesRows;
    const Parts column_parts(args.n, Arch::kSums / rows);
    for (size_t i = 0; i < column_parts.count; ++i) {
      const size_t column = column_parts.begin(i);
      const LanesBlock block{.x = args.x + row * args.x_stride,
                             .x_stride = args.x_stride,
                             .y = args.y + row * args.y_stride + column,
                             .y_stride = args.y_stride,
                             .w = args.w + column * 16,
                             .row_elements = args.n * 16,
                             .b = args.b == nullptr ? nullptr : args.b + column,
                             .k = args.k,
                             .relu = args.act == Act::Relu};
      const size_t several = rows == 1 ? 0 : 1;
      (args.order.chains == 4 ? blocks.lanes_of_four[several]
                              : blocks.lanes[several][column_parts.size(i) - 1])(block);
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
