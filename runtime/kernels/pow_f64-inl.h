// a^b in f64 as e^(b log |a|), the logarithm and the product as sums of two numbers: b log |a| may
// be 700, which turns what is lost of it into 700 times as much of the power.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/elementary_f64-inl.h"

namespace mle::kernels {
namespace {

// log x for finite x > 0.
template <Wide F>
MLE_INLINE Sum<F> precise_logarithm(const F& x) {
  const Binade<F> binade(x);
  const F& f = binade.f;
  // log(1 + f) = 2 atanh(s) = 2s + 2/3 s^3 + s^5 p(s^2) with s = f / (2 + f).
  const Sum<F> d = sum_of_ordered(splat<F>(2.0), f);
  Sum<F> s;
  s.high = f / d.high;
  const Sum<F> back = product_of(s.high, d.high);
  s.low = ((f - back.high) - back.low - s.high * d.low) / d.high;
  Sum<F> square = product_of(s.high, s.high);
  square.low = mul_add(s.high + s.high, s.low, square.low);
  Sum<F> cube = product_of(square.high, s.high);
  cube.low = mul_add(square.high, s.low, mul_add(square.low, s.high, cube.low));
  const F two_thirds = splat<F>(0.6666666666666666);
  Sum<F> third = product_of(cube.high, two_thirds);
  third.low =
      mul_add(cube.low, two_thirds, mul_add(cube.high, splat<F>(3.700743415417188e-17), third.low));
  const F& z = square.high;
  const F p =
      polynomial(z, 0.4, 0.28571428571429375, 0.22222222221650126, 0.18181818336592145,
                 0.1538459484362442, 0.13334810742310219, 0.11706083816457225, 0.11724689022791303);
  const F fifth = cube.high * (z * p);
  const Sum<F> first = sum_of_ordered(s.high + s.high, third.high);
  const Sum<F> whole = sum_of(binade.e * splat<F>(kLn2High), first.high);
  const F small = mul_add(binade.e, splat<F>(kLn2Low), s.low + s.low) + (third.low + fifth);
  return sum_of_ordered(whole.high, whole.low + (first.low + small));
}

// Special values as IEEE 754 has them for pow.
template <Wide F>
MLE_ELEMENTARY F power(const F& a, const F& b) {
  const F zero = splat<F>(0.0);
  const F one = splat<F>(1.0);
  const F infinity = splat<F>(__builtin_inf());
  const F size = absolute(a);
  const auto ordinary = (zero < size) & (size < infinity);
  const Sum<F> log = precise_logarithm(choose(ordinary, size, one));
  Sum<F> t = product_of(b, log.high);
  t.low = mul_add(b, log.low, t.low);
  // Far out the parts are infinite, and what they would add is not needed.
  t.low = choose(absolute(t.high) < splat<F>(800.0), t.low, zero);
  F y = Exponential<F>(at_most(t.high, 710.0), t.low).value();
  // |a| is 0 or infinite: the answer is 0 or infinite, by which way b points.
  const auto grows = (size == infinity) & (zero < b);
  const auto grows_too = (size == zero) & (b < zero);
  const auto extreme = (size == infinity) | (size == zero);
  y = choose(extreme, choose(grows | grows_too, infinity, zero), y);
  // A negative base needs a whole exponent; an odd one keeps the sign.
  const F half = b * splat<F>(0.5);
  const auto whole = next_below(b) == b;
  const auto odd = whole & ~(next_below(half) == half);
  y = choose(odd, with_sign_of(y, a), y);
  y = choose((a < zero) & ~whole & (size < infinity), splat<F>(__builtin_nan("")), y);
  y = choose((a == a) & (b == b), y, a + b);
  const auto always_one = (b == zero) | (a == one) | ((size == one) & (absolute(b) == infinity));
  return choose(always_one, one, y);
}

}  // namespace
}  // namespace mle::kernels
