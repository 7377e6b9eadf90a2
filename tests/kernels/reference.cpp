// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/reference.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mle::kernels::test {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// x times a share of it that vanishes faster than x grows.
double fading(double x, double share) { return x == -kInfinity ? -0.0 : x * share; }

double logistic(double x) {
  const double e = std::exp(-std::fabs(x));
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
}

// tanh(log(1 + e^x)), without overflow on either side.
double mish_share(double x) {
  const double e = std::exp(-std::fabs(x));
  const double over = x < 0 ? e * (e + 2) : 1 + 2 * e;
  return over / (over + (x < 0 ? 2 : 2 * e * e));
}

double zero_to_one(double x) { return std::isnan(x) ? x : std::clamp(x, 0.0, 1.0); }

double expm1_below(double x, double alpha) { return alpha * std::expm1(std::min(x, 0.0)); }

}  // namespace

double reference(Act act, float input) {
  const double x = input;
  const double a = kAlpha<float>;
  const double b = kBeta<float>;
  switch (act) {
    case Act::None: return x;
    case Act::Relu: return x < 0 ? 0 : x;
    case Act::LeakyRelu: return x < 0 ? a * x : x;
    case Act::Elu: return x < 0 ? expm1_below(x, a) : x;
    case Act::Selu:
      return x < 0 ? expm1_below(x, static_cast<double>(kAlpha<float> * kBeta<float>)) : b * x;
    case Act::Celu: return x < 0 ? expm1_below(x / a, a) : x;
    case Act::Gelu: return fading(x, 0.5 * std::erfc(-x * std::sqrt(0.5)));
    case Act::GeluTanh:
      return fading(x, logistic(2 * std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case Act::Sigmoid: return logistic(x);
    case Act::HardSigmoid: return zero_to_one(a * x + b);
    case Act::HardSwish: return fading(x, zero_to_one(x / 6 + 0.5));
    case Act::Silu: return fading(x, logistic(x));
    case Act::Softplus: return (x < 0 ? 0 : x) + std::log1p(std::exp(-std::fabs(x)));
    case Act::Softsign: return std::isinf(x) ? std::copysign(1, x) : x / (1 + std::fabs(x));
    case Act::Tanh: return std::tanh(x);
    case Act::Mish: return fading(x, mish_share(x));
    case Act::Exp: return std::exp(x);
    case Act::Log: return x < 0 ? std::nan("") : std::log(x);
    case Act::Sqrt: return std::sqrt(x);
    case Act::Neg: return -x;
    case Act::Abs: return std::fabs(x);
    case Act::Reciprocal: return 1 / x;
    case Act::Erf: return std::erf(x);
    case Act::Floor: return std::floor(x);
    case Act::Ceil: return std::ceil(x);
    case Act::Sign: return std::isnan(x) ? x : static_cast<double>((x > 0) - (x < 0));
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
  return std::nan("");
}

template <>
std::span<const Promise> promises<float>() {
  static constexpr Promise kPromises[] = {
      {Act::None, "identity", 0, 0, 0, 0},
      {Act::Relu, "relu", 0, 0, 0, 0},
      {Act::LeakyRelu, "leaky relu", 0.5, 0, 0.5, 0},
      {Act::Elu, "elu", 2.5, 0, 2.5, 0},
      {Act::Selu, "selu", 2.5, 0, 2.5, 0},
      {Act::Celu, "celu", 2.5, 0, 2.5, 0},
      {Act::Gelu, "gelu", 7, 1e-36, 7, 1e-9},
      {Act::GeluTanh, "gelu (tanh)", 5.5, 1e-8, 5.5, 1e-8},
      {Act::Sigmoid, "sigmoid", 2.5, 0, 2.5, 0},
      {Act::HardSigmoid, "hard sigmoid", 0.5, 0, 0.5, 6e-8},
      {Act::HardSwish, "hard swish", 1.5, 1e-7, 1.5, 1e-7},
      {Act::Silu, "silu", 3.5, 1e-37, 3.5, 1e-37},
      {Act::Softplus, "softplus", 2.5, 0, 2.5, 0},
      {Act::Softsign, "softsign", 2.5, 0, 2.5, 0},
      {Act::Tanh, "tanh", 2.5, 0, 2.5, 0},
      {Act::Mish, "mish", 5, 1e-37, 5, 1e-37},
      {Act::Exp, "exp", 2.5, 0, 2.5, 0},
      {Act::Log, "log", 2.5, 0, 2.5, 0},
      {Act::Sqrt, "sqrt", 0.5, 0, 0.5, 0},
      {Act::Neg, "neg", 0, 0, 0, 0},
      {Act::Abs, "abs", 0, 0, 0, 0},
      {Act::Reciprocal, "reciprocal", 0.5, 0, 0.5, 0},
      {Act::Erf, "erf", 2.5, 0, 2.5, 0},
      {Act::Floor, "floor", 0, 0, 0, 0},
      {Act::Ceil, "ceil", 0, 0, 0, 0},
      {Act::Sign, "sign", 0, 0, 0, 0},
      {Act::Round, "round", 0, 0, 0, 0},
      {Act::Sin, "sin", 0.501, 0, 0.501, 0},
      {Act::Cos, "cos", 0.501, 0, 0.501, 0},
      {Act::Tan, "tan", 0.501, 0, 0.501, 0},
      {Act::Asin, "asin", 0.501, 0, 0.501, 0},
      {Act::Acos, "acos", 0.501, 0, 0.501, 0},
      {Act::Atan, "atan", 0.501, 0, 0.501, 0},
      {Act::Sinh, "sinh", 0.501, 0, 0.501, 0},
      {Act::Cosh, "cosh", 0.501, 0, 0.501, 0},
      {Act::Asinh, "asinh", 0.501, 0, 0.501, 0},
      {Act::Acosh, "acosh", 0.501, 0, 0.501, 0},
      {Act::Atanh, "atanh", 0.501, 0, 0.501, 0},
      {Act::Log1p, "log1p", 0.501, 0, 0.501, 0},
      {Act::Expm1, "expm1", 0.501, 0, 0.501, 0},
  };
  return kPromises;
}

}  // namespace mle::kernels::test
