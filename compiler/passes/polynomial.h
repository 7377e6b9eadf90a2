// Polynomial: an expression of the graph as a polynomial in two of its values, x and t. However an
// exporter spells GELU (order of operands, Div or Mul, Pow or products, factors inside or outside),
// the polynomial is the same.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/passes/editor.h"

#include <array>
#include <cstddef>
#include <optional>

namespace mle::compiler {

// Sum of c[i][j] x^i t^j.
struct Polynomial {
  static constexpr size_t kX = 4, kT = 2;
  std::array<std::array<double, kT>, kX> c{};

  static Polynomial constant(double number);
  static Polynomial term(size_t x_power, size_t t_power, double factor = 1);

  std::optional<double> as_constant() const;  // if it is one
  // Equal up to what rounding constants to that floating dtype makes of them.
  bool is_near(const Polynomial& expected, DType dtype) const;
};

Polynomial operator+(const Polynomial& a, const Polynomial& b);
Polynomial operator*(const Polynomial& a, double factor);
// Nothing if a power gets too high.
std::optional<Polynomial> product(const Polynomial& a, const Polynomial& b);

// Where x and t stand for; t may be kNone.
struct Unknowns {
  ValueId x = kNone;
  ValueId t = kNone;
};
// `value` as a polynomial in them, or nothing if it is none.
std::optional<Polynomial> expand(const Editor& editor, ValueId value, Unknowns unknowns);

// Nodes that expand() can see through.
bool is_polynomial_node(const Node& node);

// The number a constant has in every element, or nothing.
std::optional<double> uniform_constant(const Value& value);

// By how much of itself a constant of a source that computes in that dtype may be off.
double rounding_of(DType dtype);

}  // namespace mle::compiler
