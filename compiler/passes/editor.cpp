// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/editor.h"

#include "compiler/evaluate/elements.h"

#include <algorithm>
#include <utility>

namespace mle::compiler {

Editor::Editor(Graph& graph)
    : graph_(graph), users_(graph.value_count()), output_uses_(graph.value_count()) {
  for (NodeId n = 0; n < graph.nodes().size(); ++n)
    for (ValueId id : graph.nodes()[n].inputs) users_[id].push_back(n);
  for (const GraphEntry& entry : graph.entries)
    for (const GraphPort& port : entry.outputs) ++output_uses_[port.value];
}

const Node* Editor::producer(ValueId id) const {
  const NodeId n = value(id).producer;
  return n == kNone ? nullptr : &node(n);
}

NodeId Editor::only_user(ValueId id) const {
  return use_count(id) == 1 && output_uses_[id] == 0 ? users_[id][0] : kNone;
}

ValueId Editor::add_constant(std::string name, DType dtype, Dims dims, Constant constant) {
  users_.emplace_back();
  output_uses_.push_back(0);
  return graph_.add_constant(std::move(name), dtype, std::move(dims), std::move(constant));
}

ValueId Editor::add_float(std::string name, DType dtype, Dims dims,
                          const std::vector<double>& elements) {
  return add_constant(std::move(name), dtype, std::move(dims), make_constant(elements, dtype));
}

void Editor::replace(NodeId id, Node changed) {
  changed_ = true;
  Node& node = graph_.nodes()[id];
  changed.outputs = node.outputs;
  if (changed.name.empty()) changed.name = node.name;
  for (ValueId input : changed.inputs) users_[input].push_back(id);
  const std::vector<ValueId> before = std::exchange(node, std::move(changed)).inputs;
  for (ValueId input : before)
    users_[input].erase(std::find(users_[input].begin(), users_[input].end(), id));
  release(before);
}

void Editor::redirect(ValueId from, ValueId to) {
  changed_ = true;
  for (NodeId user : users_[from]) {
    auto& inputs = graph_.nodes()[user].inputs;
    *std::find(inputs.begin(), inputs.end(), from) = to;
    users_[to].push_back(user);
  }
  users_[from].clear();
  if (output_uses_[from] != 0) {
    for (GraphEntry& entry : graph_.entries)
      for (GraphPort& port : entry.outputs)
        if (port.value == from) port.value = to;
    output_uses_[to] += std::exchange(output_uses_[from], 0);
  }
  release({from});
}

void Editor::release(std::vector<ValueId> no_longer_used) {
  while (!no_longer_used.empty()) {
    const ValueId id = no_longer_used.back();
    no_longer_used.pop_back();
    const NodeId n = value(id).producer;
    if (use_count(id) != 0 || n == kNone || node(n).kind == OpKind::None) continue;
    Node& dead = graph_.nodes()[n];
    dead.kind = OpKind::None;
    for (ValueId input : dead.inputs) {
      users_[input].erase(std::find(users_[input].begin(), users_[input].end(), n));
      no_longer_used.push_back(input);
    }
  }
}

bool Editor::finish() {
  if (changed_) graph_.compact();
  return changed_;
}

}  // namespace mle::compiler
