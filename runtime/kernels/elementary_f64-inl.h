// exp, log and their relatives in f64: own polynomials, the same operations on every instruction
// set. Where a rounding would count double, a value is kept as a sum of two numbers. Coefficients:
// tools/dev/minimax.py. Errors: docs/numerics.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/signs-inl.h"

namespace mle::kernels {
namespace {

// high + low, where low is what rounding lost of high.
template <Wide F>
struct Sum {
  F high, low;
};

// a + b exactly; |a| >= |b|, or either whatever they are.
template <Wide F>
MLE_INLINE Sum<F> sum_of_ordered(const F& a, const F& b) {
  const F high = a + b;
  return {high, b - (high - a)};
}
template <Wide F>
MLE_INLINE Sum<F> sum_of(const F& a, const F& b) {
  const F high = a + b;
  const F of_b = high - a;
  return {high, (a - (high - of_b)) + (b - of_b)};
}
template <Wide F>
MLE_INLINE Sum<F> product_of(const F& a, const F& b) {
  const F high = a * b;
  return {high, rest_of_product(a, b, high)};
}

// a / b, rounded about once.
template <Wide F>
MLE_INLINE F quotient_of(const Sum<F>& a, const Sum<F>& b) {
  const F high = a.high / b.high;
  const Sum<F> back = product_of(high, b.high);
  const F rest = ((a.high - back.high) - back.low) + (a.low - high * b.low);
  return high + rest / b.high;
}

// ln 2 in two parts, the first with so few bits that up to 2^20 times it is exact.
inline constexpr double kLn2High = 0.6931471803691238;
inline constexpr double kLn2Low = 1.9082149292705877e-10;
// 1.5 * 2^52: added to a small number it leaves the nearest whole number in the low bits.
inline constexpr double kRoundToWhole = 6755399441055744.0;

// The nearest whole number of one below 2^51.
template <Wide F>
MLE_INLINE F small_whole(const F& x) {
  return (x + splat<F>(kRoundToWhole)) - splat<F>(kRoundToWhole);
}

// 2^n for a whole n from -1022 to 1023.
template <Wide F>
MLE_INLINE F power_of_two(const F& n) {
  return from_bits(shift_left<52>(bits_of(n + splat<F>(kRoundToWhole + 1023))));
}

// f 2^n, in two steps, so that results beyond the normal range overflow or are rounded once more.
template <Wide F>
MLE_INLINE F scaled(const F& f, const F& n) {
  const F half = small_whole(n * splat<F>(0.5));
  return f * power_of_two(half) * power_of_two(n - half);
}

// e^(x + low) = (1 + rest + rest_low) 2^n, for |low| far below 1.
template <Wide F>
struct Exponential {
  F rest, rest_low, n;

  // Takes x up to 710. Below -800 e^x is 0 even times 1000.
  MLE_INLINE Exponential(const F& wanted, const F& low) {
    const F x = at_least(wanted, -800.0);
    n = small_whole(x * splat<F>(1.4426950408889634));
    const F high = mul_add(n, splat<F>(-kLn2High), x);
    const Sum<F> r = sum_of_ordered(high, mul_add(n, splat<F>(-kLn2Low), low));
    // e^r - 1 for |r| <= ln 2 / 2.
    const F q = polynomial(r.high, 0.5, 0.16666666666666677, 0.0416666666666667,
                           0.008333333333321686, 0.0013888888888866963, 0.000198412698860135,
                           2.480158736038205e-05, 2.7557244302653488e-06, 2.755724286935589e-07,
                           2.5109010052811065e-08, 2.09244179309638e-09);
    const Sum<F> sum = sum_of_ordered(r.high, r.high * r.high * q);
    rest = sum.high;
    rest_low = sum.low + mul_add(r.low, rest, r.low);
  }
  MLE_INLINE explicit Exponential(const F& x) : Exponential(x, splat<F>(0.0)) {}
  // e^x without the power of two, and with it.
  MLE_INLINE Sum<F> mantissa() const {
    const Sum<F> sum = sum_of_ordered(splat<F>(1.0), rest);
    return {sum.high, sum.low + rest_low};
  }
  MLE_INLINE F value() const {
    const Sum<F> sum = mantissa();
    return scaled(sum.high + sum.low, n);
  }
};

// e^x where it does not overflow, and NaN.
template <Wide F>
MLE_ELEMENTARY F exponential_in_range(const F& x) {
  return Exponential<F>(x).value();
}
template <Wide F>
MLE_ELEMENTARY F exponential(const F& x) {
  return exponential_in_range(at_most(x, 710.0));
}

// e^(x + low) - 1 for x from -40, where it is -1, to 0.
template <Wide F>
MLE_INLINE F expm1_in_range(const F& x, const F& low) {
  const Exponential<F> e(x, low);
  const F scale = power_of_two(e.n);
  return mul_add(scale, e.rest, scale - splat<F>(1.0));
}

// e^x - 1 for x <= 0.
template <Wide F>
MLE_ELEMENTARY F expm1_of_negative(const F& x) {
  return expm1_in_range(at_least(x, -40.0), splat<F>(0.0));
}

// x = 2^e (1 + f) with 1 + f from sqrt(1/2) to sqrt(2), for finite x > 0.
template <Wide F>
struct Binade {
  F e, f;

