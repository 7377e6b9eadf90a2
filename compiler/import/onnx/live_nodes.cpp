// Which nodes of a graph are to be imported, and in which order.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/importing.h"
#include "compiler/import/onnx/text.h"

#include <string>
#include <unordered_map>
#include <vector>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;
using onnx_pb::NodeProto;

using Names = std::vector<const std::string*>;

// What a node reads: its inputs, and what the graphs inside it do; names of their own among these
// have no producer outside. Nesting is limited by wire_scan.h.
void add_names(const NodeProto& node, Names& names) {  // NOLINT(misc-no-recursion)
  for (const std::string& input : node.input()) names.push_back(&input);
  for (const onnx_pb::AttributeProto& attribute : node.attribute()) {
    if (!attribute.has_g()) continue;
    for (const NodeProto& inner : attribute.g().node()) add_names(inner, names);
    for (const auto& output : attribute.g().output()) names.push_back(&output.name());
  }
}

// Which nodes there are to do, found backwards from the outputs, and an order in which every node
// comes after those it needs. Files are nearly always sorted: then the order is theirs.
class LiveNodes {
 public:
  LiveNodes(Importing& importing, const Nodes& nodes)
      : importing_(importing), nodes_(nodes), is_live_(node_count()), needs_(node_count()) {}

  std::vector<int> find(const std::vector<std::string>& outputs) {
    for (int n = 0; n < nodes_.size(); ++n)
      for (const std::string& output : nodes_.Get(n).output()) add_producer(output, n);
    for (const std::string& output : outputs) use(output);
    while (!to_visit_.empty()) {
      const auto n = static_cast<size_t>(to_visit_.back());
      to_visit_.pop_back();
      add_names(nodes_.Get(static_cast<int>(n)), needs_[n]);
      for (const std::string* name : needs_[n]) use(*name);
    }
    return sorted();
  }

 private:
  size_t node_count() const { return static_cast<size_t>(nodes_.size()); }

  void add_producer(const std::string& name, int n) {
    if (name.empty()) return;
    if (!producers_.try_emplace(name, n).second)
      importing_.problems.add(
          broken(C213_GraphBroken, "value " + quoted(name) + " is computed twice"),
          importing_.context + where(nodes_.Get(n), n));
  }

  void use(const std::string& name) {
    if (name.empty()) return;
    ++importing_.uses[name];
    const auto found = producers_.find(name);
    if (found == producers_.end() || is_live_[static_cast<size_t>(found->second)]) return;
    is_live_[static_cast<size_t>(found->second)] = true;
    to_visit_.push_back(found->second);
  }

  // Depth first with a stack of our own. Where a cycle closes, the order is wrong, and the node
  // that comes too early will miss its input.
  std::vector<int> sorted() const {
    struct Visit {
      int node;
      size_t next_name;
    };
    std::vector<int> order;
    std::vector<bool> seen(node_count());
    std::vector<Visit> stack;
    const auto enter = [&](int n) {
      if (seen[static_cast<size_t>(n)]) return;
      seen[static_cast<size_t>(n)] = true;
      stack.push_back({n, 0});
    };
    for (int root = 0; root < nodes_.size(); ++root) {
      if (is_live_[static_cast<size_t>(root)]) enter(root);
      while (!stack.empty()) {
        Visit& visit = stack.back();
        const auto& names = needs_[static_cast<size_t>(visit.node)];
        if (visit.next_name == names.size()) {
          order.push_back(visit.node);
          stack.pop_back();
          continue;
        }
        const auto producer = producers_.find(*names[visit.next_name++]);
        if (producer != producers_.end()) enter(producer->second);
      }
    }
    return order;
  }

  Importing& importing_;
  const Nodes& nodes_;
  std::unordered_map<std::string, int> producers_;
  std::vector<bool> is_live_;
  std::vector<Names> needs_;  // of live nodes: the names they read
  std::vector<int> to_visit_;
};

}  // namespace

std::vector<std::string> output_names(const onnx_pb::GraphProto& graph) {
  std::vector<std::string> names;
  for (const onnx_pb::ValueInfoProto& output : graph.output()) names.push_back(output.name());
  return names;
}

std::vector<int> find_live_nodes(Importing& importing, const Nodes& nodes,
                                 const std::vector<std::string>& outputs) {
  return LiveNodes(importing, nodes).find(outputs);
}

}  // namespace mle::compiler::onnx
