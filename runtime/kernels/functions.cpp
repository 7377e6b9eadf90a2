// Polynomials: tools/dev/minimax.py, as they are named there.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/functions.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace mle::kernels {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
// x is its own sine, tangent … from here on down: the cube is lost in rounding.
constexpr double kTiny = 0x1p-27;
// Numbers that take more than one double: their sum is the number.
constexpr double kHalfPiHigh = 0x1.921fb54442d18p+0, kHalfPiLow = 0x1.1a62633145c07p-54;
constexpr double kLn2High = 0x1.62e42fee00000p-1;  // times a whole number below 2^21 it is exact
constexpr double kLn2Low = 1.9082149292705877e-10;

double polynomial(double, double c0) noexcept { return c0; }
template <class... Rest>
double polynomial(double x, double c0, Rest... rest) noexcept {
  return c0 + x * polynomial(x, rest...);
}

double power_of_two(int n) noexcept {
  return std::bit_cast<double>(static_cast<uint64_t>(n + 1023) << 52);
}

// sum + rest is a + b exactly.
struct ExactSum {
  double sum, rest;
  ExactSum(double a, double b) noexcept : sum(a + b) {
    const double from_b = sum - a;
    rest = (a - (sum - from_b)) + (b - from_b);
  }
};

// ---- e^x - 1 and what follows from it

// x = n ln 2 + r; e^r - 1 = r + rest.
struct Exponent {
  int n;
  double r, rest;
  // |x| < 1100
  explicit Exponent(double x) noexcept {
    constexpr double kRound =
        0x1.8p+52;  // added and taken away, it leaves the nearest whole number
    const double whole = (x * 1.4426950408889634 + kRound) - kRound;
    const double high = x - whole * kLn2High, low = whole * kLn2Low;
    n = static_cast<int>(whole);
    r = high - low;
    const double lost = (high - r) - low;
    const double p = polynomial(
        r, 0.16666666666666677, 0.04166666666666669, 0.008333333333321721, 0.0013888888888870228,
        0.00019841269885945107, 2.4801587355961853e-05, 2.7557244358623485e-06,
        2.7557245695060706e-07, 2.510899359786782e-08, 2.092372691744945e-09);
    rest = r * r * (0.5 + r * p) + (lost + lost * r);
  }
  // 2^shift (e^x - share) for a share of 0 or 1.
  double scaled(int shift, double share) const noexcept {
    const double scale = power_of_two(n + shift);
    const ExactSum total(scale - share * power_of_two(shift), scale * r);
    return total.sum + (total.rest + scale * rest);
  }
};

// e^x / 2 for x from 0 on.
double half_exponential(double x) noexcept {
  return x > 710.4758600739439 ? kInfinity : Exponent(x).scaled(-2, 0) * 2;
}

// ---- log(1 + x) and what follows from it

// log(2^extra u (1 + rest)) for a normal u and a very small rest; `exact` is u - 1 where that is
// known without rounding.
double log_of(double u, double rest, int extra, const double* exact = nullptr) noexcept {
  // u = 2^k m with m from sqrt(1/2) to sqrt(2).
  const uint64_t low = 0x3fe6a09e667f3bcd;
  const uint64_t from_low = std::bit_cast<uint64_t>(u) - low;
  const auto k = static_cast<int>(static_cast<int64_t>(from_low) >> 52);
  const double m = std::bit_cast<double>((from_low & 0x000fffffffffffff) + low);
  const bool near_one = k == 0 && exact != nullptr;
  const double f = near_one ? *exact : m - 1;
  // log(1 + f) = 2 atanh(s) = f - f^2/2 + s (f^2/2 + z q(z)) with s = f / (2 + f) and z = s^2.
  const double s = f / (2 + f), z = s * s;
  const double half_square = 0.5 * f * f;
  const double q =
      polynomial(z, 0.6666666666666731, 0.399999999994354, 0.2857142873853677, 0.22222198915799182,
                 0.18183548525955506, 0.15314414938769755, 0.14792626073676837);
  const double count = k + extra;
  const double small = s * (half_square + z * q) + (near_one ? 0 : count * kLn2Low + rest);
  return count * kLn2High - ((half_square - small) - f);
}

