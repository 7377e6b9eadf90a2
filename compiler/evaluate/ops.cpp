// One node at a time, in the order of the table in format/README.md.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/evaluate.h"
#include "compiler/evaluate/op_site.h"
#include "format/rules.h"

namespace mle::compiler {
namespace {

double clip(double x, double lo, double hi) {
  const double raised = x < lo ? lo : x;
  return raised > hi ? hi : raised;
}

}  // namespace

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

Result<Elements> evaluate_node(const Graph& graph, const Node& node,
                               const std::vector<const Elements*>& inputs, size_t rows) {
  const bool per_row = graph.value(node.outputs[0]).fact.rows == Rows::PerRow;
  const OpSite site{graph, node, inputs, per_row ? rows : 1};
  const uint32_t first = node.iattr.empty() ? 0 : node.iattr[0];
  if (wants_exact(site)) return run_exact(site);
  switch (node.kind) {
    case OpKind::None: break;
    case OpKind::Dense: return run_dense(site);
    case OpKind::Unary:
      return elementwise(site, [&](double x, double, double) {
        // Whether a number lies half way between two whole ones is a matter of its last digit.
        if (node.act == Act::Round) x = convert(x, site.fact(0).dtype);
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
    case OpKind::LogSoftmax: return run_softmax(site, node.kind == OpKind::LogSoftmax);
    case OpKind::Concat: return run_concat(site);
    case OpKind::Slice: return run_slice(site);
    case OpKind::Reshape: return Elements(*inputs[0]);
    case OpKind::Transpose: return run_transpose(site);
    case OpKind::Expand: return elementwise(site, [](double x, double, double) { return x; });
    case OpKind::Gather: return run_gather(site);
    case OpKind::GatherElements: return run_gather_elements(site);
    case OpKind::ArgMax: return run_argmax(site);
    case OpKind::Cast: return cast(*inputs[0], site.fact(0).dtype, site.result().dtype);
    case OpKind::MapKeys: return run_map_keys(site);
    case OpKind::Labels: return run_labels(site);
    case OpKind::IsMissing: return run_is_missing(site);
    case OpKind::Products: return run_products(site);
    case OpKind::Piecewise: return run_piecewise(site);
    case OpKind::MatMul: return run_matmul(site);
    case OpKind::Reduce: return run_reduce(site);
    case OpKind::ReduceRows: return run_reduce_rows(site);
    case OpKind::Couple: return run_couple(site);
    case OpKind::CumSum: return run_cumsum(site);
    case OpKind::TopK: return run_topk(site);
    case OpKind::LayerNorm: return run_layer_norm(site);
  }
  return error(Code::Internal, format::rule::C213_GraphBroken, Status::kNoOffset, "",
               "op kind %u can't be evaluated", static_cast<unsigned>(node.kind));
}

}  // namespace mle::compiler
