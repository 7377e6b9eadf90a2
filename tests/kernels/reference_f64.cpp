// The functions in long double, with what its own roundings would cost where e^x blows them up.
// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/reference.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mle::kernels::test {
namespace {

using Real = long double;
#ifdef __x86_64__
using Quad = __float128;
#else
using Quad = long double;
#endif

constexpr Real kInfinity = std::numeric_limits<Real>::infinity();

Quad square_root(Quad x) {
  const Quad near = std::sqrt(static_cast<Real>(x));
  return near - (near * near - x) / (2 * near);
}

Quad arc_tangent_of_inverse(int n) {
  Quad sum = 0, power = Quad(1) / n;
  for (int i = 0; i < 60; ++i, power /= -n * n) sum += power / (2 * i + 1);
  return sum;
}

const Quad kPi = 16 * arc_tangent_of_inverse(5) - 4 * arc_tangent_of_inverse(239);
const Quad kSqrtHalf = square_root(0.5);
const Quad kSlope = 2 * square_root(2 / kPi);

// x / (1 + e^-v), v of the sign of x.
Real times_logistic(Real x, Quad v) {
  if (x == -kInfinity) return -0.0L;
  const Quad size = v < 0 ? -v : v;
  const Real high = static_cast<Real>(size);
  const Real low = high < 12000 ? static_cast<Real>(size - high) : 0;
  const Real e = std::exp(-high) * (1 - low);
  return x < 0 ? x * e / (1 + e) : x / (1 + e);
}

// x Phi(x) = x/2 erfc(-x / sqrt 2)
Real gelu(Real x) {
  if (x == -kInfinity) return -0.0L;
  if (std::isinf(x)) return x;
  const Quad exact = -Quad(x) * kSqrtHalf;
  const Real z = static_cast<Real>(exact);
  const Real rest = static_cast<Real>(exact - z);
  return x / 2 * (std::erfc(z) - rest * std::exp(-z * z) * 1.12837916709551257390L);
}

Real gelu_tanh(Real x) {
  if (std::isinf(x)) return x < 0 ? -0.0L : x;
  const Quad v = Quad(x) * kSlope * (1 + Quad(44715) / 1000000 * Quad(x) * Quad(x));
  return times_logistic(x, v);
}

// x tanh(log(1 + e^x))
Real mish(Real x) {
  if (x == -kInfinity) return -0.0L;
  const Real e = std::exp(-std::fabs(x));
  const Real over = x < 0 ? e * (e + 2) : 1 + 2 * e;
  return x * (over / (over + (x < 0 ? 2 : 2 * e * e)));
}

Real zero_to_one(Real x) { return std::isnan(x) ? x : std::clamp(x, 0.0L, 1.0L); }

}  // namespace

long double reference(Act act, double input) {
  const Real x = input;
  const Real a = kAlpha<double>;
  const Real b = kBeta<double>;
  switch (act) {
    case Act::None: return x;
    case Act::Relu: return x < 0 ? 0 : x;
    case Act::LeakyRelu: return x < 0 ? a * x : x;
    case Act::Elu: return x < 0 ? a * std::expm1(x) : x;
    case Act::Selu: return x < 0 ? b * a * std::expm1(x) : b * x;
    case Act::Celu: return x < 0 ? a * std::expm1(x / a) : x;
    case Act::Gelu: return gelu(x);
    case Act::GeluTanh: return gelu_tanh(x);
    case Act::Sigmoid: return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
    case Act::HardSigmoid: return zero_to_one(std::fma(a, x, b));
    case Act::HardSwish: return x == -kInfinity ? -0.0L : x * zero_to_one(x / 6 + 0.5L);
    case Act::Silu: return times_logistic(x, Quad(x));
    case Act::Softplus: return (x < 0 ? 0 : x) + std::log1p(std::exp(-std::fabs(x)));
    case Act::Softsign: return std::isinf(x) ? std::copysign(1.0L, x) : x / (1 + std::fabs(x));
    case Act::Tanh: return std::tanh(x);
    case Act::Mish: return mish(x);
    case Act::Exp: return std::exp(x);
    case Act::Log: return x < 0 ? std::numeric_limits<Real>::quiet_NaN() : std::log(x);
    case Act::Sqrt: return std::sqrt(x);
    case Act::Neg: return -x;
    case Act::Abs: return std::fabs(x);
    case Act::Reciprocal: return 1 / x;
    case Act::Erf: return std::erf(x);
    case Act::Floor: return std::floor(x);
    case Act::Ceil: return std::ceil(x);
    case Act::Sign: return std::isnan(x) ? x : static_cast<Real>((x > 0) - (x < 0));
    case Act::Round: return std::nearbyint(x);
    case Act::Sin: return std::sin(x);
    case Act::Cos: return std::cos(x);
    case Act::Tan: return std::tan(x);
    case Act::Asin: return std::asin(x);
    case Act::Acos: return std::acos(x);
    case Act::Atan: return std::atan(x);
    case Act::Sinh: return std::sinh(x);
    case Act::Cosh: return std::cosh(x);
    case Act::Asinh: return std::asinh(x);
    case Act::Acosh: return std::acosh(x);
    case Act::Atanh: return std::atanh(x);
    case Act::Log1p: return std::log1p(x);
    case Act::Expm1: return std::expm1(x);
  }
  return std::numeric_limits<Real>::quiet_NaN();
}

template <>
std::span<const Promise> promises<double>() {
  static constexpr Promise kPromises[] = {
      {Act::None, "identity", 0, 0, 0, 0},
      {Act::Relu, "relu", 0, 0, 0, 0},
      {Act::LeakyRelu, "leaky relu", 0.51, 0, 0.51, 0},
      {Act::Elu, "elu", 2, 0, 2, 0},
      {Act::Selu, "selu", 2, 0, 2, 0},
      {Act::Celu, "celu", 2, 0, 2, 0},
      {Act::Gelu, "gelu", 2, 0, 2, 0},
      {Act::GeluTanh, "gelu (tanh)", 2, 0, 2, 0},
      {Act::Sigmoid, "sigmoid", 2, 0, 2, 0},
      {Act::HardSigmoid, "hard sigmoid", 0.51, 0, 0.51, 1.2e-16},
      {Act::HardSwish, "hard swish", 1.5, 2e-16, 1.5, 2e-16},
      {Act::Silu, "silu", 2, 0, 2, 0},
      {Act::Softplus, "softplus", 2, 0, 2, 0},
      {Act::Softsign, "softsign", 2, 0, 2, 0},
      {Act::Tanh, "tanh", 2, 0, 2, 0},
      {Act::Mish, "mish", 2, 0, 2, 0},
      {Act::Exp, "exp", 2, 0, 2, 0},
      {Act::Log, "log", 2, 0, 2, 0},
      {Act::Sqrt, "sqrt", 0.51, 0, 0.51, 0},
      {Act::Neg, "neg", 0, 0, 0, 0},
      {Act::Abs, "abs", 0, 0, 0, 0},
      {Act::Reciprocal, "reciprocal", 0.51, 0, 0.51, 0},
      {Act::Erf, "erf", 2, 0, 2, 0},
      {Act::Floor, "floor", 0, 0, 0, 0},
      {Act::Ceil, "ceil", 0, 0, 0, 0},
      {Act::Sign, "sign", 0, 0, 0, 0},
      {Act::Round, "round", 0, 0, 0, 0},
  };
  return kPromises;
}

}  // namespace mle::kernels::test
