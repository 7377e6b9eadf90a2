// Walking rows in pieces of a vector, and operands that a step of 0 holds still.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/kernels.h"
#include "runtime/kernels/lanes-inl.h"

namespace mle::kernels {
namespace {

// Calls f(row, first column, columns) for pieces of at most kWidth columns, row by row.
template <size_t kWidth, class Function>
MLE_INLINE void for_each_piece(size_t rows, size_t n, const Function& f) {
  for (size_t r = 0; r < rows; ++r) {
    for (size_t i = 0; i < n; i += kWidth) f(r, i, n - i < kWidth ? n - i : kWidth);
  }
}

template <class F>
MLE_INLINE F load_piece(const ElementOf<F>* p, size_t n) {
  return n == Count<F>::value ? load_lanes<F>(p) : load_part<F>(p, n);
}
template <class F>
MLE_INLINE void store_piece(ElementOf<F>* p, const F& a, size_t n) {
  if (n == Count<F>::value) return store_lanes(p, a);
  store_part(p, a, n);
}

// An operand of a kernel with several: rows stride apart, elements step (0 or 1) apart.
template <class T>
struct Operand {
  const T* p;
  size_t stride, step;
};
template <class F>
MLE_INLINE F load_piece(const Operand<ElementOf<F>>& operand, size_t row, size_t i, size_t n) {
  const ElementOf<F>* p = operand.p + row * operand.stride;
  return operand.step == 0 ? splat<F>(*p) : load_piece<F>(p + i, n);
}

}  // namespace
}  // namespace mle::kernels
