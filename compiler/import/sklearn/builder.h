// Builds a graph in f64 from the parts that estimators are made of. Every value that is not a
// constant is one row: a vector of some width. Promise: what it cannot build it refuses
// (refusal.h).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/import/sklearn/matrix.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mle::compiler::sklearn {

class Builder {
 public:
  // Constants may take so many bytes in all.
  Builder(Graph& graph, uint64_t constant_bytes) : graph_(graph), left_(constant_bytes) {}

  Graph& graph() { return graph_; }
  uint32_t width(ValueId x) const;
  DType dtype(ValueId x) const { return graph_.value(x).fact.dtype; }

  ValueId vector(const Reals& values);  // a constant of one axis
  ValueId table(const Reals& values, Dims dims);
  ValueId integers(const std::vector<int64_t>& values, DType dtype);  // u64 by their bits
  ValueId numbers(const Reals& values, DType dtype);                  // of any floating type
  ValueId flags(const std::vector<bool>& values, Dims dims);
  // Place 0 for every row, i64; and a row that is the same for every row: made of one that is not.
  ValueId first_for_all(ValueId x);
  ValueId same_for_all(ValueId x, const Reals& values);

  ValueId dense(ValueId x, const Matrix& weights, const Reals& bias = {});  // weights [in, out]
  ValueId unary(Act act, ValueId x);
  ValueId binary(BinaryFn fn, ValueId a, ValueId b);
  ValueId add(ValueId a, ValueId b) { return binary(BinaryFn::Add, a, b); }
  ValueId subtract(ValueId a, ValueId b) { return binary(BinaryFn::Sub, a, b); }
  ValueId multiply(ValueId a, ValueId b) { return binary(BinaryFn::Mul, a, b); }
  ValueId divide(ValueId a, ValueId b) { return binary(BinaryFn::Div, a, b); }
  ValueId add(ValueId a, double b) { return add(a, vector({b})); }
  ValueId subtract(ValueId a, double b) { return subtract(a, vector({b})); }
  ValueId multiply(ValueId a, double b) { return multiply(a, vector({b})); }
  ValueId divide(ValueId a, double b) { return divide(a, vector({b})); }
  ValueId from(double a, ValueId b) { return subtract(vector({a}), b); }  // a - b
  ValueId compare(CompareFn fn, ValueId a, ValueId b);
  ValueId compare(CompareFn fn, ValueId a, double b) { return compare(fn, a, vector({b})); }
  ValueId select(ValueId condition, ValueId a, ValueId b);
  ValueId clip(ValueId x, double least, double most);
  ValueId softmax(ValueId x);
  ValueId log_softmax(ValueId x);
  ValueId sigmoid(ValueId x) { return unary(Act::Sigmoid, x); }
  // 1 / (1 + e^-x), rounded after each step as scipy's expit is: what of 1 is left beside a p near
  // 1, and where p becomes 0, is then what the source says. In f64 even where scores are in f32:
  // shares of odds that are too small for f32 would be 0 / 0.
  ValueId expit(ValueId x);
  ValueId cast(ValueId x, DType dtype);
  ValueId reduce(ReduceFn fn, ValueId x);  // over the columns, to one
  ValueId sum(ValueId x) { return reduce(ReduceFn::Sum, x); }
  ValueId argmax(ValueId x);      // i64, the first of equals
  ValueId couple(ValueId pairs);  // probabilities of pairs of classes to those of the classes
  ValueId reshape(ValueId x, Dims dims);

  ValueId concat(const std::vector<ValueId>& parts);
  ValueId columns(ValueId x, const std::vector<uint32_t>& picked);
  ValueId column(ValueId x, uint32_t i) { return columns(x, {i}); }
  // Row `index` (i64, one column) of a constant table of any type.
  ValueId look_up(ValueId table, ValueId index);

  // `factors` holds `degree` columns for each product; format::kNoFactor counts as 1.
  ValueId products(ValueId x, std::vector<uint32_t> factors, uint32_t degree);
  struct Pieces {
    Reals breaks;        // [columns, count]
    Reals coefficients;  // [columns, count + 1, polynomials, degree + 1]
    uint32_t count = 0, polynomials = 1, degree = 0;
    bool right = false;  // a break belongs to the interval that it begins
    format::Outside outside = format::Outside::Polynomial;
  };
  ValueId piecewise(ValueId x, const Pieces& pieces);

  // The place of each key in a list; `unknown` and `missing` for the others, or no answer.
  ValueId places_of_words(ValueId x, std::vector<std::string> words, uint32_t unknown,
                          uint32_t missing);
  ValueId places_of_numbers(ValueId x, ValueId keys, uint32_t unknown, uint32_t missing);
  ValueId words_at(ValueId places, std::vector<std::string> words);
  ValueId is_missing(ValueId x);

  ValueId add_node(Node node, const Fact* wanted = nullptr);

 private:
  ValueId constant(DType dtype, Dims dims, Constant bytes);

  Graph& graph_;
  uint64_t left_;
};

}  // namespace mle::compiler::sklearn
