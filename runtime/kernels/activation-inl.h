// The functions of one argument (format/op_kinds.h) and the kernel that applies one to rows. Each
// takes its limits at infinity, passes NaN, and keeps the sign of a zero where f(0) is 0.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/activation_f64-inl.h"
#include "runtime/kernels/elementary-inl.h"
#include "runtime/kernels/plain_unary.h"
#include "runtime/kernels/rows-inl.h"

#include <utility>

namespace mle::kernels {
namespace {

// Kernels are templates over P, the policy of one floating type on one instruction set (isa_*.cpp):
//   T   the type
//   E   what element-wise kernels compute with: few registers, for they need no order
//   F   what rows are walked in where lanes are added up, and a column of dense blocks
//   kSmall   little code comes before speed

// x * share for a share that vanishes faster than x grows: 0, not NaN, at -infinity.
template <class F>
MLE_INLINE F fading_product(const F& x, const F& share) {
  constexpr auto kLowest = static_cast<ElementOf<F>>(Wide<F> ? -1.7e308 : -3.0e38f);
  return at_least(x, kLowest) * share;
}

template <class F>
MLE_INLINE F zero_to_one(const F& x) {
  return at_most(at_least(x, 0), 1);
}

template <class F>
MLE_ELEMENTARY F gelu(const F& x) {
  const F a = absolute(x);
  // x Phi(x). Far out Phi comes from its tail, near 0 from Phi(x) = 1/2 + x q(x^2).
  const F tail = normal_tail(a);
  const F far = choose(x < splat<F>(0.0f), tail, splat<F>(1.0f) - tail);
  const F q = polynomial(x * x, 0.398942292f, -0.0664903447f, 0.00997293741f, -0.00118343125f,
                         0.000105352672f);
  const F near = mul_add(x, q, splat<F>(0.5f));
  return fading_product(x, choose(a < splat<F>(0.67f), near, far));
}

template <class F>
MLE_ELEMENTARY F gelu_tanh(const F& x) {
  // x/2 (1 + tanh(u)) = x sigmoid(2u), and 2u = 2 sqrt(2/pi) x (1 + 0.044715 x^2).
  const F slope = mul_add(x * x, splat<F>(0.0713548163f), splat<F>(1.59576912f));
  return fading_product(x, logistic(x * slope));
}

template <class F>
MLE_INLINE F silu(const F& x) {
  return fading_product(x, logistic(x));
}

template <class F>
MLE_ELEMENTARY F softplus(const F& x) {
  const F rest = log1p_to_one(exponential_in_range(negative(absolute(x))));
  return at_least(x, 0.0f) + rest;
}

template <class F>
MLE_INLINE F celu_below(const F& x, const F& a) {
  return a * expm1_of_negative(at_most(x / a, 0));
}

template <class F>
MLE_ELEMENTARY F mish(const F& x) {
  // tanh(log(1 + e^x)) = (1 + 2u) / (1 + 2u + 2u^2) with u = e^-x; for x < 0 both sides times e^2x.
  const F e = exponential_in_range(negative(absolute(x)));
  const F two = splat<F>(2.0f);
  const auto below = x < splat<F>(0.0f);
  const F over = choose(below, e * (e + two), mul_add(two, e, splat<F>(1.0f)));
  const F rest = choose(below, two, two * e * e);
  return fading_product(x, over / (over + rest));
}

template <class F>
MLE_INLINE F softsign(const F& x) {
  const F a = at_most(absolute(x), static_cast<ElementOf<F>>(Wide<F> ? 1.0e308 : 1.0e38f));
  return with_sign_of(a / (splat<F>(ElementOf<F>{1}) + a), x);
}

// y = x for x >= 0 (and NaN), else low.
template <class F>
MLE_INLINE F below_zero(const F& x, const F& low, const F& high) {
  return choose(x < splat<F>(ElementOf<F>{0}), low, high);
}

template <format::Act kAct, class F>
MLE_INLINE F activated(const F& x, ElementOf<F> alpha, ElementOf<F> beta) {
  using enum format::Act;
  using T = ElementOf<F>;
  const F one = splat<F>(T{1});
  const F a = splat<F>(alpha);
  const F b = splat<F>(beta);
  if constexpr (kAct == None) return x;
  if constexpr (kAct == Relu) return at_least(x, 0);
  if constexpr (kAct == LeakyRelu) return below_zero(x, a * x, x);
  if constexpr (kAct == Elu) return below_zero(x, a * expm1_of_negative(at_most(x, 0)), x);
  if constexpr (kAct == Selu) {
    return below_zero(x, b * a * expm1_of_negative(at_most(x, 0)), b * x);
  }
  if constexpr (kAct == Celu) {
    return below_zero(x, celu_below(x, a), x);
  }
  if constexpr (kAct == Gelu) return gelu(x);
  if constexpr (kAct == GeluTanh) return gelu_tanh(x);
  if constexpr (kAct == Sigmoid) return logistic(x);
  if constexpr (kAct == HardSigmoid) return zero_to_one(mul_add(a, x, b));
  if constexpr (kAct == HardSwish) {
    return fading_product(x, zero_to_one(mul_add(x, splat<F>(T{1} / 6), splat<F>(T{0.5}))));
  }
  if constexpr (kAct == Silu) return silu(x);
  if constexpr (kAct == Softplus) return softplus(x);
  if constexpr (kAct == Softsign) return softsign(x);
  if constexpr (kAct == Tanh) return hyperbolic_tangent(x);
  if constexpr (kAct == Mish) return mish(x);
  if constexpr (kAct == Exp) return exponential(x);
  if constexpr (kAct == Log) return logarithm(x);
  if constexpr (kAct == Sqrt) return square_root(x);
  if constexpr (kAct == Neg) return negative(x);
  if constexpr (kAct == Abs) return absolute(x);
  if constexpr (kAct == Reciprocal) return one / x;
  if constexpr (kAct == Erf) return error_function(x);
  if constexpr (kAct == Floor) return next_below(x);
  if constexpr (kAct == Ceil) return next_above(x);
  if constexpr (kAct == Sign) {
    const F zero = splat<F>(0.0f);
    return choose((x < zero) | (zero < x), with_sign_of(one, x), x + zero);
  }
  if constexpr (kAct == Round) return nearest_whole(x);
}

// y = f(x) for all elements; rows that follow each other without a gap are one long row.
template <class P, class Function>
MLE_INLINE void map_rows(const UnaryArgs<typename P::T>& args, const Function& f) {
  using F = typename P::E;
  const bool gapless = args.x_stride == args.n && args.y_stride == args.n;
  const size_t rows = gapless ? 1 : args.rows;
  const size_t columns = gapless ? args.rows * args.n : args.n;
  for_each_piece<Count<F>::value>(rows, columns, [&](size_t r, size_t i, size_t n) {
    const F x = load_piece<F>(args.x + r * args.x_stride + i, n);
    store_piece(args.y + r * args.y_stride + i, f(x), n);
  });
}

// Where little code is asked for: one loop for all functions, with a call for every register.
template <class P>
using OneRegister = typename P::E (*)(typename P::E x, typename P::T alpha, typename P::T beta);
template <class P>
[[gnu::noinline]] void map_rows_by(const UnaryArgs<typename P::T>& args, OneRegister<P> f) {
  map_rows<P>(args, [&](const typename P::E& x) { return f(x, args.alpha, args.beta); });
}
template <class P, format::Act kAct>
typename P::E activated_register(typename P::E x, typename P::T alpha, typename P::T beta) {
  return activated<kAct>(x, alpha, beta);
}

template <class P, format::Act kAct>
void unary(const UnaryArgs<typename P::T>& args) {
  using F = typename P::E;
  if constexpr (P::kSmall) {
    map_rows_by<P>(args, activated_register<P, kAct>);
  } else {
    map_rows<P>(args, [&](const F& x) { return activated<kAct>(x, args.alpha, args.beta); });
  }
}

template <class P, format::Act kAct>
constexpr auto unary_kernel() {
  if constexpr (is_plain(kAct)) {
    return plain_unary<kAct, typename P::T>;
  } else {
    return unary<P, kAct>;
  }
}

template <class P>
struct UnaryKernels {
  void (*of[format::kActCount])(const UnaryArgs<typename P::T>&);
};
template <class P, size_t... kAct>
constexpr UnaryKernels<P> make_unary_kernels(std::index_sequence<kAct...>) {
  return {{unary_kernel<P, static_cast<format::Act>(kAct)>()...}};
}
template <class P>
inline constexpr UnaryKernels<P> kUnaryKernels =
    make_unary_kernels<P>(std::make_index_sequence<format::kActCount>());

template <class P>
void clip(const UnaryArgs<typename P::T>& args) {
  using F = typename P::E;
  map_rows<P>(args, [&](const F& x) { return at_most(at_least(x, args.alpha), args.beta); });
}

}  // namespace
}  // namespace mle::kernels