  MLE_INLINE explicit Binade(const F& x) {
    using I = decltype(bits_of(x));
    constexpr int64_t kLow = 0x3FE6A09E667F3BCD;  // the bits of sqrt(1/2)
    constexpr int64_t kBias = int64_t{1023} << 52;
    const auto tiny = x < splat<F>(2.2250738585072014e-308);
    const F normal = choose(tiny, x * splat<F>(18014398509481984.0), x);
    const I above = bits_of(normal) - splat<I>(kLow) + splat<I>(kBias);
    // A small whole number behind the bits of 2^52 is 2^52 and that number.
    const F biased = from_bits(shift_down<52>(above) | splat<I>(int64_t{0x433} << 52));
    e = (biased - splat<F>(4503599627370496.0 + 1023)) -
        choose(tiny, splat<F>(54.0), splat<F>(0.0));
    const F m = from_bits((above & splat<I>((int64_t{1} << 52) - 1)) + splat<I>(kLow));
    f = m - splat<F>(1.0);
  }
};

template <Wide F>
MLE_ELEMENTARY F logarithm(const F& x) {
  const F zero = splat<F>(0.0);
  const Binade<F> binade(x);
  const F& f = binade.f;
  // log(1 + f) = 2 atanh(s) = f - (f^2/2 - s (f^2/2 + r)) with s = f / (2 + f) and r = O(s^2).
  const F s = f / (splat<F>(2.0) + f);
  const F z = s * s;
  const F r = z * polynomial(z, 0.6666666666666731, 0.399999999994354, 0.2857142873853677,
                             0.22222198915799182, 0.18183548525955506, 0.15314414938769755,
                             0.14792626073676837);
  const F half = f * f * splat<F>(0.5);
  const F correction = mul_add(s, half + r, binade.e * splat<F>(kLn2Low));
  F y = mul_add(binade.e, splat<F>(kLn2High), f - (half - correction));
  y = choose(x == splat<F>(__builtin_inf()), x, y);
  y = choose(x == zero, splat<F>(-__builtin_inf()), y);
  return choose(zero <= x, y, splat<F>(__builtin_nan("")));
}

// log(1 + u) for u from 0 to 1.
template <Wide F>
MLE_ELEMENTARY F log1p_to_one(const F& u) {
  // 2 atanh(s) = 2s (1 + z q(z)) with s = u / (2 + u) and z = s^2; and 2s = u - us.
  const F s = u / (splat<F>(2.0) + u);
  const F z = s * s;
  const F q =
      polynomial(z, 0.3333333333333321, 0.20000000000062723, 0.14285714275596198,
                 0.11111111895401433, 0.09090874745497071, 0.07693226746066108, 0.06651121628790048,
                 0.06048436719747789, 0.04188653612454077, 0.0847722057322842);
  return mul_add(s, mul_add(z + z, q, negative(u)), u);
}

template <Wide F>
MLE_ELEMENTARY F hyperbolic_tangent(const F& x) {
  const F a = absolute(x);
  const F z = a * a;
  const F p = polynomial(z, -0.3333333333333293, 0.13333333333269934, -0.053968253934295184,
                         0.02186948763585613, -0.008863221693599868, 0.0035919941769803113,
                         -0.001454982234452862, 0.0005863868075848798, -0.0002286958154027198,
                         7.728394986743963e-05, -1.6136609674854187e-05);
  const F small = mul_add(a * z, p, a);
  const F one = splat<F>(1.0);
  const F large = one - splat<F>(2.0) / (exponential(a + a) + one);
  return with_sign_of(choose(a < splat<F>(0.625), small, large), x);
}

// Phi(-a) e^(a^2/2) for a from 0.5 to 39: share(t) t with t = 4 / (4 + a).
template <Wide F>
struct ScaledTail {
  Sum<F> t, share;

