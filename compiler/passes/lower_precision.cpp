// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/lower_precision.h"

#include "compiler/evaluate/elements.h"
#include "compiler/graph/infer.h"
#include "compiler/passes/all.h"
#include "format/rules.h"

#include <cmath>
#include <limits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace mle::compiler {
namespace {

Node cast_of(ValueId x) {
  Node node;
  node.kind = OpKind::Cast;
  node.inputs = {x};
  return node;
}

class Lowering {
 public:
  explicit Lowering(Graph& graph) : graph_(graph) {}

  // Rebuilds the list of nodes, because it gets longer.
  Status run() {
    std::vector<Node> nodes = std::exchange(graph_.nodes(), {});
    for (Node& node : nodes) {
      if (is_lowered(node)) {
        MLE_TRY(lower(std::move(node)));
      } else {
        graph_.nodes().push_back(std::move(node));
      }
    }
    for (GraphEntry& entry : graph_.entries)
      for (GraphPort& port : entry.outputs) widen(port);
    return drop_dead(graph_);
  }

 private:
  DType dtype(ValueId id) const { return graph_.value(id).fact.dtype; }

  bool is_lowered(const Node& node) const {
    if (node.kind == OpKind::Dense && dtype(node.inputs[1]) == DType::F64) return true;
    for (ValueId id : node.inputs)
      if (lowered_.contains(id)) return true;
    return false;
  }

  Status lower(Node node) {
    for (ValueId& id : node.inputs) {
      if (dtype(id) != DType::F64) continue;
      MLE_TRY_ASSIGN(id, rounded(id));
    }
    if (node.kind == OpKind::Clip) widen_bounds(node);
    Fact& fact = graph_.value(node.outputs[0]).fact;
    const Fact wanted = fact;  // a Cast says itself what comes out; all else follows its operands
    MLE_TRY_ASSIGN(fact, infer(graph_, node, &wanted));
    if (wanted.dtype == DType::F64 && fact.dtype == DType::F32) lowered_.insert(node.outputs[0]);
    graph_.nodes().push_back(std::move(node));
    return {};
  }

  // The value in f32: as a constant, or through a Cast.
  Result<ValueId> rounded(ValueId id) {
    if (const auto found = rounded_.find(id); found != rounded_.end()) return found->second;
    const Value& value = graph_.value(id);
    ValueId result = kNone;
    if (value.is_constant) {
      MLE_TRY_ASSIGN(const Elements elements, read_constant(value));
      for (double element : elements)
        if (std::isfinite(element) && !std::isfinite(convert(element, DType::F32)))
          return error(Code::Unsupported, format::rule::C212_NotFinite, Status::kNoOffset,
                       "compile it with --precision f64", "constant '%s' overflows f32",
                       value.name.c_str());
      result = graph_.add_constant(value.name, DType::F32, value.fact.dims,
                                   make_constant(elements, DType::F32));
    } else {
      Fact fact = value.fact;
      fact.dtype = DType::F32;
      result = graph_.add_node(cast_of(id), fact, value.name + ".f32");
    }
    rounded_.emplace(id, result);
    return result;
  }

  // Beyond f32 there is nothing to cut off.
  static void widen_bounds(Node& clip) {
    for (double& bound : clip.fattr)
      if (std::abs(bound) > double{std::numeric_limits<float>::max()})
        bound = std::copysign(std::numeric_limits<double>::infinity(), bound);
  }

  void widen(GraphPort& port) {
    if (!lowered_.contains(port.value)) return;
    Fact fact = graph_.value(port.value).fact;
    fact.dtype = DType::F64;
    const auto [place, is_new] = widened_.try_emplace(port.value, kNone);
    if (is_new) place->second = graph_.add_node(cast_of(port.value), fact, port.name);
    port.value = place->second;
  }

  Graph& graph_;
  std::unordered_set<ValueId> lowered_;  // were f64, are f32 now
  std::unordered_map<ValueId, ValueId> rounded_, widened_;
};

}  // namespace

bool computes_in_f64(const Graph& graph) {
  for (const Node& node : graph.nodes())
    if (node.kind == OpKind::Dense && graph.value(node.inputs[1]).fact.dtype == DType::F64)
      return true;
  return false;
}

Status lower_precision(Graph& graph) { return Lowering(graph).run(); }

}  // namespace mle::compiler