// ---- turns: x = quadrant pi/2 + high + low

constexpr uint64_t kTwoOverPi[] = {
    0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561,
    0xb7246e3a424dd2e0, 0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484,
    0xe99c7026b45f7e41, 0x3991d639835339f4, 0x9c845f8bbdf9283b, 0x1ff897ffde05980f,
    0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d, 0x7527bac7ebe5f17b,
    0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab, 0xf0cfbc209af4361d};

__extension__ using Wide = unsigned __int128;

// The 64 bits behind the first `at` bits of 2 / pi.
uint64_t bits_of_two_over_pi(unsigned at) noexcept {
  const uint64_t word = kTwoOverPi[at / 64];
  return at % 64 == 0 ? word : word << at % 64 | kTwoOverPi[at / 64 + 1] >> (64 - at % 64);
}

struct Turn {
  unsigned quadrant = 0;
  double high, low = 0;

  explicit Turn(double x) noexcept : high(x) {
    constexpr double kQuarterPi = 0.78539816339744828;
    if (std::fabs(x) <= kQuarterPi) return;
    const uint64_t bits = std::bit_cast<uint64_t>(x);
    const uint64_t m = (bits & 0x000fffffffffffff) | 0x0010000000000000;
    const int e = static_cast<int>(bits >> 52 & 0x7ff) - 1075;  // |x| = m 2^e
    // What lies above the window are whole turns. x times 2 / pi, as quarters in 190 bits behind
    // the point, the last two bits before it kept.
    const unsigned start = e > 2 ? static_cast<unsigned>(e - 2) : 0;
    uint64_t product[4];  // the lowest first
    Wide sum = 0;
    for (unsigned i = 0; i < 3; ++i) {
      sum += Wide{m} * bits_of_two_over_pi(start + 64 * (2 - i));
      product[i] = static_cast<uint64_t>(sum);
      sum >>= 64;
    }
    product[3] = static_cast<uint64_t>(sum);
    if (e < 2) {
      const int by = 2 - e;
      for (int i = 0; i < 3; ++i) product[i] = product[i] >> by | product[i + 1] << (64 - by);
    }
    quadrant = static_cast<unsigned>(product[2] >> 62);
    uint64_t top = product[2] << 2 | product[1] >> 62;
    uint64_t middle = product[1] << 2 | product[0] >> 62;
    uint64_t last = product[0] << 2;
    const bool beyond = top >> 63 != 0;  // nearer to the next quadrant
    if (beyond) {
      ++quadrant;
      last = ~last + 1;
      middle = ~middle + (last == 0 ? 1 : 0);
      top = ~top + (last == 0 && middle == 0 ? 1 : 0);
    }
    int zeros = 0;
    if (top == 0) {
      top = middle;
      middle = last;
      zeros = 64;
    }
    const int more = std::countl_zero(top);
    if (more > 0) top = top << more | middle >> (64 - more);
    zeros += more;
    // Times pi / 2 = 0xc90f… 2^-63; the upper 64 bits, exactly in two doubles.
    const auto angle = static_cast<uint64_t>(Wide{top} * 0xc90fdaa22168c234 >> 64);
    const double scale = power_of_two(-63 - zeros);
    const double sign = beyond ? -scale : scale;
    high = sign * static_cast<double>(static_cast<int64_t>(angle >> 11)) * 2048;
    low = sign * static_cast<double>(static_cast<int64_t>(angle & 0x7ff));
    if (std::signbit(x)) {
      quadrant = 4 - quadrant % 4;
      high = -high;
      low = -low;
    }
  }

  // Both with what rounding lost of their last addition.
  ExactSum sine() const noexcept {
    const double z = high * high;
    const double p =
        polynomial(z, -0.16666666666666666, 0.008333333333333323, -0.0001984126984125529,
                   2.7557319214292617e-06, -2.5052104935694975e-08, 1.6058369466986115e-10,
                   -7.578829962101307e-13);
    return {high, z * high * p + low * (1 - 0.5 * z)};
  }
  ExactSum cosine() const noexcept {
    const double z = high * high, half = 0.5 * z, near = 1 - half;
    const double p =
        polynomial(z, 0.041666666666666664, -0.0013888888888888879, 2.480158730157492e-05,
                   -2.755731921666207e-07, 2.087675462410593e-09, -1.1470319706408133e-11,
                   4.7391986194831834e-14);
    return {near, ((1 - near) - half) + (z * z * p - high * low)};
  }
};

