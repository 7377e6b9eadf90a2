// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/polynomial.h"

#include "compiler/evaluate/elements.h"

#include <algorithm>
#include <cmath>

namespace mle::compiler {
namespace {

// Deep enough for every spelling seen, shallow enough for a hostile graph.
constexpr int kDepth = 8;
// A constant in an activation is a scalar, perhaps spread over the columns of a row.
constexpr uint64_t kMostElements = 65536;

using Maybe = std::optional<Polynomial>;

Maybe power(const Polynomial& base, double exponent) {
  if (exponent != 1 && exponent != 2 && exponent != 3) return std::nullopt;
  Maybe result = base;
  for (int i = 1; result && i < static_cast<int>(exponent); ++i) result = product(*result, base);
  return result;
}

Maybe combine(BinaryFn fn, const Polynomial& a, const Polynomial& b) {
  const std::optional<double> constant = b.as_constant();
  switch (fn) {
    case BinaryFn::Add: return a + b;
    case BinaryFn::Sub: return a + b * -1;
    case BinaryFn::Mul: return product(a, b);
    case BinaryFn::Div:
      if (constant && *constant != 0) return a * (1 / *constant);
      return std::nullopt;
    case BinaryFn::Pow: return constant ? power(a, *constant) : std::nullopt;
    default: return std::nullopt;
  }
}

Maybe expand_to(const Editor& editor, ValueId id, Unknowns unknowns, int depth);

Maybe expand_node(const Editor& editor, const Node& node, Unknowns unknowns, int depth) {
  const Maybe a = expand_to(editor, node.inputs[0], unknowns, depth);
  if (!a) return std::nullopt;
  if (node.kind == OpKind::Unary) return *a * -1;
  const Maybe b = expand_to(editor, node.inputs[1], unknowns, depth);
  if (!b) return std::nullopt;
  if (node.kind == OpKind::Binary) return combine(static_cast<BinaryFn>(node.iattr[0]), *a, *b);
  const Maybe shift = expand_to(editor, node.inputs[2], unknowns, depth);
  const Maybe scaled = product(*a, *b);
  return scaled && shift ? Maybe(*scaled + *shift) : std::nullopt;
}

Maybe expand_to(const Editor& editor, ValueId id, Unknowns unknowns, int depth) {
  if (id == unknowns.x) return Polynomial::term(1, 0);
  if (id == unknowns.t) return Polynomial::term(0, 1);
  if (editor.value(id).is_constant) {
    const std::optional<double> number = uniform_constant(editor.value(id));
    return number ? Maybe(Polynomial::constant(*number)) : std::nullopt;
  }
  const Node* node = editor.producer(id);
  if (node == nullptr || depth == 0 || !is_polynomial_node(*node)) return std::nullopt;
  return expand_node(editor, *node, unknowns, depth - 1);
}

}  // namespace

Polynomial Polynomial::constant(double number) { return term(0, 0, number); }

Polynomial Polynomial::term(size_t x_power, size_t t_power, double factor) {
  Polynomial result;
  result.c[x_power][t_power] = factor;
  return result;
}

std::optional<double> Polynomial::as_constant() const {
  for (size_t i = 0; i < kX; ++i)
    for (size_t j = 0; j < kT; ++j)
      if (i + j != 0 && c[i][j] != 0) return std::nullopt;
  return c[0][0];
}

bool Polynomial::is_near(const Polynomial& expected, DType dtype) const {
  const double near = rounding_of(dtype);
  for (size_t i = 0; i < kX; ++i)
    for (size_t j = 0; j < kT; ++j)
      if (!(std::abs(c[i][j] - expected.c[i][j]) <= near * std::abs(expected.c[i][j])))
        return false;
  return true;
}

Polynomial operator+(const Polynomial& a, const Polynomial& b) {
  Polynomial sum = a;
  for (size_t i = 0; i < Polynomial::kX; ++i)
    for (size_t j = 0; j < Polynomial::kT; ++j) sum.c[i][j] += b.c[i][j];
  return sum;
}

Polynomial operator*(const Polynomial& a, double factor) {
  Polynomial scaled = a;
  for (auto& row : scaled.c)
    for (double& coefficient : row) coefficient *= factor;
  return scaled;
}

std::optional<Polynomial> product(const Polynomial& a, const Polynomial& b) {
  Polynomial result;
  for (size_t i = 0; i < Polynomial::kX; ++i)
    for (size_t j = 0; j < Polynomial::kT; ++j)
      for (size_t k = 0; k < Polynomial::kX; ++k)
        for (size_t l = 0; l < Polynomial::kT; ++l) {
          if (a.c[i][j] == 0 || b.c[k][l] == 0) continue;
          if (i + k >= Polynomial::kX || j + l >= Polynomial::kT) return std::nullopt;
          result.c[i + k][j + l] += a.c[i][j] * b.c[k][l];
        }
  return result;
}

std::optional<Polynomial> expand(const Editor& editor, ValueId value, Unknowns unknowns) {
  return expand_to(editor, value, unknowns, kDepth);
}

bool is_polynomial_node(const Node& node) {
  if (node.kind == OpKind::Unary) return node.act == Act::Neg;
  if (node.kind == OpKind::Scale) return true;
  if (node.kind != OpKind::Binary) return false;
  switch (static_cast<BinaryFn>(node.iattr[0])) {
    case BinaryFn::Add:
    case BinaryFn::Sub:
    case BinaryFn::Mul:
    case BinaryFn::Div:
    case BinaryFn::Pow: return true;
    default: return false;
  }
}

std::optional<double> uniform_constant(const Value& value) {
  const bool is_float = value.fact.dtype == DType::F32 || value.fact.dtype == DType::F64;
  if (!value.is_constant || !is_float) return std::nullopt;
  if (element_count(value.fact.dims) > kMostElements) return std::nullopt;
  const Result<Elements> elements = read_constant(value);
  if (!elements || elements->empty()) return std::nullopt;
  const double first = elements->front();
  if (!std::all_of(elements->begin(), elements->end(), [&](double e) { return e == first; }))
    return std::nullopt;
  return first;
}

double rounding_of(DType dtype) { return dtype == DType::F64 ? 1e-14 : 1e-6; }

}  // namespace mle::compiler
