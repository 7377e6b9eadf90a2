// The entry: the graph's inputs and outputs under their own names.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/infer.h"
#include "compiler/import/onnx/importing.h"
#include "compiler/import/onnx/tensor_proto.h"
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

// 16-bit floats are computed in f32 and rounded here, once.
Result<ValueId> in_declared_type(Graph& graph, ValueId id, const onnx_pb::ValueInfoProto& info) {
  const auto declared = dtype_of(info.type().tensor_type().elem_type());
  const bool is_half = declared == DType::F16 || declared == DType::BF16;
  if (!is_half || graph.value(id).fact.dtype != DType::F32) return id;
  Fact fact = graph.value(id).fact;
  fact.dtype = *declared;
  Node cast;
  cast.kind = OpKind::Cast;
  cast.inputs = {id};
  return add_inferred(graph, std::move(cast), info.name(), &fact);
}

// The first `count` axes as one: together they are the source's rows of one of ours.
Result<ValueId> merge_rows(Graph& graph, ValueId id, uint32_t count) {
  if (count < 2) return id;
  Fact fact = graph.value(id).fact;
  const auto behind = fact.dims.begin() + count;
  const auto rows = static_cast<uint32_t>(element_count({fact.dims.begin(), behind}));
  fact.dims.erase(fact.dims.begin(), behind);
  fact.dims.insert(fact.dims.begin(), rows);
  Node reshape;
  reshape.kind = OpKind::Reshape;
  reshape.inputs = {id};
  return add_inferred(graph, std::move(reshape), {}, &fact);
}

// A truth value of each row, whatever the row holds, with that many axes.
Result<ValueId> any_truth(Graph& graph, ValueId input, size_t axes) {
  ValueId one = input;
  for (uint32_t axis = 0; axis < graph.value(input).fact.dims.size(); ++axis) {
    Fact wanted = graph.value(one).fact;
    wanted.dims[axis] = 1;
    Node slice;
    slice.kind = OpKind::Slice;
    slice.inputs = {one};
    slice.iattr = {axis, 0, 1};
    MLE_TRY_ASSIGN(one, add_inferred(graph, std::move(slice), {}, &wanted));
  }
  Fact number = graph.value(one).fact;
  number.dims = Dims(axes, 1);
  Node reshape;
  reshape.kind = OpKind::Reshape;
  reshape.inputs = {one};
  MLE_TRY_ASSIGN(one, add_inferred(graph, std::move(reshape), {}, &number));
  if (number.dtype == DType::F16 || number.dtype == DType::BF16) {
    number.dtype = DType::F32;
    Node cast;
    cast.kind = OpKind::Cast;
    cast.inputs = {one};
    MLE_TRY_ASSIGN(one, add_inferred(graph, std::move(cast), {}, &number));
  }
  Node equal;
  equal.kind = OpKind::Compare;
  equal.inputs = {one, one};
  equal.iattr = {static_cast<uint32_t>(CompareFn::Equal)};
  return add_inferred(graph, std::move(equal), {});
}

// A constant as an output: of a whole model a copy; in a row-wise one only what ONNX has once per
// row, chosen between itself and itself.
Result<ValueId> constant_output(Importing& importing, const Operand& operand) {
  Graph& graph = importing.graph;
  const bool fits = importing.row_wise == operand.each_row && !importing.inputs.empty() &&
                    !operand.tensor.has_rows();
  if (!fits)
    return unsupported(C215_NoOutputs, "does not depend on any input",
                       "take the constant output out of the model");
  MLE_TRY_ASSIGN(const ValueId id, importing.constant(operand.tensor));
  Node node;
  const Fact fact = graph.value(id).fact;
  if (!operand.each_row) {
    if (!graph.value(id).is_constant) return id;
    node.kind = OpKind::Reshape;
    node.inputs = {id};
    return add_inferred(graph, std::move(node), {}, &fact);
  }
  MLE_TRY_ASSIGN(const ValueId truth, any_truth(graph, importing.inputs[0], fact.dims.size()));
  node.kind = OpKind::Select;
  node.inputs = {truth, id, id};
  return add_inferred(graph, std::move(node), {});
}

Result<ValueId> output_value(Importing& importing, const onnx_pb::ValueInfoProto& info,
                             const std::set<ValueId>& taken) {
  const std::string& name = info.name();
  const auto found = importing.operands.find(name);
  if (found == importing.operands.end())
    return broken(C215_NoOutputs, "is computed by no node", "export the model again");
  if (found->second.kind == Operand::Kind::Constant) {
    MLE_TRY_ASSIGN(const ValueId id, constant_output(importing, found->second));
    MLE_TRY_ASSIGN(const ValueId rounded, in_declared_type(importing.graph, id, info));
    return own_value(importing.graph, rounded, taken, name);
  }
  if (importing.row_wise && importing.graph.value(found->second.id).fact.rows == Rows::Whole)
    return unsupported(C214_MixesRows, "is one for all rows of a call",
                       "take it out of the model's outputs, fix the number of rows with --shape "
                       "NAME=N, or take the range of each row with --dynamic-quantize row");
  if (found->second.layout.axis != 0 || found->second.layout.led != 0)
    return unsupported(C214_MixesRows, "has its batch axis not in the first place",
                       "move it there at the end of the model, or fix the number of rows with "
                       "--shape NAME=N");
  MLE_TRY_ASSIGN(const ValueId merged,
                 merge_rows(importing.graph, found->second.id, found->second.layout.merged));
  MLE_TRY_ASSIGN(const ValueId id, in_declared_type(importing.graph, merged, info));
  return own_value(importing.graph, id, taken, name);
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
  for (const ValueId input : importing.inputs)
    entry.inputs.push_back({input, graph.value(input).name, {}, {}});
  std::set<ValueId> taken;
  std::set<std::string> names;
  for (const onnx_pb::ValueInfoProto& info : importing.source().output()) {
    const std::string where = "output " + quoted(info.name());
    if (info.name().empty() || !names.insert(info.name()).second) {
      importing.problems.add(broken(C213_GraphBroken, "has no name of its own"), where);
      continue;
    }
    if (is_refused(importing, info.name())) continue;
    auto id = output_value(importing, info, taken);
    if (!id) {
      importing.problems.add(id.error(), where);
      continue;
    }
    taken.insert(*id);
    graph.value(*id).name = info.name();
    const auto columns = importing.column_names.find(info.name());
    const Operand& operand = importing.operands.at(info.name());
    const uint32_t rows = operand.layout.merged == 0 ? 1 : graph.value(*id).fact.dims[0];
    if (rows != 1)
      graph.notes.push_back("output " + quoted(info.name()) + ": a row of it is " +
                            std::to_string(rows) + " rows of the source");
    entry.outputs.push_back({*id, info.name(), {}, {}, rows});
    if (columns != importing.column_names.end()) entry.outputs.back().labels = columns->second;
  }
  if (importing.source().output_size() == 0)
    importing.problems.add(broken(C215_NoOutputs, "the model has no outputs"), "");
  graph.entries.push_back(std::move(entry));
}

}  // namespace mle::compiler::onnx
