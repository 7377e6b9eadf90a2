// The entry: the graph's inputs and outputs under their own names.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/infer.h"
#include "compiler/import/onnx/importing.h"
#include "compiler/import/onnx/text.h"

#include <set>
#include <string>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

// An output needs memory of its own: where it is an input, or a value that is an output already, it
// becomes a copy.
Result<ValueId> own_value(Graph& graph, ValueId id, const std::set<ValueId>& taken,
                          const std::string& name) {
  if (!graph.value(id).is_input && !taken.contains(id)) return id;
  const Fact fact = graph.value(id).fact;
  Node copy;
  copy.kind = OpKind::Reshape;
  copy.inputs = {id};
  copy.name = name;
  return add_inferred(graph, std::move(copy), name, &fact);
}

Result<ValueId> output_value(Importing& importing, const std::string& name,
                             const std::set<ValueId>& taken) {
  const auto found = importing.operands.find(name);
  if (found == importing.operands.end())
    return broken(C215_NoOutputs, "is computed by no node", "export the model again");
  if (found->second.kind == Operand::Kind::Constant)
    return unsupported(C215_NoOutputs, "does not depend on any input",
                       "take the constant output out of the model");
  if (found->second.layout.axis != 0)
    return unsupported(C214_MixesRows, "has its batch axis not in the first place",
                       "move it there at the end of the model, or fix the number of rows with "
                       "--shape NAME=N");
  if (found->second.layout.merged != 0)
    importing.graph.notes.push_back(
        "output " + quoted(name) +
        ": the source gives several rows for one; here they are the first axis of its row");
  return own_value(importing.graph, found->second.id, taken, name);
}

bool is_refused(const Importing& importing, const std::string& name) {
  const auto found = importing.operands.find(name);
  return found != importing.operands.end() && found->second.kind == Operand::Kind::Refused;
}

}  // namespace

void import_outputs(Importing& importing) {
  Graph& graph = importing.graph;
  GraphEntry entry;
  entry.name = graph.name.empty() ? "predict" : graph.name;
  for (const onnx_pb::ValueInfoProto& info : importing.source().input()) {
    const auto found = importing.operands.find(info.name());
    if (found != importing.operands.end() && found->second.kind == Operand::Kind::Computed)
      entry.inputs.push_back({found->second.id, info.name(), {}, {}});
  }
  std::set<ValueId> taken;
  std::set<std::string> names;
  for (const onnx_pb::ValueInfoProto& info : importing.source().output()) {
    const std::string where = "output " + quoted(info.name());
    if (info.name().empty() || !names.insert(info.name()).second) {
      importing.problems.add(broken(C213_GraphBroken, "has no name of its own"), where);
      continue;
    }
    if (is_refused(importing, info.name())) continue;
    auto id = output_value(importing, info.name(), taken);
    if (!id) {
      importing.problems.add(id.error(), where);
      continue;
    }
    taken.insert(*id);
    graph.value(*id).name = info.name();
    const auto columns = importing.column_names.find(info.name());
    entry.outputs.push_back({*id, info.name(), {}, {}});
    if (columns != importing.column_names.end()) entry.outputs.back().labels = columns->second;
  }
  if (importing.source().output_size() == 0)
    importing.problems.add(broken(C215_NoOutputs, "the model has no outputs"), "");
  graph.entries.push_back(std::move(entry));
}

}  // namespace mle::compiler::onnx
