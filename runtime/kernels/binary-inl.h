// Element-wise kernels of two and three operands: arithmetic, comparison, selection, scaling.
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

template <format::CompareFn kFn, class F>
MLE_INLINE auto compared(const F& a, const F& b) {
  using enum format::CompareFn;
  if constexpr (kFn == Less) return a < b;
  if constexpr (kFn == LessEqual) return a <= b;
  if constexpr (kFn == Greater) return b < a;
  if constexpr (kFn == GreaterEqual) return b <= a;
  if constexpr (kFn == Equal) return a == b;
  if constexpr (kFn == NotEqual) return ~(a == b);
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

template <class P, format::CompareFn kFn>
void compare(const CompareArgs<typename P::T>& args) {
  using T = typename P::T;
  using F = typename P::E;
  const Operand<typename P::T> left{args.a, args.a_stride, args.a_step};
  const Operand<typename P::T> right{args.b, args.b_stride, args.b_step};
  for_each_piece<Count<F>::value>(args.rows, args.n, [&](size_t r, size_t i, size_t n) {
    const auto mask = compared<kFn>(load_piece<F>(left, r, i, n), load_piece<F>(right, r, i, n));
    T ones[Count<F>::value];
    store_lanes(ones, choose(mask, splat<F>(T{1}), splat<F>(T{0})));
    uint8_t* y = args.y + r * args.y_stride + i;
    for (size_t j = 0; j < n; ++j) y[j] = ones[j] != T{0};
  });
}

template <class T>
void select(const SelectArgs<T>& args) {
  for (size_t r = 0; r < args.rows; ++r) {
    const uint8_t* c = args.c + r * args.c_stride;
    const T* a = args.a + r * args.a_stride;
    const T* b = args.b + r * args.b_stride;
    T* y = args.y + r * args.y_stride;
    for (size_t i = 0; i < args.n; ++i) {
      y[i] = c[i * args.c_step] != 0 ? a[i * args.a_step] : b[i * args.b_step];
    }
  }
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
