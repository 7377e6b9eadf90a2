// Graph: building, editing and renumbering. Nothing here judges a graph; that is check.cpp.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/graph.h"

#include <algorithm>
#include <utility>

namespace mle::compiler {

uint64_t element_count(const Dims& dims) {
  uint64_t count = 1;
  for (uint32_t dim : dims) count *= dim;
  return count;
}

Constant Constant::from_bytes(std::vector<std::byte> bytes) {
  auto kept = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  const std::span<const std::byte> view(*kept);
  return {std::move(kept), view};
}

Constant Constant::from_f32(std::vector<float> elements) {
  auto kept = std::make_shared<const std::vector<float>>(std::move(elements));
  const auto view = std::as_bytes(std::span<const float>(*kept));
  return {std::move(kept), view};
}

std::span<const float> Constant::f32() const {
  return {reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)};
}

std::span<const double> Constant::f64() const {
  return {reinterpret_cast<const double*>(bytes.data()), bytes.size() / sizeof(double)};
}

ValueId Graph::add_input(std::string value_name, Fact fact) {
  Value value;
  value.name = std::move(value_name);
  value.fact = std::move(fact);
  value.is_input = true;
  values_.push_back(std::move(value));
  return static_cast<ValueId>(values_.size() - 1);
}

ValueId Graph::add_constant(std::string value_name, DType dtype, Dims dims, Constant constant) {
  Value value;
  value.name = std::move(value_name);
  value.fact = {dtype, Rows::Whole, std::move(dims)};
  value.is_constant = true;
  value.constant = std::move(constant);
  values_.push_back(std::move(value));
  return static_cast<ValueId>(values_.size() - 1);
}

ValueId Graph::add_f32(std::string value_name, Dims dims, std::vector<float> elements) {
  return add_constant(std::move(value_name), DType::F32, std::move(dims),
                      Constant::from_f32(std::move(elements)));
}

ValueId Graph::add_node(Node node, Fact output, std::string value_name) {
  Value value;
  value.name = std::move(value_name);
  value.fact = std::move(output);
  value.producer = static_cast<NodeId>(nodes_.size());
  values_.push_back(std::move(value));
  const auto id = static_cast<ValueId>(values_.size() - 1);
  node.outputs = {id};
  nodes_.push_back(std::move(node));
  return id;
}

void Graph::replace_uses(ValueId from, ValueId to) {
  for (Node& node : nodes_)
    for (ValueId& input : node.inputs)
      if (input == from) input = to;
  for (GraphEntry& entry : entries)
    for (GraphPort& port : entry.outputs)
      if (port.value == from) port.value = to;
}

size_t Graph::use_count(ValueId id) const {
  size_t count = 0;
  for (const Node& node : nodes_)
    for (ValueId input : node.inputs) count += input == id;
  for (const GraphEntry& entry : entries)
    for (const GraphPort& port : entry.outputs) count += port.value == id;
  return count;
}

bool Graph::rows_mix() const {
  return std::ranges::any_of(nodes_,
                             [](const Node& node) { return node.kind == OpKind::ReduceRows; });
}

bool Graph::is_entry_output(ValueId id) const {
  for (const GraphEntry& entry : entries)
    for (const GraphPort& port : entry.outputs)
      if (port.value == id) return true;
  return false;
}

void Graph::compact() {
  std::erase_if(nodes_, [](const Node& node) { return node.kind == OpKind::None; });

  std::vector<bool> kept(values_.size());
  for (size_t v = 0; v < values_.size(); ++v) kept[v] = values_[v].is_input;
  for (const Node& node : nodes_) {
    for (ValueId id : node.inputs) kept[id] = true;
    for (ValueId id : node.outputs) kept[id] = true;
  }
  for (const GraphEntry& entry : entries) {
    for (const GraphPort& port : entry.inputs) kept[port.value] = true;
    for (const GraphPort& port : entry.outputs) kept[port.value] = true;
  }

  std::vector<ValueId> renumbered(values_.size(), kNone);
  std::deque<Value> values;
  for (size_t v = 0; v < values_.size(); ++v) {
    if (!kept[v]) continue;
    renumbered[v] = static_cast<ValueId>(values.size());
    values.push_back(std::move(values_[v]));
    values.back().producer = kNone;
  }
  values_ = std::move(values);

  for (NodeId n = 0; n < nodes_.size(); ++n) {
    for (ValueId& id : nodes_[n].inputs) id = renumbered[id];
    for (ValueId& id : nodes_[n].outputs) {
      id = renumbered[id];
      values_[id].producer = n;
    }
  }
  for (GraphEntry& entry : entries) {
    for (GraphPort& port : entry.inputs) port.value = renumbered[port.value];
    for (GraphPort& port : entry.outputs) port.value = renumbered[port.value];
  }
}

}  // namespace mle::compiler
