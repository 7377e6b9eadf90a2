// Walks the nodes in order; values that nobody needs any more may go.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/evaluate.h"

#include "format/rules.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mle::compiler {
namespace {

// What adds many numbers, and may do so in any order.
bool is_sum(const Node& node) {
  return node.kind == OpKind::Dense || node.kind == OpKind::MatMul || node.kind == OpKind::Reduce ||
         node.kind == OpKind::LayerNorm || node.kind == OpKind::Softmax;
}

// Moves sums by the last bit of the largest one. Whole numbers stay: they were summed exactly.
void reorder(Elements& sums, Random& order) {
  double largest = 0;
  for (const double x : sums)
    if (std::isfinite(x)) largest = std::max(largest, std::abs(x));
  for (double& x : sums)
    if (std::isfinite(x) && x != std::floor(x)) x += (2 * order.uniform() - 1) * 0x1p-23 * largest;
}

// The values of a graph while it is evaluated.
class Walk {
 public:
  Walk(const Graph& graph, size_t rows)
      : graph_(graph), rows_(rows), values_(graph.value_count()), left_(graph.value_count()) {
    for (const Node& node : graph.nodes())
      for (ValueId id : node.inputs) ++left_[id];
    for (const GraphEntry& entry : graph.entries)
      for (const GraphPort& port : entry.outputs) ++left_[port.value];
  }

  Status set_inputs(const std::vector<Elements>& inputs) {
    const auto& ports = graph_.entries[0].inputs;
    bool fits = inputs.size() == ports.size();
    for (size_t i = 0; fits && i < ports.size(); ++i) {
      const Fact& fact = graph_.value(ports[i].value).fact;
      fits = inputs[i].size() == element_count(fact.dims) * (fact.rows == Rows::PerRow ? rows_ : 1);
      if (fits) values_[ports[i].value] = inputs[i];
    }
    if (fits) return {};
    return Status::make(Code::InvalidArgument, format::rule::C219_CheckRows, Status::kNoOffset,
                        "the rows to evaluate do not fit the model's inputs");
  }

  Status run(bool keep_all, bool rounded = false, Random* order = nullptr) {
    for (const Node& node : graph_.nodes()) {
      std::vector<const Elements*> inputs;
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        const ValueId id = node.inputs[i];
        const bool in_blocks = node.kind == OpKind::Dense && i == 1 && graph_.value(id).is_constant;
        if (!in_blocks) MLE_TRY(read(id));
        inputs.push_back(in_blocks ? nullptr : &values_[id]);
      }
      MLE_TRY_ASSIGN(values_[node.outputs[0]], evaluate_node(graph_, node, inputs, rows_));
      if (rounded && graph_.value(node.outputs[0]).fact.dtype == DType::F32) {
        if (order != nullptr && is_sum(node)) reorder(values_[node.outputs[0]], *order);
        for (double& x : values_[node.outputs[0]]) x = static_cast<float>(x);
      }
      for (ValueId id : node.inputs)
        if (--left_[id] == 0 && !keep_all) values_[id] = {};
    }
    return {};
  }

  // Constants are decoded when they are first needed.
  Status read(ValueId id) {
    if (!graph_.value(id).is_constant || !values_[id].empty()) return {};
    MLE_TRY_ASSIGN(values_[id], read_constant(graph_.value(id)));
    return {};
  }

  std::vector<Elements>& values() { return values_; }

 private:
  const Graph& graph_;
  size_t rows_;
  std::vector<Elements> values_;
  std::vector<size_t> left_;  // uses to come
};

}  // namespace

Result<std::vector<Elements>> evaluate(const Graph& graph, const std::vector<Elements>& inputs,
                                       size_t rows) {
  Walk walk(graph, rows);
  MLE_TRY(walk.set_inputs(inputs));
  MLE_TRY(walk.run(true));
  for (ValueId v = 0; v < graph.value_count(); ++v) MLE_TRY(walk.read(v));
  return std::move(walk.values());
}

namespace {

Result<std::vector<Elements>> outputs_of(const Graph& graph, const std::vector<Elements>& inputs,
                                         size_t rows, bool rounded, Random* order = nullptr) {
  Walk walk(graph, rows);
  MLE_TRY(walk.set_inputs(inputs));
  MLE_TRY(walk.run(false, rounded, order));
  std::vector<Elements> outputs;
  for (const GraphEntry& entry : graph.entries) {
    for (const GraphPort& port : entry.outputs) {
      MLE_TRY(walk.read(port.value));
      outputs.push_back(walk.values()[port.value]);
    }
  }
  return outputs;
}

}  // namespace

Result<std::vector<Elements>> evaluate_outputs(const Graph& graph,
                                               const std::vector<Elements>& inputs, size_t rows) {
  return outputs_of(graph, inputs, rows, false);
}

Result<std::vector<Elements>> evaluate_rounded(const Graph& graph,
                                               const std::vector<Elements>& inputs, size_t rows,
                                               Random* order) {
  return outputs_of(graph, inputs, rows, true, order);
}

}  // namespace mle::compiler
