// One node at a time: a plain loop per op kind, in the order of the table in format/README.md.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/evaluate.h"
#include "format/rules.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mle::compiler {
namespace {

// One node with everything its loop needs. Elements of row r begin at r * row_step, which is 0 for
// whole inputs.
struct Site {
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
std::vector<size_t> broadcast(const Dims& from, const Dims& to) {
  std::vector<size_t> index(element_count(to));
  const size_t shift = to.size() - from.size();
  for (size_t i = 0; i < index.size(); ++i) {
    size_t rest = i, at = 0, step = 1;
    for (size_t axis = to.size(); axis-- > shift;) {
      const size_t position = rest % to[axis];
      rest /= to[axis];
      if (from[axis - shift] == 1) continue;
      at += position * step;
      step *= from[axis - shift];
    }
    index[i] = at;
  }
  return index;
}

Elements run_dense(const Site& site) {
  const size_t k = site.fact(1).dims[0], n = site.fact(1).dims[1];
  const Elements& w = *site.inputs[1];
  const size_t lines = site.width() / n;  // of one row
  Elements y(site.rows * site.width());
  for (size_t r = 0; r < site.rows; ++r) {
    for (size_t line = 0; line < lines; ++line) {
      const double* x = site.row(0, r) + line * k;
      double* out = y.data() + r * site.width() + line * n;
      if (site.inputs.size() == 3) std::copy_n(site.inputs[2]->data(), n, out);
      for (size_t i = 0; i < k; ++i)
        for (size_t j = 0; j < n; ++j) out[j] += x[i] * w[i * n + j];
    }
  }
  for (double& element : y) element = apply(site.node.act, element, site.alpha(), site.beta());
  return y;
}

// y[i] = function(a[i], b[i], c[i]) with every input broadcast to the output; missing ones are 0.
template <class Function>
Elements elementwise(const Site& site, Function function) {
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

double clip(double x, double lo, double hi) {
  const double raised = x < lo ? lo : x;
  return raised > hi ? hi : raised;
}

// Calls `line(x, y, step)` for every line along the axis; both lie `step` apart.
template <class Line>
Elements along_axis(const Site& site, size_t axis_number, Line line) {
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

void softmax(const double* x, double* y, size_t n, size_t step, bool logarithm) {
  double largest = -std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < n; ++i) largest = apply(BinaryFn::Max, largest, x[i * step]);
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += std::exp(x[i * step] - largest);
  for (size_t i = 0; i < n; ++i) {
    const double shifted = x[i * step] - largest;
    y[i * step] = logarithm ? shifted - std::log(sum) : std::exp(shifted) / sum;
  }
}

Elements run_concat(const Site& site) {
  const Axis whole(site.result().dims, site.node.iattr[0]);
  Elements y(site.rows * site.width());
  for (size_t r = 0; r < site.rows; ++r) {
    size_t before = 0;  // along the axis
    for (size_t i = 0; i < site.inputs.size(); ++i) {
      const Axis part(site.fact(i).dims, site.node.iattr[0]);
      const size_t run = part.n * part.inner;
      for (size_t outer = 0; outer < part.outer; ++outer)
        std::copy_n(site.row(i, r) + outer * run, run,
                    y.data() + r * site.width() + (outer * whole.n + before) * whole.inner);
      before += part.n;
    }
  }
  return y;
}

Elements run_slice(const Site& site) {
  const size_t start = site.node.iattr[1], step = site.node.iattr[2];
  const Axis from(site.fact(0).dims, site.node.iattr[0]);
  const Axis to(site.result().dims, site.node.iattr[0]);
  Elements y(site.rows * site.width());
  for (size_t r = 0; r < site.rows; ++r)
    for (size_t outer = 0; outer < to.outer; ++outer)
      for (size_t i = 0; i < to.n; ++i)
        std::copy_n(site.row(0, r) + (outer * from.n + start + i * step) * from.inner, to.inner,
                    y.data() + r * site.width() + (outer * to.n + i) * to.inner);
  return y;
}

// NaN counts as larger than all.
size_t argmax(const double* x, size_t n, size_t step, bool last) {
  size_t best = 0;
  for (size_t i = 1; i < n; ++i) {
    const double a = x[best * step], b = x[i * step];
    const bool equal = a == b || (std::isnan(a) && std::isnan(b));
    if (equal ? last : !std::isnan(a) && (std::isnan(b) || b > a)) best = i;
  }
  return best;
}

Elements run_argmax(const Site& site) {
  const Axis axis(site.fact(0).dims, site.node.iattr[0]);
  const bool last = site.node.iattr[1] == 1;
  Elements y;
  for (size_t r = 0; r < site.rows; ++r)
    for (size_t outer = 0; outer < axis.outer; ++outer)
      for (size_t inner = 0; inner < axis.inner; ++inner)
        y.push_back(static_cast<double>(argmax(site.row(0, r) + outer * axis.n * axis.inner + inner,
                                               axis.n, axis.inner, last)));
  return y;
}

}  // namespace

Result<Elements> evaluate_node(const Graph& graph, const Node& node,
                               const std::vector<const Elements*>& inputs, size_t rows) {
  const bool per_row = graph.value(node.outputs[0]).fact.rows == Rows::PerRow;
  const Site site{graph, node, inputs, per_row ? rows : 1};
  const uint32_t first = node.iattr.empty() ? 0 : node.iattr[0];
  switch (node.kind) {
    case OpKind::None: break;
    case OpKind::Dense: return run_dense(site);
    case OpKind::Unary:
      return elementwise(site, [&](double x, double, double) {
        return apply(node.act, x, site.alpha(), site.beta());
      });
    case OpKind::Binary:
      return elementwise(site, [&](double a, double b, double) {
        return apply(static_cast<BinaryFn>(first), a, b);
      });
    case OpKind::Compare:
      return elementwise(site, [&](double a, double b, double) {
        return apply(static_cast<CompareFn>(first), a, b) ? 1.0 : 0.0;
      });
    case OpKind::Select:
      return elementwise(site, [](double c, double a, double b) { return c != 0 ? a : b; });
    case OpKind::Scale:
      return elementwise(site, [](double x, double s, double t) { return x * s + t; });
    case OpKind::Clip:
      return elementwise(
          site, [&](double x, double, double) { return clip(x, site.alpha(), site.beta()); });
    case OpKind::Softmax:
    case OpKind::LogSoftmax:
      return along_axis(site, first, [&](const double* x, double* y, size_t n, size_t step) {
        softmax(x, y, n, step, node.kind == OpKind::LogSoftmax);
      });
    case OpKind::Concat: return run_concat(site);
    case OpKind::Slice: return run_slice(site);
    case OpKind::Reshape: return Elements(*inputs[0]);
    case OpKind::ArgMax: return run_argmax(site);
    case OpKind::Cast:
      return elementwise(site, [&](double x, double, double) {
        return cast(x, site.fact(0).dtype, site.result().dtype);
      });
  }
  return error(Code::Internal, format::rule::C213_GraphBroken, Status::kNoOffset, "",
               "op kind %u can't be evaluated", static_cast<unsigned>(node.kind));
}

}  // namespace mle::compiler
