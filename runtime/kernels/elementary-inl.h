// exp, log and their relatives in f32: our own polynomials and fused multiply-adds, the same
// operations on every instruction set. Coefficients: tools/dev/minimax.py. Errors:
// docs/numerics.md. Those of f64 are in elementary_f64-inl.h and preferred for Wide lanes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/signs-inl.h"

namespace mle::kernels {
namespace {

// 2^n for n from -126 to 127.
template <class I>
MLE_INLINE auto power_of_two(const I& n) {
  return from_bits(shift_left<23>(n + splat<I>(127)));
}

// x = n ln 2 + r with |r| <= ln 2 / 2 and a whole n, which is returned; needs |x| < 2^20.
template <class F>
MLE_INLINE auto reduced(const F& x, F& r) {
  // 1.5 * 2^23: added to a small float it leaves the nearest whole number in the low bits.
  constexpr float kRound = 12582912.0f;
  const F shifted = mul_add(x, splat<F>(1.442695041f), splat<F>(kRound));
  const F n = shifted - splat<F>(kRound);
  // ln 2 in two parts, the first with so few bits that n times it is exact without fma.
  const F high = mul_add(n, splat<F>(-0.693359375f), x);
  r = mul_add(n, splat<F>(2.12194440e-4f), high);
  return bits_of(shifted) - bits_of(splat<F>(kRound));
}

// e^r - 1 for |r| <= ln 2 / 2.
template <class F>
MLE_INLINE F small_expm1(const F& r) {
  const F q =
      polynomial(r, 0.49999994f, 0.166665196f, 0.0416683927f, 0.00836878922f, 0.0013814664f);
  return mul_add(r * r, q, r);
}

// e^x where it does not overflow (x <= 89), and NaN.
template <class F>
MLE_ELEMENTARY F exponential_in_range(const F& x) {
  F r;
  const auto n = reduced(at_least(x, -104.0f), r);
  const F near_one = small_expm1(r) + splat<F>(1.0f);
  // In two steps, so that results beyond the normal range overflow or are rounded once.
  const auto half = shift_right<1>(n);
  return near_one * power_of_two(half) * power_of_two(n - half);
}

template <class F>
MLE_ELEMENTARY F exponential(const F& x) {
  return exponential_in_range(at_most(x, 89.0f));
}

// e^x - 1 for x <= 0.
template <class F>
MLE_ELEMENTARY F expm1_of_negative(const F& x) {
  F r;
  const F scale = power_of_two(reduced(at_least(x, -18.0f), r));
  return mul_add(scale, small_expm1(r), scale - splat<F>(1.0f));
}

template <class F>
MLE_ELEMENTARY F logarithm(const F& x) {
  using I = decltype(bits_of(x));
  const F zero = splat<F>(0.0f);
  const auto tiny = x < splat<F>(1.17549435e-38f);
  const F scaled = choose(tiny, x * splat<F>(16777216.0f), x);
  const F bias = choose(tiny, splat<F>(-24.0f), zero);
  // x = 2^e m with m from sqrt(1/2) to sqrt(2): e is what the bits hold above those of sqrt(1/2).
  const I from_low = bits_of(scaled) - splat<I>(0x3F3504F3);
  const F e = converted(shift_right<23>(from_low)) + bias;
  const F m = from_bits((from_low & splat<I>(0x007FFFFF)) + splat<I>(0x3F3504F3));
  const F f = m - splat<F>(1.0f);
  const F p = polynomial(f, 0.333333105f, -0.249999866f, 0.200022206f, -0.166692391f, 0.142187476f,
                         -0.123845883f, 0.118726887f, -0.11788325f, 0.0691402033f);
  const F square = f * f;
  F y = mul_add(square * f, p, e * splat<F>(-2.12194440e-4f));
  y = mul_add(square, splat<F>(-0.5f), y);
  y = mul_add(e, splat<F>(0.693359375f), f + y);
  y = choose(x == splat<F>(kInfinity), x, y);
  y = choose(x == zero, splat<F>(-kInfinity), y);
  return choose(zero <= x, y, splat<F>(kNan));
}

// log(1 + u) for u from 0 to 1.
template <class F>
MLE_ELEMENTARY F log1p_to_one(const F& u) {
  // 2 atanh(s) = 2s (1 + z q(z)) with s = u / (2 + u), at most 1/3, and z = s^2; and 2s = u - us,
  // so that u enters exactly and what was lost in s counts little.
  const F s = u / (splat<F>(2.0f) + u);
  const F z = s * s;
  const F q = polynomial(z, 0.333333373f, 0.199994639f, 0.143078655f, 0.107193775f, 0.121316887f);
  return mul_add(s, mul_add(z + z, q, negative(u)), u);
}

template <class F>
MLE_ELEMENTARY F hyperbolic_tangent(const F& x) {
  const F a = absolute(x);
  const F z = a * a;
  const F p = polynomial(z, -0.333333313f, 0.133332118f, -0.053947445f, 0.0217040796f,
                         -0.00818506535f, 0.00214947853f);
  const F small = mul_add(a * z, p, a);
  const F one = splat<F>(1.0f);
  const F large = one - splat<F>(2.0f) / (exponential(a + a) + one);
  return with_sign_of(choose(a < splat<F>(0.625f), small, large), x);
}

// Phi(-a) e^(a^2/2), the normal distribution's tail without its exponential, for a from 0 to 14.5.
template <class F>
MLE_INLINE F scaled_tail(const F& a) {
  const F t = splat<F>(2.0f) / (splat<F>(2.0f) + a);
  return polynomial(t, -3.38566906e-6f, 0.199594066f, 0.197546288f, 0.166714638f, -0.0456791185f,
                    0.286389589f, -0.943407297f, 1.1915406f, -0.789254069f, 0.278071016f,
                    -0.0415123366f);
}

// Phi(-a) for a >= 0: a standard normal number lies below -a with this probability.
template <class F>
MLE_ELEMENTARY F normal_tail(const F& a) {
  const F bounded = at_most(a, 14.5f);
  const F square = bounded * bounded;
  // What rounding the square lost: it matters, e^x turns absolute into relative error.
  const F lost = mul_add(bounded, bounded, negative(square));
  const F e = exponential_in_range(square * splat<F>(-0.5f));
  return mul_add(e * splat<F>(-0.5f), lost, e) * scaled_tail(bounded);
}

template <class F>
MLE_ELEMENTARY F error_function(const F& x) {
  const F a = absolute(x);
  const F z = a * a;
  const F p = polynomial(z, 0.128379166f, -0.37612626f, 0.112836003f, -0.0268544443f,
                         0.00518953521f, -0.000802084222f, 7.88912221e-5f);
  const F small = mul_add(a, p, a);
  const F bounded = at_most(a, 4.0f);
  const F tail = exponential_in_range(negative(bounded * bounded)) *
                 scaled_tail(bounded * splat<F>(1.41421356f));
  const F large = mul_add(tail, splat<F>(-2.0f), splat<F>(1.0f));
  return with_sign_of(choose(a < splat<F>(1.0f), small, large), x);
}

// 1 / (1 + e^-x)
template <class F>
MLE_ELEMENTARY F logistic(const F& x) {
  const F one = splat<F>(1.0f);
  const F e = exponential_in_range(negative(absolute(x)));
  return choose(x < splat<F>(0.0f), e, one) / (one + e);
}

}  // namespace
}  // namespace mle::kernels
