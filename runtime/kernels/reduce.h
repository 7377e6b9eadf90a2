// Reductions over some axes of a tensor, for every element type they exist for; compiled once, the
// same bits on every machine.
//
// Order: the axes reduced that lie beside each other count as one; element i along the last of them
// goes to lane i % 16, earlier ones are walked from the first index on, and in the end lane i gets
// lane i + half for half = 8, 4, 2, 1. It does not depend on what else the tensor holds.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/op_kinds.h"

#include <cstddef>

namespace mle::kernels {

// `count` elements that lie `stride` apart.
struct Axis {
  size_t count = 1;
  size_t stride = 0;
};

// Row r is the reduction of x[r * x_stride + ..] over `outer` and, innermost, over n elements that
// lie `step` apart. Where step > 1, the elements between are reductions of their own: a row has
// `step` results, which follow each other in y.
template <class T>
struct ReduceArgs {
  const T* x;
  size_t x_stride;
  T* y;
  size_t y_stride;
  size_t rows, n, step;
  const Axis* outer;  // outermost first
  size_t outer_count;
  T divisor;  // of Mean: how many elements there are in all
};

template <class T>
using ReduceKernel = void (*)(const ReduceArgs<T>&);

// float, double, int32_t, int64_t; the latter without Mean and SumSquare, where it is null.
template <class T>
ReduceKernel<T> reduce_kernel(format::ReduceFn fn) noexcept;

}  // namespace mle::kernels