  MLE_INLINE explicit ScaledTail(const F& a) {
    const F four = splat<F>(4.0);
    const Sum<F> d = sum_of(a, four);
    t.high = four / d.high;
    const Sum<F> back = product_of(t.high, d.high);
    t.low = ((four - back.high) - back.low - t.high * d.low) * (t.high * splat<F>(0.25));
    const F u = t.high - splat<F>(0.5);
    const F slope = polynomial(
        u, 0.38713740074221586, 0.3730437159192602, 0.24158629956337288, 0.060321511741958385,
        -0.05567507783745528, -0.05218619120146908, 0.008534033725745942, 0.029580172757013235,
        -0.0004884412381975081, -0.017994557577332298, 0.0007324134583611884, 0.012131373293555896,
        -0.002560741030664777, -0.008431552899648458, 0.004302573514408917, 0.005442851846858192,
        -0.004837590237618801, -0.0030043865096744202, 0.002983858494735555, 0.0012875412783845293);
    Sum<F> steep = sum_of(splat<F>(0.30394832098594615), u * slope);
    steep.low = steep.low + splat<F>(7.68940518399863e-18);
    Sum<F> rise = product_of(u, steep.high);
    // What t.low adds goes by the derivative, all but its third term.
    const F grade = mul_add(u, slope, steep.high);
    rise.low = mul_add(t.low, grade, mul_add(u, steep.low, rise.low));
    share = sum_of(splat<F>(0.18882128260393788), rise.high);
    share.low = share.low + (rise.low + splat<F>(-6.3194882701394064e-18));
  }
};

template <Wide F>
MLE_ELEMENTARY F error_function(const F& x) {
  const F a = absolute(x);
  const F z = a * a;
  const F p = polynomial(z, 0.12837916709551256, -0.3761263890318355, 0.11283791670945252,
                         -0.02686617064327602, 0.005223977607422183, -0.0008548325989649077,
                         0.0001205529531942221, -1.4924744648515851e-05, 1.6447517555638454e-06,
                         -1.620917537157393e-07, 1.3722975394538398e-08, -7.801189594630272e-10);
  const F small = mul_add(a, p, a);
  const F bounded = at_most(a, 6.0);
  const ScaledTail<F> tail(bounded * splat<F>(1.4142135623730951));
  const F rest =
      exponential_in_range(negative(bounded * bounded)) * (tail.share.high * tail.t.high);
  const F large = mul_add(rest, splat<F>(-2.0), splat<F>(1.0));
  return with_sign_of(choose(a < splat<F>(1.0), small, large), x);
}

// x / (1 + e^-v) for v of the sign of x, given |v| = high + low. The power of two comes last: the
// result may be normal where e^v is not.
template <Wide F>
MLE_ELEMENTARY F times_logistic(const F& x, const F& high, const F& low) {
  const F one = splat<F>(1.0);
  const auto below = x < splat<F>(0.0);
  const Exponential<F> e(negative(high), negative(low));
  const Sum<F> mantissa = e.mantissa();
  const F bounded = at_least(x, -1000.0);
  Sum<F> over = product_of(bounded, mantissa.high);
  over.low = choose(below, mul_add(bounded, mantissa.low, over.low), splat<F>(0.0));
  over.high = choose(below, over.high, bounded);
  Sum<F> under = sum_of_ordered(one, scaled(mantissa.high, e.n));
  under.low = under.low + scaled(mantissa.low, e.n);
  const F y = quotient_of(over, under);
  const F size = absolute(choose(below, scaled(y, e.n), choose(splat<F>(40.0) <= high, x, y)));
  return with_sign_of(size, x);
}

// 1 / (1 + e^-x)
template <Wide F>
MLE_ELEMENTARY F logistic(const F& x) {
  const F one = splat<F>(1.0);
  return absolute(times_logistic(with_sign_of(one, x), absolute(x), splat<F>(0.0)));
}

}  // namespace
}  // namespace mle::kernels
