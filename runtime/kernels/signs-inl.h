// What functions of f32 and f64 lanes have in common: polynomials, signs, limits, whole numbers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/lanes-inl.h"

namespace mle::kernels {
namespace {

inline constexpr float kInfinity = __builtin_inff();
inline constexpr float kNan = __builtin_nanf("");

// c0 + x (c1 + x (c2 + …)).
template <class F, class S>
MLE_INLINE F polynomial(const F&, S c0) {
  return splat<F>(c0);
}
template <class F, class S, class... Rest>
MLE_INLINE F polynomial(const F& x, S c0, Rest... rest) {
  return mul_add(polynomial(x, rest...), x, splat<F>(c0));
}

// The lowest integer of the size of an element: its sign bit alone.
template <class F>
inline constexpr auto kSignBit = [] {
  if constexpr (Wide<F>) {
    return INT64_MIN;
  } else {
    return INT32_MIN;
  }
}();

template <class F>
MLE_INLINE F sign_of(const F& x) {
  using I = decltype(bits_of(x));
  return from_bits(bits_of(x) & splat<I>(kSignBit<F>));
}
template <class F>
MLE_INLINE F absolute(const F& x) {
  using I = decltype(bits_of(x));
  return from_bits(bits_of(x) & splat<I>(~kSignBit<F>));
}
template <class F>
MLE_INLINE F negative(const F& x) {
  using I = decltype(bits_of(x));
  return from_bits(bits_of(x) ^ splat<I>(kSignBit<F>));
}
// x, which must have its sign bit clear, with the sign of s.
template <class F>
MLE_INLINE F with_sign_of(const F& x, const F& s) {
  return from_bits(bits_of(x) | bits_of(sign_of(s)));
}
// Not below (not above) the limit; NaN passes.
template <class F>
MLE_INLINE F at_least(const F& x, ElementOf<F> limit) {
  return larger(splat<F>(limit), x);
}
template <class F>
MLE_INLINE F at_most(const F& x, ElementOf<F> limit) {
  return smaller(splat<F>(limit), x);
}

// The nearest whole number, of two the even one; -0 stays.
template <class F>
MLE_INLINE F nearest_whole(const F& x) {
  // From 2^23 (2^52) on, all numbers are whole.
  const F whole = splat<F>(static_cast<ElementOf<F>>(Wide<F> ? 4503599627370496.0 : 8388608.0));
  const F a = absolute(x);
  return choose(a < whole, with_sign_of((a + whole) - whole, x), x);
}
// The whole numbers next below and above; -0 stays.
template <class F>
MLE_INLINE F next_below(const F& x) {
  const F y = nearest_whole(x);
  return choose(x < y, y - splat<F>(ElementOf<F>{1}), y);
}
template <class F>
MLE_INLINE F next_above(const F& x) {
  return negative(next_below(negative(x)));
}

}  // namespace
}  // namespace mle::kernels
