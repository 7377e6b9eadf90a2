// A tile of rows seen as the matrix a kernel wants: each row holds `inner` rows of the kernel.
// Promise: as few kernel calls as the strides allow; the kernels' bits do not depend on it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/steps/step.h"

#include <cstddef>

namespace mle::steps {

struct MatrixShape {
  size_t inner;    // kernel rows in one row of the tile
  size_t x_width;  // elements of a kernel row
  size_t y_width;
};

// `args` is complete but for x, y, their strides and rows. X and Y are the element types.
template <class X, class Y, class Args, class Kernel>
void run_as_matrix(const MatrixShape& shape, const Slot& x, const Slot& y, size_t rows, Args args,
                   const Kernel& kernel) noexcept {
  if (shape.inner == 1) {
    args.x = x.row<const X>(0);
    args.x_stride = x.stride_of<X>();
    args.y = y.row<Y>(0);
    args.y_stride = y.stride_of<Y>();
    args.rows = rows;
    kernel(args);
    return;
  }
  const bool packed = x.stride == shape.inner * shape.x_width * sizeof(X) &&
                      y.stride == shape.inner * shape.y_width * sizeof(Y);
  const size_t calls = packed ? (rows == 0 ? 0 : 1) : rows;
  args.x_stride = shape.x_width;
  args.y_stride = shape.y_width;
  args.rows = packed ? rows * shape.inner : shape.inner;
  for (size_t r = 0; r < calls; ++r) {
    args.x = x.row<const X>(r);
    args.y = y.row<Y>(r);
    kernel(args);
  }
}

}  // namespace mle::steps
