// a^b as 2^(b log2 |a|) in f64 lanes: within 0.51 ulp of f32 wherever f64 has fused multiply-add or
// not. Special values as IEEE 754 has them for pow.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/elementary-inl.h"

namespace mle::kernels {
namespace {

// log2 of x > 0, finite; in f64.
template <class F>
MLE_INLINE auto wide_log2(const F& x) {
  using I = decltype(bits_of(x));
  using D = decltype(widened(x));
  const auto tiny = x < splat<F>(1.17549435e-38f);
  const F scaled = choose(tiny, x * splat<F>(16777216.0f), x);
  const I from_low = bits_of(scaled) - splat<I>(0x3F3504F3);
  const F e = converted(shift_right<23>(from_low)) + choose(tiny, splat<F>(-24.0f), splat<F>(0.0f));
  const D m = widened(from_bits((from_low & splat<I>(0x007FFFFF)) + splat<I>(0x3F3504F3)));
  const D one = splat<D>(1.0);
  const D s = (m - one) / (m + one);
  const D p =
      polynomial(s * s, 2.885390081777927, 0.9617966939243141, 0.5770780172546841,
                 0.4121984008011009, 0.3206164721954791, 0.261441640075454, 0.24294643261328286);
  return mul_add(s, p, widened(e));
}

// 2^t, rounded to f32 once.
template <class D>
MLE_INLINE auto narrow_exp2(const D& t) {
  constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52, see reduced()
  const D low = splat<D>(-160.0);
  const D high = splat<D>(140.0);
  D bounded = choose(t < low, low, t);
  bounded = choose(high < bounded, high, bounded);
  const D shifted = bounded + splat<D>(kRound);
  const D r = bounded - (shifted - splat<D>(kRound));
  const D p = polynomial(r, 1.0, 0.6931471805599538, 0.24022650695640305, 0.05550410866424363,
                         0.009618129193941007, 0.0013333558259553658, 0.0001540343374698627,
                         1.5252641586275417e-05, 1.3259646097866394e-06, 1.0211476768521408e-07);
  using I = decltype(bits_of(t));
  const D scale = from_bits(shift_left<52>(bits_of(shifted) + splat<I>(int64_t{1023})));
  return narrowed(p * scale);
}

template <class F>
MLE_ELEMENTARY F power(const F& a, const F& b) {
  const F zero = splat<F>(0.0f);
  const F one = splat<F>(1.0f);
  const F infinity = splat<F>(kInfinity);
  const F size = absolute(a);
  const auto ordinary = (zero < size) & (size < infinity);
  F y = narrow_exp2(widened(b) * wide_log2(choose(ordinary, size, one)));
  // |a| is 0 or infinite: the answer is 0 or infinite, by which way b points.
  const auto grows = (size == infinity) & (zero < b);
  const auto grows_too = (size == zero) & (b < zero);
  const auto extreme = (size == infinity) | (size == zero);
  y = choose(extreme, choose(grows | grows_too, infinity, zero), y);
  // A negative base needs a whole exponent; an odd one keeps the sign.
  const F half = b * splat<F>(0.5f);
  const auto whole = next_below(b) == b;
  const auto odd = whole & ~(next_below(half) == half);
  y = choose(odd, with_sign_of(y, a), y);
  y = choose((a < zero) & ~whole & (size < infinity), splat<F>(kNan), y);
  y = choose((a == a) & (b == b), y, a + b);
  const auto always_one = (b == zero) | (a == one) | ((size == one) & (absolute(b) == infinity));
  return choose(always_one, one, y);
}

}  // namespace
}  // namespace mle::kernels