double quotient(const ExactSum& a, const ExactSum& b) noexcept {
  const double y = a.sum / b.sum;
  return y + (a.rest - y * b.rest) / b.sum;
}

// ---- inverse functions

// (asin(x)/x - 1) / x^2 in z = x^2, up to 1/4.
double arc_sine_rest(double z) noexcept {
  return polynomial(z, 0.1666666666666674, 0.07499999999975036, 0.044642857171377094,
                    0.03038194283750325, 0.02237221184610383, 0.017351661481562353,
                    0.013980293072941314, 0.0114027946725273, 0.010760499213124872,
                    0.0037746432073442224, 0.021554683482459182, -0.02079910834936134,
                    0.032512457403294726);
}

// The square root of z, and what is missing in its first half of bits.
struct SplitRoot {
  double root, high, low;
  explicit SplitRoot(double z) noexcept : root(std::sqrt(z)) {
    high = std::bit_cast<double>(std::bit_cast<uint64_t>(root) & 0xffffffff00000000);
    low = (z - high * high) / (root + high);
  }
};

}  // namespace

double exp_minus_1(double x) noexcept {
  if (!(x == x) || std::fabs(x) < 0x1p-54) return x;
  if (x < -40) return -1;
  if (x > 710) return kInfinity;
  const Exponent e(x);
  if (e.n == 0) return e.r + e.rest;
  return e.n > 1000 ? e.scaled(-1, 1) * 2 : e.scaled(0, 1);
}

double log_of_1_plus(double x) noexcept {
  if (!(x > -1)) return x == -1 ? -kInfinity : kNan;
  if (std::fabs(x) < 0x1p-54 || x == kInfinity) return x;
  const ExactSum u(1, x);
  return log_of(u.sum, u.rest / u.sum, 0, &x);
}

double hyperbolic_cosine(double x) noexcept {
  const double a = std::fabs(x);
  if (!(a <= 22)) return x == x ? half_exponential(a) : x;
  const double half = half_exponential(a);
  return half + 0.25 / half;
}

double hyperbolic_sine(double x) noexcept {
  const double a = std::fabs(x);
  if (!(a >= kTiny)) return x;
  if (a < 1) {
    const double z = x * x;
    return x + x * z *
                   polynomial(z, 0.16666666666666666, 0.008333333333333333, 0.00019841269841269592,
                              2.755731922411932e-06, 2.5052108345825817e-08, 1.6059050685189114e-10,
                              7.646477579057307e-13, 2.8483689600094884e-15);
  }
  const double half = half_exponential(a);
  return std::copysign(a > 22 ? half : half - 0.25 / half, x);
}

double area_sine(double x) noexcept {
  const double a = std::fabs(x);
  if (!(a >= kTiny) || a == kInfinity) return x;
  const double square = a * a;
  double y;
  if (a > 0x1p+28) {
    y = log_of(a, 0, 1);
  } else if (a > 2) {
    y = log_of(2 * a + 1 / (std::sqrt(square + 1) + a), 0, 0);
  } else {
    y = log_of_1_plus(a + square / (1 + std::sqrt(1 + square)));
  }
  return std::copysign(y, x);
}

double area_cosine(double x) noexcept {
  if (!(x >= 1)) return kNan;
  if (x == kInfinity) return x;
  if (x > 0x1p+28) return log_of(x, 0, 1);
  if (x > 2) return log_of(2 * x - 1 / (x + std::sqrt(x * x - 1)), 0, 0);
  const double t = x - 1;
  return log_of_1_plus(t + std::sqrt(2 * t + t * t));
}

