// What the judge's loops share: one node with its inputs, and the walks over rows, axes and
// broadcast elements.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/evaluate/evaluate.h"

#include <cstddef>
#include <vector>

namespace mle::compiler {

// One node with everything its loop needs. Elements of row r begin at r * row_step, which is 0 for
// whole inputs.
struct OpSite {
  const Graph& graph;
  const Node& node;
  const std::vector<const Elements*>& inputs;
  size_t rows;  // of the output: 1 where it is whole

  const Fact& fact(size_t input) const { return graph.value(node.inputs[input]).fact; }
  const Fact& result() const { return graph.value(node.outputs[0]).fact; }
  size_t width() const { return element_count(result().dims); }
  size_t row_step(size_t input) const {
    return fact(input).rows == Rows::PerRow ? element_count(fact(input).dims) : 0;
  }
  const double* row(size_t input, size_t r) const {
    return inputs[input]->data() + r * row_step(input);
  }
  double alpha() const { return node.fattr.size() == 2 ? node.fattr[0] : 0; }
  double beta() const { return node.fattr.size() == 2 ? node.fattr[1] : 0; }
};

// A row seen as [outer][n along the axis][inner].
struct Axis {
  size_t outer = 1, n = 1, inner = 1;
  Axis(const Dims& dims, size_t axis) {
    for (size_t i = 0; i < dims.size(); ++i) (i < axis ? outer : i == axis ? n : inner) *= dims[i];
  }
};

// For each element of `to`, the element of `from` that broadcasting puts there.
std::vector<size_t> broadcast(const Dims& from, const Dims& to);

// y[i] = function(a[i], b[i], c[i]) with every input broadcast to the output; missing ones are 0.
template <class Function>
Elements elementwise(const OpSite& site, Function function) {
  std::vector<std::vector<size_t>> index;
  for (size_t i = 0; i < site.inputs.size(); ++i)
    index.push_back(broadcast(site.fact(i).dims, site.result().dims));
  Elements y(site.rows * site.width());
  for (size_t r = 0; r < site.rows; ++r) {
    for (size_t e = 0; e < site.width(); ++e) {
      double x[3] = {};
      for (size_t i = 0; i < site.inputs.size(); ++i) x[i] = site.row(i, r)[index[i][e]];
      y[r * site.width() + e] = function(x[0], x[1], x[2]);
    }
  }
  return y;
}

// Calls `line(x, y, step)` for every line along the axis; both lie `step` apart.
template <class Line>
Elements along_axis(const OpSite& site, size_t axis_number, Line line) {
  const Axis axis(site.fact(0).dims, axis_number);
  Elements y(site.rows * site.width());
  for (size_t r = 0; r < site.rows; ++r)
    for (size_t outer = 0; outer < axis.outer; ++outer)
      for (size_t inner = 0; inner < axis.inner; ++inner) {
        const size_t at = outer * axis.n * axis.inner + inner;
        line(site.row(0, r) + at, y.data() + r * site.width() + at, axis.n, axis.inner);
      }
  return y;
}

// One loop per op kind: ops_dense.cpp, ops_movement.cpp, ops_gather.cpp, ops_reduction.cpp,
// ops_tables.cpp.
Elements run_dense(const OpSite& site);
Elements run_concat(const OpSite& site);
Elements run_slice(const OpSite& site);
Elements run_transpose(const OpSite& site);
Elements run_softmax(const OpSite& site, bool logarithm);
Elements run_argmax(const OpSite& site);
Elements run_couple(const OpSite& site);
Elements run_products(const OpSite& site);
Result<Elements> run_piecewise(const OpSite& site);

// ops_sums.cpp
Elements run_matmul(const OpSite& site);
Elements run_reduce(const OpSite& site);
Elements run_reduce_rows(const OpSite& site);
Elements run_cumsum(const OpSite& site);
Elements run_topk(const OpSite& site);
Elements run_layer_norm(const OpSite& site);

// R117 with the row where an index lies outside its table.
Result<Elements> run_gather(const OpSite& site);
Result<Elements> run_gather_elements(const OpSite& site);

// ops_keys.cpp. R117 with the row that there is no answer for.
Result<Elements> run_map_keys(const OpSite& site);
Result<Elements> run_labels(const OpSite& site);
Elements run_is_missing(const OpSite& site);

// ops_exact.cpp: nodes whose elements doubles do not hold, or not all of them.
bool wants_exact(const OpSite& site);
Result<Elements> run_exact(const OpSite& site);

}  // namespace mle::compiler
