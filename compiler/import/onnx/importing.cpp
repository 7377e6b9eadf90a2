// Growing the graph: nodes whose inputs are all constant are computed by the judge and never enter
// it.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/importing.h"

#include "compiler/evaluate/elements.h"
#include "compiler/evaluate/evaluate.h"
#include "compiler/graph/infer.h"
#include "compiler/import/onnx/limits.h"
#include "compiler/import/onnx/text.h"

#include <numeric>

namespace mle::compiler::onnx {

using enum format::rule::Rule;

namespace {

std::string key_of(const std::string& domain, const std::string& name,
                   const std::string& overload) {
  return domain + '\n' + name + '\n' + overload;
}

}  // namespace

FoldBudget::FoldBudget(uint64_t source_bytes)
    : bytes_left_(kFoldBytesBase + kFoldBytesPerSourceByte * source_bytes),
      steps_left_(kFoldSteps) {}

Status FoldBudget::spend(uint64_t bytes, uint64_t steps) {
  if (bytes > bytes_left_ || steps > steps_left_)
    return unsupported(C216_LimitReached, "computing the model's constants takes too much",
                       "simplify the model before exporting it");
  bytes_left_ -= bytes;
  steps_left_ -= steps;
  return {};
}

Importing::Importing(std::shared_ptr<const onnx_pb::ModelProto> the_model, const SourceFile& source,
                     const ImportOptions& the_options, Problems& the_problems)
    : model(std::move(the_model)),
      options(the_options),
      problems(the_problems),
      external(source.folder),
      budget(source.bytes.size()),
      owner(model) {
  for (const onnx_pb::FunctionProto& function : model->functions())
    functions_.try_emplace(key_of(function.domain(), function.name(), function.overload()),
                           &function);
}

const onnx_pb::FunctionProto* Importing::function_of(const onnx_pb::NodeProto& node) const {
  const auto found = functions_.find(key_of(node.domain(), node.op_type(), node.overload()));
  return found == functions_.end() ? nullptr : found->second;
}

Result<ValueId> Importing::constant(const Tensor& tensor) {
  if (tensor.has_rows())
    return unsupported(C214_MixesRows, "computes with the number of rows",
                       "fix the batch axis with --shape NAME=N");
  if (tensor.count() == 0)
    return broken(C208_Shape, "constant " + quoted(tensor.name) + " has no elements");
  if (tensor.dtype == DType::Str) return labels(tensor);
  return graph.add_constant(tensor.name, tensor.dtype, tensor.dims, tensor.data);
}

// Strings are no constants of a file: they are what stands at fixed places of a list.
Result<ValueId> Importing::labels(const Tensor& tensor) {
  if (row_wise)
    return unsupported(C205_UnsupportedOp,
                       "constant strings " + quoted(tensor.name) + " meet rows here",
                       "mle compares rows with constant strings (Equal) and chooses between them "
                       "(Where)");
  std::vector<int64_t> places(tensor.words.size());
  std::iota(places.begin(), places.end(), int64_t{0});
  const Tensor list = make_tensor(tensor.name, DType::I64, tensor.dims, places);
  Node node;
  node.kind = OpKind::Labels;
  node.inputs = {graph.add_constant(list.name, list.dtype, list.dims, list.data)};
  node.strings = tensor.words;
  return add_inferred(graph, std::move(node), tensor.name);
}

Result<Operand> Importing::add(Node node, std::string name, const Fact* wanted) {
  bool all_constant = !node.inputs.empty();
  for (const ValueId id : node.inputs) all_constant = all_constant && graph.value(id).is_constant;
  if (all_constant) return fold(node, std::move(name), wanted);
  MLE_TRY_ASSIGN(const ValueId id, add_inferred(graph, std::move(node), std::move(name), wanted));
  return Operand::computed(id);
}

Result<Operand> Importing::fold(const Node& node, std::string name, const Fact* wanted) {
  MLE_TRY_ASSIGN(const Fact fact, infer(graph, node, wanted));
  if (fact.dtype == DType::Str)  // strings are no constants
    return Operand::computed(graph.add_node(node, fact, std::move(name)));
  uint64_t steps = element_count(fact.dims);
  uint64_t bytes = steps * size_of(fact.dtype);
  if (node.kind == OpKind::Dense || node.kind == OpKind::MatMul)
    steps *= graph.value(node.inputs[0]).fact.dims.back();
  for (const ValueId id : node.inputs) steps += element_count(graph.value(id).fact.dims);
  MLE_TRY(budget.spend(bytes, steps));

  Graph alone;
  Node copy = node;
  for (ValueId& id : copy.inputs) {
    const Value& input = graph.value(id);
    id = alone.add_constant(input.name, input.fact.dtype, input.fact.dims, input.constant);
  }
  const ValueId result = alone.add_node(std::move(copy), fact);
  alone.entries.push_back({"fold", {}, {{result, "y", {}, {}}}});
  MLE_TRY_ASSIGN(const std::vector<Elements> answers, evaluate_outputs(alone, {}, 1));
  return Operand::constant(
      {std::move(name), fact.dtype, fact.dims, make_constant(answers[0], fact.dtype), {}});
}

}  // namespace mle::compiler::onnx
