// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/runtime_functions.h"

#include "compiler/import/onnx/limits.h"
#include "compiler/import/onnx/text.h"

#include <utility>

namespace mle::compiler::onnx {

using enum format::rule::Rule;
using onnx_pb::AttributeProto;
using onnx_pb::NodeProto;

namespace {

AttributeProto& attribute_of(NodeProto& node, const std::string& name,
                             AttributeProto::AttributeType type) {
  AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

std::string input_name(size_t place) { return "in" + std::to_string(place); }

}  // namespace

std::string Body::input(const OperatorNode& op, size_t place) const {
  return op.has(place) ? input_name(place) : std::string();
}

std::string Body::node(std::string_view type, const std::vector<std::string>& inputs,
                       const std::vector<Attribute>& attributes, std::string name) {
  NodeProto& made = *nodes_.Add();
  made.set_op_type(std::string(type));
  for (const std::string& input : inputs) made.add_input(input);
  for (const Attribute& given : attributes) {
    const bool is_list = !given.integers.empty();
    AttributeProto& attribute =
        attribute_of(made, given.name, is_list ? AttributeProto::INTS : AttributeProto::INT);
    if (is_list)
      attribute.mutable_ints()->Add(given.integers.begin(), given.integers.end());
    else
      attribute.set_i(given.integer);
  }
  if (name.empty()) name = "value" + std::to_string(made_++);
  made.add_output(name);
  return name;
}

Body& Body::with(const Real& attribute) {
  attribute_of(*nodes_.rbegin(), attribute.name, AttributeProto::FLOAT)
      .set_f(static_cast<float>(attribute.value));
  return *this;
}

Body& Body::with_text(const std::string& name, const std::string& value) {
  attribute_of(*nodes_.rbegin(), name, AttributeProto::STRING).set_s(value);
  return *this;
}

Body& Body::with_more_outputs(const std::vector<std::string>& names) {
  for (const std::string& name : names) nodes_.rbegin()->add_output(name);
  return *this;
}

std::string Body::number(double value) {
  const std::string name = node("Constant", {});
  with({"value_float", value});
  return name;
}

std::string Body::integers(const std::vector<int64_t>& values) {
  return node("Constant", {}, {{"value_ints", 0, values}});
}

std::string Body::turned(const std::string& x, size_t rank) {
  std::vector<int64_t> perm;
  for (size_t i = 0; i < rank; ++i) perm.push_back(static_cast<int64_t>(i));
  if (rank >= 2) std::swap(perm[rank - 2], perm[rank - 1]);
  return node("Transpose", {x}, {{"perm", 0, perm}});
}

onnx_pb::FunctionProto Body::function(const NodeProto& call) const {
  onnx_pb::FunctionProto function;
  function.set_name(call.op_type());
  *function.mutable_node() = nodes_;
  for (int i = 0; i < call.input_size(); ++i)
    function.add_input(input_name(static_cast<size_t>(i)));
  for (int i = 0; i < call.output_size(); ++i) function.add_output(output(static_cast<size_t>(i)));
  onnx_pb::OperatorSetIdProto& opset = *function.add_opset_import();
  opset.set_version(kRuntimeFunctionOpset);
  return function;
}

const RuntimeFunction* find_runtime_function(std::string_view type) {
  for (const auto family : {runtime_float_functions(), runtime_quantized_functions()})
    for (const RuntimeFunction& candidate : family)
      if (type == candidate.type) return &candidate;
  return nullptr;
}

Result<onnx_pb::FunctionProto> runtime_function(Importing& importing, const RuntimeFunction& of,
                                                const NodeProto& call) {
  OperatorNode op(importing, call);
  for (size_t i = 0; i < of.least_inputs; ++i)
    if (!op.has(i)) return broken(C213_GraphBroken, op.type() + " without an input");
  if (op.output_count() < 1) return broken(C213_GraphBroken, op.type() + " without an output");
  Body body;
  MLE_TRY(of.write(op, body));
  MLE_TRY(op.all_attributes_known());
  return body.function(call);
}

}  // namespace mle::compiler::onnx
