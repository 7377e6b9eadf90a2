// Invariants in the order of the list in check.h; the first broken one is told.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/check.h"

#include "compiler/graph/infer.h"
#include "compiler/graph/print.h"
#include "compiler/graph/stored.h"
#include "format/rules.h"
#include "format/utf8.h"

#include <numeric>
#include <set>
#include <string>
#include <string_view>

namespace mle::compiler {
namespace {

Status broken(const std::string& what) {
  return Status::make(Code::Internal, format::rule::C213_GraphBroken, Status::kNoOffset,
                      "broken graph: " + what, "please report this model");
}

std::string node_text(const Graph& graph, NodeId id) {
  const Node& node = graph.nodes()[id];
  const std::string name = node.name.empty() ? "" : " '" + node.name + "'";
  return "node " + std::to_string(id) + name + " (" + name_of(node.kind) + ")";
}

Status check_values(const Graph& graph) {
  for (ValueId v = 0; v < graph.value_count(); ++v) {
    const Value& value = graph.value(v);
    const std::string who = "value " + text_of(graph, v);
    const bool is_produced = value.producer != kNone;
    if (int{value.is_input} + int{value.is_constant} + int{is_produced} != 1)
      return broken(who + " is not exactly one of input, constant and output of a node");
    if (Status status = check_limits(value.fact); !status.ok())
      return broken(who + ": " + status.message());
    if (!value.is_constant) continue;
    if (value.fact.rows != Rows::Whole) return broken(who + " is a constant, but per row");
    if ((value.constant.turned || value.constant.stored) && value.fact.dims.size() != 2)
      return broken(who + " is no matrix and lies like one");
    if (value.constant.bytes.size() != element_count(value.fact.dims) * size_of(stored_type(value)))
      return broken(who + " holds " + std::to_string(value.constant.bytes.size()) +
                    " bytes, not those of " + text_of(value.fact));
  }
  return {};
}

Status check_nodes(const Graph& graph) {
  std::vector<bool> defined(graph.value_count());
  for (ValueId v = 0; v < graph.value_count(); ++v)
    defined[v] = graph.value(v).is_input || graph.value(v).is_constant;

  for (NodeId n = 0; n < graph.nodes().size(); ++n) {
    const Node& node = graph.nodes()[n];
    for (ValueId id : node.inputs)
      if (id >= graph.value_count() || !defined[id])
        return broken(node_text(graph, n) + " uses value " + std::to_string(id) +
                      ", which no earlier node defines");
    if (node.outputs.size() != 1) return broken(node_text(graph, n) + " must have one output");
    const ValueId out = node.outputs[0];
    if (out >= graph.value_count() || defined[out] || graph.value(out).producer != n)
      return broken(node_text(graph, n) + " is not the one producer of its output");
    defined[out] = true;

    const Result<Fact> fact = infer(graph, node);
    if (!fact) return broken(node_text(graph, n) + ": " + fact.error().message());
    if (*fact != graph.value(out).fact)
      return broken(node_text(graph, n) + " gives " + text_of(*fact) + ", not " +
                    text_of(graph.value(out).fact));
  }
  for (ValueId v = 0; v < graph.value_count(); ++v)
    if (!defined[v]) return broken("value " + text_of(graph, v) + " has no producer");
  return {};
}

// Names come from the source as they are.
Status misnamed(const std::string& who, const char* what) {
  return error(Code::Corrupt, format::rule::C204_Damaged, Status::kNoOffset,
               "check the source model with its own framework", "%s %s", who.c_str(), what);
}

Status check_ports(const Graph& graph, const GraphEntry& entry,
                   const std::vector<GraphPort>& ports) {
  if (ports.empty()) return broken("entry '" + entry.name + "' has no inputs or no outputs");
  std::set<std::string_view> names;
  for (const GraphPort& port : ports) {
    const std::string who = "port '" + port.name + "' of entry '" + entry.name + "'";
    if (port.value >= graph.value_count()) return broken(who + " has no value");
    if (!names.insert(port.name).second) return broken(who + " is there twice");
    const uint64_t columns = columns_of(graph.value(port.value).fact);
    if (!port.features.empty() && port.features.size() != columns)
      return misnamed(who, "has feature names for another number of columns");
    if (!port.labels.empty() && port.labels.size() != columns)
      return misnamed(who, "has labels for another number of columns");
    const size_t counted =
        std::accumulate(port.class_counts.begin(), port.class_counts.end(), size_t{0});
    if (!port.class_counts.empty() &&
        (port.class_counts.size() != columns || counted != port.classes.size()))
      return misnamed(who, "has classes for another number of columns");
  }
  return {};
}

// Every input belongs to the first entry, and all of them are per row or all are whole.
Status check_inputs(const Graph& graph) {
  std::set<ValueId> listed;
  for (const GraphPort& port : graph.entries[0].inputs) listed.insert(port.value);
  for (ValueId v = 0; v < graph.value_count(); ++v) {
    const Value& value = graph.value(v);
    if (!value.is_input) continue;
    if (!listed.contains(v))
      return broken("input " + text_of(graph, v) + " is not in the first entry");
    if (value.fact.rows != graph.value(*listed.begin()).fact.rows)
      return broken("some inputs are per row, others are whole");
  }
  return {};
}

Status check_entries(const Graph& graph) {
  if (graph.entries.empty()) return broken("no entry");
  std::set<std::string_view> names;
  for (const GraphEntry& entry : graph.entries) {
    if (!names.insert(entry.name).second)
      return broken("entry '" + entry.name + "' is there twice");
    MLE_TRY(check_ports(graph, entry, entry.inputs));
    MLE_TRY(check_ports(graph, entry, entry.outputs));
    for (const GraphPort& port : entry.inputs)
      if (!graph.value(port.value).is_input)
        return broken("entry '" + entry.name + "' takes a value that is no input");
  }
  return check_inputs(graph);
}

}  // namespace

Status check_texts(const Graph& graph) {
  using enum format::rule::Rule;
  for (ValueId v = 0; v < graph.value_count(); ++v)
    if (graph.value(v).is_constant && graph.value(v).fact.dtype == DType::Str)
      return error(Code::Unsupported, C207_UnsupportedType, Status::kNoOffset,
                   "texts are looked up in tables; nothing else is computed with them",
                   "value %s is a constant of strings", text_of(graph, v).c_str());
  for (NodeId n = 0; n < graph.nodes().size(); ++n)
    for (size_t i = 0; i < graph.nodes()[n].strings.size(); ++i)
      if (const std::string& text = graph.nodes()[n].strings[i];
          !format::is_utf8(text) || text.find('\0') != std::string::npos)
        return error(Code::Unsupported, C207_UnsupportedType, Status::kNoOffset,
                     "give that category or label another text, and train again",
                     "%s: text %zu of its table has a zero byte or is not UTF-8",
                     node_text(graph, n).c_str(), i);
  return {};
}

uint64_t columns_of(const Fact& fact) {
  const uint64_t rows = fact.rows == Rows::Whole && !fact.dims.empty() ? fact.dims[0] : 1;
  return rows == 0 ? 0 : element_count(fact.dims) / rows;
}

Status check(const Graph& graph) {
  MLE_TRY(check_values(graph));
  MLE_TRY(check_nodes(graph));
  return check_entries(graph);
}

}  // namespace mle::compiler
