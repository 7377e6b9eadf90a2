// Branches whose condition is constant, and functions of the model.
// SPDX-License-Identifier: Apache-2.0
#include "tests/onnx/support.h"

#include <doctest/doctest.h>

#include <string>
#include <tuple>
#include <vector>

using namespace mle;
using namespace mle::onnx_test;
using onnx_pb::AttributeProto;

namespace {

void add_node(google::protobuf::RepeatedPtrField<onnx_pb::NodeProto>& nodes, const char* type,
              const std::vector<std::string>& inputs, const std::string& output,
              const char* domain = "") {
  onnx_pb::NodeProto& node = *nodes.Add();
  node.set_op_type(type);
  node.set_domain(domain);
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(output);
}

// A branch of one node that reads x from outside.
void add_branch(NodeRef node, const char* name, const char* type) {
  AttributeProto& attribute = *node.proto.add_attribute();
  attribute.set_name(name);
  attribute.set_type(AttributeProto::GRAPH);
  add_node(*attribute.mutable_g()->mutable_node(), type, {"x"}, "inner");
  attribute.mutable_g()->add_output()->set_name("inner");
}

Model if_model(bool condition) {
  Model model;
  model.input("x", "N,2").output("y");
  model.initializer("c", {}, kBool).add_int32_data(condition ? 1 : 0);
  for (const char* output : {"a", "b"}) {  // the branches use the same names inside
    const NodeRef node = model.node("If", {"c"}, {output});
    add_branch(node, "then_branch", "Neg");
    add_branch(node, "else_branch", "Abs");
  }
  model.node("Add", {"a", "b"});
  return model;
}

// f(a) = LeakyRelu(a), its slope an attribute of the call.
onnx_pb::FunctionProto& add_leaky(Model& model) {
  onnx_pb::FunctionProto& function = *model.proto.add_functions();
  function.set_name("Leaky");
  function.set_domain("f");
  function.add_input("a");
  function.add_output("b");
  add_node(*function.mutable_node(), "LeakyRelu", {"a"}, "b");
  AttributeProto& reference = *function.mutable_node(0)->add_attribute();
  reference.set_name("alpha");
  reference.set_type(AttributeProto::FLOAT);
  reference.set_ref_attr_name("slope");
  return function;
}

}  // namespace

TEST_CASE("onnx: If on a constant takes one branch, which sees the names outside") {
  CHECK(near(answer(if_model(true), {1, -2}, 1), {-2, 4}));
  CHECK(near(answer(if_model(false), {1, -2}, 1), {2, 4}));
}

TEST_CASE("onnx: If on what the inputs say is refused") {
  Model model;
  model.input("x", "N,2").input("c", "N", kBool).output("y");
  const NodeRef node = model.node("If", {"c"});
  add_branch(node, "then_branch", "Neg");
  add_branch(node, "else_branch", "Abs");
  CHECK(contains(refusal(model), "C205 node 0 ('If'): If on a condition that depends"));
}

TEST_CASE("onnx: If with half its branches or outputs is refused") {
  Model half;
  half.input("x", "N,2").output("y").initializer("c", {}, kBool).add_int32_data(1);
  add_branch(half.node("If", {"c"}), "then_branch", "Neg");
  CHECK(contains(refusal(half), "C209 node 0 ('If'): If without its branches"));
  Model unknown;
  unknown.input("x", "N,2").output("y").initializer("c", {}, kBool).add_int32_data(1);
  const NodeRef node = unknown.node("If", {"c"});
  add_branch(node, "then_branch", "Frobnicate");
  add_branch(node, "else_branch", "Abs");
  CHECK(contains(refusal(unknown), "operator 'Frobnicate'"));
}

TEST_CASE("onnx: a function is called with its attributes") {
  Model model;
  add_leaky(model);
  model.input("x", "N,2").output("y");
  for (const auto& [in, out, slope] : {std::tuple("x", "z", 0.5f), std::tuple("z", "y", 0.25f)}) {
    const NodeRef call = model.node("Leaky", {in}, {out});
    call.proto.set_domain("f");
    NodeRef{call.proto}.real("slope", slope);
  }
  CHECK(near(answer(model, {4, -8}, 1), {4, -1}));
}

TEST_CASE("onnx: a function that leaves an attribute out has the operator's own value") {
  Model model;
  add_leaky(model);
  model.input("x", "N,2").output("y");
  model.node("Leaky", {"x"}).proto.set_domain("f");
  CHECK(near(answer(model, {4, -100}, 1), {4, -1}));
}

TEST_CASE("onnx: functions that call themselves end") {
  Model model;
  onnx_pb::FunctionProto& function = *model.proto.add_functions();
  function.set_name("F");
  function.set_domain("f");
  function.add_input("a");
  function.add_output("b");
  add_node(*function.mutable_node(), "F", {"a"}, "b", "f");
  model.input("x", "N,2").output("y").node("F", {"x"}).proto.set_domain("f");
  CHECK(contains(refusal(model), "C216"));
}

TEST_CASE("onnx: a problem inside a function is told with its name") {
  Model model;
  onnx_pb::FunctionProto& function = *model.proto.add_functions();
  function.set_name("F");
  function.set_domain("f");
  function.add_input("a");
  function.add_output("b");
  add_node(*function.mutable_node(), "Frobnicate", {"a"}, "b");
  model.input("x", "N,2").output("y").node("F", {"x"}).proto.set_domain("f");
  CHECK(contains(refusal(model), "C205 function 'F', node 0 ('Frobnicate')"));
}

TEST_CASE("onnx: loops are refused by name") {
  for (const char* type : {"Loop", "Scan"}) {
    Model model;
    model.input("x", "N,2").output("y").node(type, {"x"});
    CHECK(contains(refusal(model), "loops are not compiled"));
  }
}
