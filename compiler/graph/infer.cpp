// Which family knows the shape rule of an op kind, and the limits every fact keeps.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/infer.h"

#include "compiler/graph/shape_site.h"

#include <utility>

namespace mle::compiler {
namespace {

Result<Fact> infer_kind(const ShapeSite& site) {
  const bool has_act = site.node.kind == OpKind::Dense || site.node.kind == OpKind::Unary;
  if (!has_act && site.node.act != Act::None)
    return refuse(C213_GraphBroken, "", "%s has an activation", name_of(site.node.kind));
  switch (site.node.kind) {
    case OpKind::None: break;
    case OpKind::Dense: return infer_dense(site);
    case OpKind::Unary: return infer_unary(site);
    case OpKind::Binary: return infer_binary(site);
    case OpKind::Compare: return infer_compare(site);
    case OpKind::Select: return infer_select(site);
    case OpKind::Scale: return infer_scale(site);
    case OpKind::Clip: return infer_clip(site);
    case OpKind::Softmax: return infer_softmax(site);
    case OpKind::LogSoftmax: return infer_softmax(site);
    case OpKind::Concat: return infer_concat(site);
    case OpKind::Slice: return infer_slice(site);
    case OpKind::Reshape: return infer_reshape(site);
    case OpKind::ArgMax: return infer_argmax(site);
    case OpKind::Cast: return infer_cast(site);
    case OpKind::MapKeys: return infer_map_keys(site);
    case OpKind::Labels: return infer_labels(site);
    case OpKind::IsMissing: return infer_is_missing(site);
    case OpKind::Products: return infer_products(site);
    case OpKind::Piecewise: return infer_piecewise(site);
    case OpKind::MatMul: return infer_matmul(site);
    case OpKind::Reduce: return infer_reduce(site);
    case OpKind::ReduceRows: return infer_reduce_rows(site);
    case OpKind::Couple: return infer_couple(site);
    case OpKind::CumSum: return infer_cumsum(site);
    case OpKind::TopK: return infer_topk(site);
    case OpKind::LayerNorm: return infer_layer_norm(site);
    case OpKind::Transpose: return infer_transpose(site);
    case OpKind::Expand: return infer_expand(site);
    case OpKind::Gather: return infer_gather(site);
    case OpKind::GatherElements: return infer_gather_elements(site);
  }
  return refuse(C213_GraphBroken, "", "op kind %u", static_cast<unsigned>(site.node.kind));
}

}  // namespace

Status check_limits(const Fact& fact) {
  if (fact.dims.size() > format::kMaxRank)
    return refuse(C216_LimitReached, "", "a tensor of %zu axes, more than %u", fact.dims.size(),
                  format::kMaxRank);
  uint64_t bytes = size_of(fact.dtype);
  for (uint32_t dim : fact.dims) {
    if (dim == 0)
      return refuse(C208_Shape, "", "an axis of no elements in %s", text_of(fact).c_str());
    if (dim > format::kMaxDim || bytes > format::kMaxTensorBytes / dim)
      return refuse(C216_LimitReached, "", "a tensor too large for a .mle file: %s",
                    text_of(fact).c_str());
    bytes *= dim;
  }
  return {};
}

Result<Fact> infer(const Graph& graph, const Node& node, const Fact* wanted) {
  if (wanted == nullptr && !node.outputs.empty()) wanted = &graph.value(node.outputs[0]).fact;
  MLE_TRY_ASSIGN(Fact fact, infer_kind({graph, node, wanted}));
  MLE_TRY(check_limits(fact));
  return fact;
}

Result<ValueId> add_inferred(Graph& graph, Node node, std::string value_name, const Fact* wanted) {
  MLE_TRY_ASSIGN(Fact fact, infer(graph, node, wanted));
  return graph.add_node(std::move(node), std::move(fact), std::move(value_name));
}

}  // namespace mle::compiler
