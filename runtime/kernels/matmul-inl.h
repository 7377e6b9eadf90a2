// A matrix product whose right side is computed, too: every element is one chain of fused
// multiply-adds along K that begins at 0, whatever the blocks are.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/lanes-inl.h"
#include "runtime/kernels/matmul.h"
#include "runtime/kernels/rows-inl.h"

namespace mle::kernels {
namespace {

// kRows rows of a against `columns` columns of b.
template <class F, size_t kRows>
MLE_INLINE void matmul_block(const MatMulArgs<ElementOf<F>>& args, size_t row, size_t column,
                             size_t columns) {
  F sums[kRows];
  for (F& sum : sums) sum = splat<F>(ElementOf<F>{0});
  const ElementOf<F>* a = args.a + row * args.k;
  const ElementOf<F>* b = args.b + column;
  for (size_t i = 0; i < args.k; ++i) {
    const F right = load_piece<F>(b + i * args.n, columns);
    MLE_UNROLL
    for (size_t r = 0; r < kRows; ++r) {
      sums[r] = mul_add(splat<F>(a[r * args.k + i]), right, sums[r]);
    }
  }
  ElementOf<F>* y = args.y + row * args.n + column;
  for (size_t r = 0; r < kRows; ++r) store_piece(y + r * args.n, sums[r], columns);
}

template <class P>
void matmul(const MatMulArgs<typename P::T>& args) {
  using F = typename P::F;
  constexpr size_t kRows = 4;
  size_t row = 0;
  for (; row + kRows <= args.m; row += kRows) {
    for_each_piece<Count<F>::value>(1, args.n, [&](size_t, size_t column, size_t columns) {
      matmul_block<F, kRows>(args, row, column, columns);
    });
  }
  for (; row < args.m; ++row) {
    for_each_piece<Count<F>::value>(1, args.n, [&](size_t, size_t column, size_t columns) {
      matmul_block<F, 1>(args, row, column, columns);
    });
  }
}

}  // namespace
}  // namespace mle::kernels
