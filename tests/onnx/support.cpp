// SPDX-License-Identifier: Apache-2.0
#include "tests/onnx/support.h"

#include "compiler/graph/check.h"
#include "compiler/import/onnx/onnx.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <sstream>

namespace mle::onnx_test {

using onnx_pb::AttributeProto;

namespace {

AttributeProto& add(onnx_pb::NodeProto& node, const std::string& name,
                    AttributeProto::AttributeType type) {
  AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

std::string text_of(const Problems& problems) {
  std::string text;
  for (const compiler::Problem& problem : problems.kept())
    text += "C" + std::to_string(problem.rule) + " " + problem.where + ": " + problem.what + " [" +
            problem.hint + "]\n";
  return text;
}

}  // namespace

NodeRef& NodeRef::real(const std::string& name, float value) {
  add(proto, name, AttributeProto::FLOAT).set_f(value);
  return *this;
}
NodeRef& NodeRef::integer(const std::string& name, int64_t value) {
  add(proto, name, AttributeProto::INT).set_i(value);
  return *this;
}
NodeRef& NodeRef::integers(const std::string& name, const std::vector<int64_t>& values) {
  AttributeProto& attribute = add(proto, name, AttributeProto::INTS);
  for (const int64_t value : values) attribute.add_ints(value);
  return *this;
}
NodeRef& NodeRef::reals(const std::string& name, const std::vector<float>& values) {
  onnx_pb::AttributeProto& attribute = *proto.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx_pb::AttributeProto::FLOATS);
  for (const float value : values) attribute.add_floats(value);
  return *this;
}

NodeRef& NodeRef::texts(const std::string& name, const std::vector<std::string>& values) {
  onnx_pb::AttributeProto& attribute = *proto.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx_pb::AttributeProto::STRINGS);
  for (const std::string& value : values) attribute.add_strings(value);
  return *this;
}

NodeRef& NodeRef::text(const std::string& name, const std::string& value) {
  add(proto, name, AttributeProto::STRING).set_s(value);
  return *this;
}
onnx_pb::TensorProto& NodeRef::tensor(const std::string& name) {
  return *add(proto, name, AttributeProto::TENSOR).mutable_t();
}

Model::Model(int opset) {
  proto.set_ir_version(8);
  proto.add_opset_import()->set_version(opset);
  proto.mutable_graph()->set_name("g");
}

Model& Model::input(const std::string& name, const std::string& shape, Type type) {
  onnx_pb::ValueInfoProto& info = *proto.mutable_graph()->add_input();
  info.set_name(name);
  auto& tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  tensor.mutable_shape();
  std::istringstream axes(shape);
  for (std::string axis; std::getline(axes, axis, ',');) {
    auto& dim = *tensor.mutable_shape()->add_dim();
    if (axis.find_first_not_of("-0123456789") == std::string::npos)
      dim.set_dim_value(std::stoll(axis));
    else if (axis != "?")
      dim.set_dim_param(axis);
  }
  return *this;
}

Model& Model::output(const std::string& name) {
  proto.mutable_graph()->add_output()->set_name(name);
  return *this;
}

onnx_pb::TensorProto& Model::initializer(const std::string& name, const std::vector<int64_t>& dims,
                                         int32_t type) {
  onnx_pb::TensorProto& tensor = *proto.mutable_graph()->add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(type);
  for (const int64_t dim : dims) tensor.add_dims(dim);
  return tensor;
}

Model& Model::weights(const std::string& name, const std::vector<int64_t>& dims,
                      const std::vector<float>& values) {
  onnx_pb::TensorProto& tensor = initializer(name, dims, kF32);
  for (const float value : values) tensor.add_float_data(value);
  return *this;
}

Model& Model::integers(const std::string& name, const std::vector<int64_t>& values) {
  onnx_pb::TensorProto& tensor = initializer(name, {static_cast<int64_t>(values.size())}, kI64);
  for (const int64_t value : values) tensor.add_int64_data(value);
  return *this;
}

Model& Model::number(const std::string& name, float value) { return weights(name, {}, {value}); }

NodeRef Model::node(const std::string& type, const std::vector<std::string>& inputs,
                    const std::vector<std::string>& outputs) {
  onnx_pb::NodeProto& node = *proto.mutable_graph()->add_node();
  node.set_op_type(type);
  for (const std::string& input : inputs) node.add_input(input);
  for (const std::string& output : outputs) node.add_output(output);
  return {node};
}

std::optional<Graph> import_bytes(const std::string& bytes, Problems& problems,
                                  const std::string& folder) {
  auto source =
      compiler::SourceFile::from_bytes("test.onnx", std::as_bytes(std::span<const char>(bytes)));
  source.folder = folder;
  return compiler::onnx::read(source, {}, problems);
}

std::optional<Graph> import(const Model& model, Problems& problems, const Shapes& shapes) {
  const std::string bytes = model.bytes();
  const auto source =
      compiler::SourceFile::from_bytes("test.onnx", std::as_bytes(std::span<const char>(bytes)));
  compiler::ImportOptions options{shapes, {}, model.quantize_by_row};
  options.dequantized_exactly = model.dequantized_exactly;
  auto graph = compiler::onnx::read(source, options, problems);
  if (graph) {
    const Status status = compiler::check(*graph);
    CHECK_MESSAGE(status.ok(), status.message());
  }
  return graph;
}

std::vector<Elements> answers(const Model& model, const std::vector<Elements>& inputs,
                              size_t rows) {
  Problems problems;
  const auto graph = import(model, problems);
  REQUIRE_MESSAGE(graph.has_value(), text_of(problems));
  auto outputs = compiler::evaluate_outputs(*graph, inputs, rows);
  REQUIRE_MESSAGE(outputs.has_value(), outputs.error().message());
  return *std::move(outputs);
}

Elements answer(const Model& model, const Elements& input, size_t rows) {
  return answers(model, {input}, rows).at(0);
}

std::string refusal(const Model& model, const Shapes& shapes) {
  Problems problems;
  CHECK_FALSE(import(model, problems, shapes).has_value());
  CHECK_FALSE(problems.empty());
  return text_of(problems);
}

std::string refusal_of_bytes(const std::string& bytes, const std::string& folder) {
  Problems problems;
  CHECK_FALSE(import_bytes(bytes, problems, folder).has_value());
  CHECK_FALSE(problems.empty());
  return text_of(problems);
}

bool near(const Elements& got, const Elements& wanted) {
  const bool all = got.size() == wanted.size() &&
                   std::equal(got.begin(), got.end(), wanted.begin(), [](double a, double b) {
                     return (std::isnan(a) && std::isnan(b)) || a == b ||
                            std::abs(a - b) <= 1e-6 * std::max({1.0, std::abs(a), std::abs(b)});
                   });
  if (!all) {
    std::string text = "got";
    for (const double x : got) text += " " + std::to_string(x);
    text += ", wanted";
    for (const double x : wanted) text += " " + std::to_string(x);
    MESSAGE(text);
  }
  return all;
}

bool contains(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return true;
  MESSAGE("no '" << part << "' in: " << text);
  return false;
}

}  // namespace mle::onnx_test
