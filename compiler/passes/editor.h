// Editor: how passes change a graph. Knows who uses what, and lets go of what nobody uses any more.
// Promise: nodes keep their places while an Editor lives, so that a pass can walk by index; removed
// nodes have kind None until finish().
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/graph/graph.h"

#include <vector>

namespace mle::compiler {

class Editor {
 public:
  explicit Editor(Graph& graph);

  const Graph& graph() const { return graph_; }
  const Node& node(NodeId id) const { return graph_.nodes()[id]; }
  const Value& value(ValueId id) const { return graph_.value(id); }
  size_t node_count() const { return graph_.nodes().size(); }
  ValueId output(NodeId id) const { return node(id).outputs[0]; }

  // The node that makes a value, or null for inputs and constants.
  const Node* producer(ValueId id) const;
  // Its users among the nodes, one entry per use.
  const std::vector<NodeId>& users(ValueId id) const { return users_[id]; }
  // Uses by nodes and by outputs of entries.
  size_t use_count(ValueId id) const { return users_[id].size() + output_uses_[id]; }
  // The one node that uses the value, or kNone if there are none, more, or an output does.
  NodeId only_user(ValueId id) const;

  // Elements rounded to a floating dtype.
  ValueId add_float(std::string name, DType dtype, Dims dims, const std::vector<double>& elements);
  ValueId add_constant(std::string name, DType dtype, Dims dims, Constant constant);

  // Node `id` computes `node` from now on; its output stays the same value.
  void replace(NodeId id, Node node);
  // Every use of `from` becomes a use of `to`; `from` must not be needed to make `to`.
  void redirect(ValueId from, ValueId to);

  // Whether anything was changed; renumbers if so.
  bool finish();

 private:
  void release(std::vector<ValueId> no_longer_used);

  Graph& graph_;
  std::vector<std::vector<NodeId>> users_;
  std::vector<size_t> output_uses_;
  bool changed_ = false;
};

}  // namespace mle::compiler