double area_tangent(double x) noexcept {
  const double a = std::fabs(x);
  if (!(a >= kTiny)) return x;
  if (a >= 1) return a == 1 ? std::copysign(kInfinity, x) : kNan;
  const double y =
      a < 0.5 ? log_of_1_plus(2 * a + 2 * a * a / (1 - a)) : log_of_1_plus(2 * a / (1 - a));
  return std::copysign(0.5 * y, x);
}

double sine(double x) noexcept {
  if (!(std::fabs(x) >= kTiny)) return x;
  if (std::fabs(x) == kInfinity) return kNan;
  const Turn turn(x);
  const double y = turn.quadrant % 2 == 0 ? turn.sine().sum : turn.cosine().sum;
  return turn.quadrant % 4 < 2 ? y : -y;
}

double cosine(double x) noexcept {
  if (!(std::fabs(x) < kInfinity)) return kNan;
  const Turn turn(x);
  const double y = turn.quadrant % 2 == 0 ? turn.cosine().sum : turn.sine().sum;
  return (turn.quadrant + 1) % 4 < 2 ? y : -y;
}

double tangent(double x) noexcept {
  if (!(std::fabs(x) >= kTiny)) return x;
  if (std::fabs(x) == kInfinity) return kNan;
  const Turn turn(x);
  const ExactSum sine = turn.sine(), cosine = turn.cosine();
  if (turn.quadrant % 2 == 0) return quotient(sine, cosine);
  return -quotient(cosine, sine);
}

double arc_sine(double x) noexcept {
  const double a = std::fabs(x);
  if (!(a >= kTiny)) return x;
  if (a > 1) return kNan;
  if (a == 1) return x * kHalfPiHigh;
  if (a <= 0.5) return x + x * (x * x * arc_sine_rest(x * x));
  const double z = 0.5 * (1 - a);
  const SplitRoot root(z);
  const double lower = 2 * root.root * (z * arc_sine_rest(z)) - (kHalfPiLow - 2 * root.low);
  constexpr double kQuarterPi = 0.5 * kHalfPiHigh;
  return std::copysign(kQuarterPi - (lower - (kQuarterPi - 2 * root.high)), x);
}

double arc_cosine(double x) noexcept {
  if (!(std::fabs(x) <= 1)) return kNan;
  if (x == 1) return 0;
  if (std::fabs(x) <= 0.5) {
    return kHalfPiHigh - (x - (kHalfPiLow - x * (x * x * arc_sine_rest(x * x))));
  }
  const double z = 0.5 * (1 - std::fabs(x));
  const SplitRoot root(z);
  const double rest = z * arc_sine_rest(z);
  if (x > 0) return 2 * (root.high + (root.root * rest + root.low));
  return 2 * (kHalfPiHigh - (root.root + (root.root * rest - kHalfPiLow)));
}

double arc_tangent(double x) noexcept {
  const double a = std::fabs(x);
  if (!(a >= kTiny)) return x;
  // atan(a) = atan(c) + atan(t) for t = (a - c) / (1 + a c), for a c near a.
  double high = 0, low = 0, t = a;
  if (a > 39.0 / 16) {
    high = kHalfPiHigh, low = kHalfPiLow, t = -1 / a;
  } else if (a > 19.0 / 16) {
    high = 0x1.f730bd281f69bp-1, low = 0x1.007887af0cbbdp-56, t = (a - 1.5) / (1 + 1.5 * a);
  } else if (a > 11.0 / 16) {
    high = 0.5 * kHalfPiHigh, low = 0.5 * kHalfPiLow, t = (a - 1) / (a + 1);
  } else if (a > 7.0 / 16) {
    high = 0x1.dac670561bb4fp-2, low = 0x1.a2b7f222f65e2p-56, t = (2 * a - 1) / (2 + a);
  }
  const double z = t * t;
  const double p = polynomial(z, -0.3333333333333332, 0.19999999999994317, -0.14285714284954917,
                              0.11111111061331884, -0.09090907197522051, 0.07692262021060842,
                              -0.06665931847486609, 0.05874250236559825, -0.05201317542099762,
                              0.04437089914823114, -0.03199542726900168, 0.013759637173837503);
  return std::copysign(high + ((t * z * p + low) + t), x);
}

}  // namespace mle::kernels
