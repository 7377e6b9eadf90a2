// GELU and its like in f64. Each is x times a share that vanishes faster than x grows, so that the
// exponential comes last: its result may be normal where the share itself is not.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/elementary_f64-inl.h"

namespace mle::kernels {
namespace {

// x Phi(x)
template <Wide F>
MLE_ELEMENTARY F gelu(const F& x) {
  const F zero = splat<F>(0.0);
  const F a = absolute(x);
  const F bounded = at_most(at_least(a, 0.5), 39.0);
  const Sum<F> square = product_of(bounded, bounded);
  const F minus_half = splat<F>(-0.5);
  const Exponential<F> e(square.high * minus_half, square.low * minus_half);
  const ScaledTail<F> scaled_tail(bounded);
  // a Phi(-a), rounded once.
  const Sum<F> line = product_of(bounded, scaled_tail.t.high);
  const Sum<F> share = product_of(line.high, scaled_tail.share.high);
  const F line_low = mul_add(bounded, scaled_tail.t.low, line.low);
  const F low = mul_add(line_low, scaled_tail.share.high,
                        mul_add(line.high, scaled_tail.share.low, share.low));
  const F small = mul_add(share.high, e.rest_low, mul_add(low, e.rest, low));
  const F tail = scaled(share.high + mul_add(share.high, e.rest, small), e.n);
  const F far = choose(x < zero, negative(tail), x - tail);
  // x (1/2 + x q(x^2))
  const F q = polynomial(x * x, 0.3989422804014327, -0.06649038006690493, 0.009973557009992516,
                         -0.001187328214092775, 0.00011543466576699644, -9.4444692732495e-06,
                         6.650811326630562e-07, -3.901884745290534e-08);
  const F near = x * mul_add(x, q, splat<F>(0.5));
  return choose(a < splat<F>(0.5), near, far);
}

template <Wide F>
MLE_ELEMENTARY F silu(const F& x) {
  return times_logistic(x, absolute(x), splat<F>(0.0));
}

template <Wide F>
MLE_ELEMENTARY F gelu_tanh(const F& x) {
  // x/2 (1 + tanh(u)) = x / (1 + e^-2u), and 2u = x (c + d x^2) with c = 2 sqrt(2/pi).
  const F a = at_most(absolute(x), 22.0);
  const F c = splat<F>(1.5957691216057308);
  const F d = splat<F>(0.07135481627260025);
  const Sum<F> square = product_of(a, a);
  Sum<F> term = product_of(square.high, d);
  term.low =
      mul_add(square.low, d, mul_add(square.high, splat<F>(-6.175149918155315e-19), term.low));
  Sum<F> slope = sum_of(c, term.high);
  slope.low = slope.low + (term.low + splat<F>(-9.96930880911092e-17));
  Sum<F> v = product_of(a, slope.high);
  v.low = mul_add(a, slope.low, v.low);
  return times_logistic(x, v.high, v.low);
}

template <Wide F>
MLE_ELEMENTARY F softplus(const F& x) {
  const F rest = log1p_to_one(exponential_in_range(negative(absolute(x))));
  return at_least(x, 0.0) + rest;
}

// a (e^(x/a) - 1) for x < 0
template <Wide F>
MLE_INLINE F celu_below(const F& x, const F& a) {
  const F limit = splat<F>(-40.0);
  const F share = x / a;
  const Sum<F> back = product_of(share, a);
  const F lost = ((x - back.high) - back.low) / a;
  const F bounded = at_most(at_least(share, -40.0), 0.0);
  return a * expm1_in_range(bounded, choose(limit < share, lost, splat<F>(0.0)));
}

template <Wide F>
MLE_ELEMENTARY F mish(const F& x) {
  // With e = e^-|x|, tanh(log(1 + e^x)) is t / (t + 2e^2) and t = 1 + 2e for x >= 0, and below
  // e t / (e t + 2) and t = 2 + e.
  const F one = splat<F>(1.0);
  const F two = splat<F>(2.0);
  const F zero = splat<F>(0.0);
  const auto below = x < zero;
  const Exponential<F> parts(negative(absolute(x)));
  const Sum<F> mantissa = parts.mantissa();
  const Sum<F> e = {scaled(mantissa.high, parts.n), scaled(mantissa.low, parts.n)};
  const Sum<F> twice = {e.high + e.high, e.low + e.low};
  Sum<F> t = sum_of(choose(below, two, one), choose(below, e.high, twice.high));
  t.low = t.low + choose(below, e.low, twice.low);
  const Sum<F> by = {choose(below, t.high, twice.high), choose(below, t.low, twice.low)};
  Sum<F> product = product_of(e.high, by.high);
  product.low = mul_add(e.high, by.low, mul_add(e.low, by.high, product.low));
  Sum<F> under = sum_of(choose(below, two, t.high), product.high);
  under.low = under.low + (product.low + choose(below, zero, t.low));
  const F bounded = at_least(x, -1000.0);
  const F scale = choose(below, mantissa.high, one);
  const Sum<F> line = product_of(bounded, t.high);
  Sum<F> over = product_of(line.high, scale);
  const F line_low = mul_add(bounded, t.low, line.low);
  over.low = mul_add(line_low, scale, over.low) + line.high * choose(below, mantissa.low, zero);
  const F y = quotient_of(over, under);
  const F size = absolute(choose(below, scaled(y, parts.n), choose(splat<F>(40.0) <= x, x, y)));
  return with_sign_of(size, x);
}

}  // namespace
}  // namespace mle::kernels
