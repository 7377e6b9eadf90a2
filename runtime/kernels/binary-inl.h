// Element-wise kernels of two and three operands: arithmetic and scaling.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/pow-inl.h"
#include "runtime/kernels/pow_f64-inl.h"
#include "runtime/kernels/rows-inl.h"

namespace mle::kernels {
namespace {

template <format::BinaryFn kFn, class F>
MLE_INLINE F combined(const F& a, const F& b) {
  using enum format::BinaryFn;
  if constexpr (kFn == Add) return a + b;
  if constexpr (kFn == Sub) return a - b;
  if constexpr (kFn == Mul) return a * b;
  if constexpr (kFn == Div) return a / b;
  if constexpr (kFn == Min || kFn == Max) {
    const auto first = kFn == Min ? a < b : b < a;
    const auto numbers = (a == a) & (b == b);
    return choose(numbers, choose(first, a, b), a + b);
  }
  if constexpr (kFn == Pow) return power(a, b);
  if constexpr (kFn == PRelu) return choose(a < splat<F>(ElementOf<F>{0}), a * b, a);
}

template <class P, format::BinaryFn kFn>
void binary(const BinaryArgs<typename P::T>& args) {
  using F = typename P::E;
  const Operand<typename P::T> left{args.a, args.a_stride, args.a_step};
  const Operand<typename P::T> right{args.b, args.b_stride, args.b_step};
  for_each_piece<Count<F>::value>(args.rows, args.n, [&](size_t r, size_t i, size_t n) {
    const F a = load_piece<F>(left, r, i, n);
    const F b = load_piece<F>(right, r, i, n);
    store_piece(args.y + r * args.y_stride + i, combined<kFn>(a, b), n);
  });
}

template <class P>
void scale(const ScaleArgs<typename P::T>& args) {
  using F = typename P::E;
  for_each_piece<Count<F>::value>(args.rows, args.n, [&](size_t r, size_t i, size_t n) {
    const F x = load_piece<F>(args.x + r * args.x_stride + i, n);
    const F y = mul_add(x, load_piece<F>(args.s + i, n), load_piece<F>(args.t + i, n));
    store_piece(args.y + r * args.y_stride + i, y, n);
  });
}

}  // namespace
}  // namespace mle::kernels
