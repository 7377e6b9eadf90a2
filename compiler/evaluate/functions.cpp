// The element-wise functions in double: each as format/op_kinds.h defines it, in a form that does
// not lose digits.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/evaluate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace mle::compiler {
namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double softplus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

// x/2 (1 + tanh u) = x sigmoid(2u), which keeps the digits of the lower tail.
double gelu_tanh(double x) {
  const double u = std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
  return x * sigmoid(2 * u);
}

double clamp01(double x) { return x < 0 ? 0 : x > 1 ? 1 : x; }

double nan_if_either(double a, double b, double otherwise) {
  return std::isnan(a) || std::isnan(b) ? std::numeric_limits<double>::quiet_NaN() : otherwise;
}

}  // namespace

double apply(Act act, double x, double alpha, double beta) {
  switch (act) {
    case Act::None: return x;
    case Act::Relu: return x < 0 ? 0 : x;  // NaN passes
    case Act::LeakyRelu: return x < 0 ? alpha * x : x;
    case Act::Elu: return x < 0 ? alpha * std::expm1(x) : x;
    case Act::Selu: return beta * (x < 0 ? alpha * std::expm1(x) : x);
    case Act::Celu: return x < 0 ? alpha * std::expm1(x / alpha) : x;
    case Act::Gelu: return x / 2 * std::erfc(-x / std::numbers::sqrt2);
    case Act::GeluTanh: return gelu_tanh(x);
    case Act::Sigmoid: return sigmoid(x);
    case Act::HardSigmoid: return clamp01(alpha * x + beta);
    case Act::HardSwish: return x * clamp01(x / 6 + 0.5);
    case Act::Silu: return x * sigmoid(x);
    case Act::Softplus: return softplus(x);
    case Act::Softsign: return x / (1 + std::abs(x));
    case Act::Tanh: return std::tanh(x);
    case Act::Mish: return x * std::tanh(softplus(x));
    case Act::Exp: return std::exp(x);
    case Act::Log: return std::log(x);
    case Act::Sqrt: return std::sqrt(x);
    case Act::Neg: return -x;
    case Act::Abs: return std::abs(x);
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
  return std::numeric_limits<double>::quiet_NaN();
}

double apply(BinaryFn fn, double a, double b) {
  switch (fn) {
    case BinaryFn::Add: return a + b;
    case BinaryFn::Sub: return a - b;
    case BinaryFn::Mul: return a * b;
    case BinaryFn::Div: return a / b;
    case BinaryFn::Min: return nan_if_either(a, b, std::min(a, b));
    case BinaryFn::Max: return nan_if_either(a, b, std::max(a, b));
    case BinaryFn::Pow: return std::pow(a, b);
    case BinaryFn::PRelu: return a < 0 ? a * b : a;
    case BinaryFn::Fmod: return std::fmod(a, b);
    case BinaryFn::And:  // of whole numbers: ops_exact.cpp
    case BinaryFn::Or:
    case BinaryFn::Xor:
    case BinaryFn::Mod:
    case BinaryFn::ShiftLeft:
    case BinaryFn::ShiftRight: break;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

bool apply(CompareFn fn, double a, double b) {
  switch (fn) {
    case CompareFn::Less: return a < b;
    case CompareFn::LessEqual: return a <= b;
    case CompareFn::Greater: return a > b;
    case CompareFn::GreaterEqual: return a >= b;
    case CompareFn::Equal: return a == b;
    case CompareFn::NotEqual: return a != b;
  }
  return false;
}

}  // namespace mle::compiler
