// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/ops_ml.h"

#include "compiler/import/onnx/text.h"

#include <utility>

namespace mle::compiler::onnx {

using enum format::rule::Rule;
using onnx_pb::AttributeProto;

Result<std::vector<float>> reals_of(OperatorNode& op, std::string_view name) {
  MLE_TRY_ASSIGN(const AttributeProto* found, op.attribute(name, AttributeProto::FLOATS));
  if (found == nullptr) return std::vector<float>();
  return std::vector<float>(found->floats().begin(), found->floats().end());
}

Result<std::vector<int64_t>> integers_of(OperatorNode& op, std::string_view name) {
  MLE_TRY_ASSIGN(const AttributeProto* found, op.attribute(name, AttributeProto::INTS));
  if (found == nullptr) return std::vector<int64_t>();
  return std::vector<int64_t>(found->ints().begin(), found->ints().end());
}

Result<std::vector<std::string>> words_of(OperatorNode& op, std::string_view name) {
  MLE_TRY_ASSIGN(const AttributeProto* found, op.attribute(name, AttributeProto::STRINGS));
  std::vector<std::string> words;
  if (found == nullptr) return words;
  for (const std::string& word : found->strings()) {
    if (!is_storable(word))
      return unsupported(C209_Attribute, "attribute " + quoted(name) +
                                             " holds text that is not UTF-8 without zero bytes");
    words.push_back(word);
  }
  return words;
}

Status want_columns(const OperatorNode& op, size_t columns) {
  const Dims& dims = op.dims(0);
  const size_t found = dims.empty() ? 1 : dims.back();
  if (!dims.empty() && found == columns) return {};
  return broken(C208_Shape, op.type() + " of rows with " + std::to_string(found) +
                                " columns, its attributes are for " + std::to_string(columns));
}

Result<ValueId> vector_of(OperatorNode& op, const std::vector<float>& numbers) {
  return op.constant(make_tensor("", DType::F32, {static_cast<uint32_t>(numbers.size())}, numbers));
}

Result<ValueId> values_at(OperatorNode& op, ValueId place, const Tensor& list) {
  if (list.dtype == DType::Str) {
    Node node;
    node.kind = OpKind::Labels;
    node.inputs = {place};
    node.strings = list.words;
    return op.add(std::move(node));
  }
  if (list.dtype == DType::I64) {
    uint64_t same = 0;
    while (same < list.count() && list.integer(same) == static_cast<int64_t>(same)) ++same;
    if (same == list.count()) return place;
  }
  Node node;
  node.kind = OpKind::Gather;
  MLE_TRY_ASSIGN(const ValueId table, op.table(list));
  node.inputs = {table, place};
  node.iattr = {0};
  return op.add(std::move(node));
}

Result<ValueId> columns_of(OperatorNode& op, ValueId x, uint32_t axis,
                           const std::vector<uint32_t>& picks) {
  Fact wanted = op.fact(x);
  wanted.dims[axis] = static_cast<uint32_t>(picks.size());
  const uint32_t step = picks.size() > 1 && picks[1] > picks[0] ? picks[1] - picks[0] : 1;
  bool even = true;
  for (size_t i = 0; i < picks.size(); ++i)
    even = even && picks[i] == picks[0] + static_cast<uint32_t>(i) * step;
  Node node;
  if (even) {
    node.kind = OpKind::Slice;
    node.inputs = {x};
    node.iattr = {axis, picks[0], step};
    return op.add(std::move(node), &wanted);
  }
  const std::vector<int64_t> places(picks.begin(), picks.end());
  MLE_TRY_ASSIGN(const ValueId list,
                 op.constant(make_tensor("", DType::I64, {wanted.dims[axis]}, places)));
  node.kind = OpKind::Gather;
  node.inputs = {x, list};
  node.iattr = {axis};
  return op.add(std::move(node));
}

Result<PostTransform> post_transform(OperatorNode& op) {
  MLE_TRY_ASSIGN(const std::string_view name, op.text("post_transform", "NONE"));
  if (name == "NONE") return PostTransform::None;
  if (name == "LOGISTIC") return PostTransform::Logistic;
  if (name == "SOFTMAX") return PostTransform::Softmax;
  if (name == "SOFTMAX_ZERO" || name == "PROBIT")
    return unsupported(C209_Attribute, op.type() + " with post_transform " + quoted(name),
                       "export the model with NONE, LOGISTIC or SOFTMAX");
  return broken(C209_Attribute, op.type() + " with post_transform = " + quoted(name));
}

}  // namespace mle::compiler::onnx
