// SPDX-License-Identifier: Apache-2.0
#include "tests/onnx/support.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>

using namespace mle;
using namespace mle::onnx_test;

TEST_CASE("onnx: the entry has the graph's name, its ports those of the graph") {
  Model model;
  model.proto.mutable_graph()->set_name("main_graph");
  model.proto.set_producer_name("pytorch");
  model.proto.set_producer_version("2.0");
  model.input("a", "N,1").input("b", "N,1").output("sum").output("product");
  model.node("Mul", {"a", "b"}, {"product"});
  model.node("Add", {"a", "b"}, {"sum"});
  Problems problems;
  const auto graph = import(model, problems);
  REQUIRE(graph.has_value());
  const compiler::GraphEntry& entry = graph->entries.at(0);
  CHECK(entry.name == "main_graph");
  CHECK(entry.inputs.at(0).name == "a");
  CHECK(entry.inputs.at(1).name == "b");
  CHECK(entry.outputs.at(0).name == "sum");
  CHECK(entry.outputs.at(1).name == "product");
  CHECK(graph->origin.format == "onnx");
  CHECK(graph->origin.file_name == "test.onnx");
  CHECK(graph->origin.framework == "pytorch");
  CHECK(graph->origin.framework_version == "2.0");
}

TEST_CASE("onnx: a graph without a name gives an entry called predict") {
  Model model;
  model.proto.mutable_graph()->clear_name();
  model.input("x", "N,1").output("y");
  model.node("Relu", {"x"});
  Problems problems;
  const auto graph = import(model, problems);
  REQUIRE(graph.has_value());
  CHECK(graph->entries.at(0).name == "predict");
}

TEST_CASE("onnx: all problems of a model are told in one go") {
  Model model;
  model.input("x", "N,3").input("free", "N,K").output("y").output("z").output("nowhere");
  model.weights("w", {3, 1}, {1, 2, HUGE_VALF});
  model.node("LSTM", {"x", "w"}, {"c"}).proto.set_name("first");
  model.node("Relu", {"c"}, {"r"});
  model.node("Frobnicate", {"r"}, {"y"}).proto.set_name("second");
  model.node("MatMul", {"x", "w"}, {"z"}).proto.set_name("third");
  const std::string text = refusal(model);
  CHECK(contains(text, "C210 input 'free'"));
  CHECK(contains(text, "C205 node 'first': operator 'LSTM'"));
  CHECK(contains(text, "C205 node 'second': operator 'Frobnicate'"));
  CHECK(contains(text, "C212 node 'third': constant 'w'"));
  CHECK(contains(text, "C215 output 'nowhere'"));
  CHECK(text.find("'Relu'") == std::string::npos);  // it only follows from the first
}

TEST_CASE("onnx: nodes nobody needs are not even looked at") {
  Model model;
  model.input("x", "N,1").output("y");
  model.node("Frobnicate", {"x"}, {"dead"});
  model.node("Relu", {"x"});
  CHECK(near(answer(model, Elements{-1}, 1), {0}));
}

TEST_CASE("onnx: nodes may stand in any order") {
  Model model;
  model.input("x", "N,1").number("c", 3).output("y");
  model.node("Neg", {"b"}, {"y"});
  model.node("Relu", {"a"}, {"b"});
  model.node("Add", {"x", "c"}, {"a"});
  CHECK(near(answer(model, Elements{-1, -9}, 2), {-2, 0}));
}

TEST_CASE("onnx: cycles, missing values and values defined twice are refused") {
  Model cycle;
  cycle.input("x", "N,1").output("y");
  cycle.node("Add", {"x", "b"}, {"a"});
  cycle.node("Relu", {"a"}, {"b"});
  cycle.node("Relu", {"b"}, {"y"});
  CHECK(contains(refusal(cycle), "C213"));

  Model self;
  self.input("x", "N,1").output("y");
  self.node("Add", {"x", "y"});
  CHECK(contains(refusal(self), "C213"));

  Model missing;
  missing.input("x", "N,1").output("y");
  missing.node("Add", {"x", "nothing"});
  CHECK(contains(refusal(missing), "input 'nothing' is defined by no other"));

  Model twice;
  twice.input("x", "N,1").output("y");
  twice.node("Relu", {"x"});
  twice.node("Tanh", {"x"});
  CHECK(contains(refusal(twice), "computed twice"));

  Model shadow;
  shadow.input("x", "N,1").output("y");
  shadow.node("Relu", {"x"}, {"x"});
  shadow.node("Relu", {"x"}, {"y"});
  CHECK(contains(refusal(shadow), "defined twice"));

  Model inputs;
  inputs.input("x", "N,1").input("x", "N,1").output("y");
  inputs.node("Relu", {"x"});
  CHECK(contains(refusal(inputs), "C213 input 'x'"));
}

TEST_CASE("onnx: an output that is an input, or another output, gets a value of its own") {
  Model model;
  model.input("x", "N,2").output("same").output("a").output("b");
  model.node("Identity", {"x"}, {"same"});
  model.node("Relu", {"x"}, {"a"});
  model.node("Identity", {"a"}, {"b"});
  const auto all = answers(model, {{-1, 2}}, 1);
  CHECK(near(all[0], {-1, 2}));
  CHECK(near(all[1], {0, 2}));
  CHECK(near(all[2], {0, 2}));
}

TEST_CASE("onnx: models without inputs, outputs, graph or nodes are refused") {
  Model none;
  none.output("y");
  none.node("Constant", {}).real("value_float", 1);
  CHECK(contains(refusal(none), "C213 : the model has no inputs"));

  Model no_outputs;
  no_outputs.input("x", "N,1");
  no_outputs.node("Relu", {"x"});
  CHECK(contains(refusal(no_outputs), "C215"));

  Model constant;
  constant.input("x", "N,1").output("y");
  constant.node("Constant", {}).real("value_float", 1);
  CHECK(contains(refusal(constant), "C215 output 'y': does not depend"));

  Model no_graph;
  no_graph.proto.clear_graph();
  CHECK(contains(refusal(no_graph), "C204"));

  Model empty;
  empty.input("x", "N,1").output("y");
  CHECK(contains(refusal(empty), "C215 output 'y'"));
}

TEST_CASE("onnx: wrong numbers of inputs and outputs are refused") {
  Model many;
  many.input("x", "N,1").output("y");
  many.node("Relu", {"x", "x"});
  CHECK(contains(refusal(many), "Relu with 2 inputs"));

  Model few;
  few.input("x", "N,1").output("y");
  few.node("MatMul", {});
  CHECK(contains(refusal(few), "MatMul with 0 inputs"));

  Model absent;
  absent.input("x", "N,1").output("y");
  absent.node("Add", {"", "x"});
  CHECK(contains(refusal(absent), "Add without an input"));

  for (const char* type : {"Sum", "Concat"}) {
    Model gap;
    gap.input("x", "N,1").output("y");
    gap.node(type, {"x", "", "x"});
    CHECK(contains(refusal(gap), "without an input"));
  }

  Model outputs;
  outputs.input("x", "N,1").output("y");
  outputs.node("Relu", {"x"}, {"y", "z"});
  CHECK(contains(refusal(outputs), "Relu with 2 outputs"));
}

TEST_CASE("onnx: attributes of the wrong type, unknown or doubled are refused by name") {
  Model wrong;
  wrong.input("x", "N,1").weights("w", {1, 1}, {1}).output("y");
  wrong.node("Gemm", {"x", "w"}).text("transB", "yes");
  CHECK(contains(refusal(wrong), "attribute 'transB' has the wrong type"));

  Model unknown;
  unknown.input("x", "N,1").output("y");
  unknown.node("Relu", {"x"}).integer("slope", 1);
  CHECK(contains(refusal(unknown), "attribute 'slope' is none of this operator"));

  Model doubled;
  doubled.input("x", "N,1").output("y");
  doubled.node("Elu", {"x"}).real("alpha", 1).real("alpha", 2);
  CHECK(contains(refusal(doubled), "stands there twice"));

  Model infinite;
  infinite.input("x", "N,1").output("y");
  infinite.node("Elu", {"x"}).real("alpha", HUGE_VALF);
  CHECK(contains(refusal(infinite), "C212"));
}

TEST_CASE("onnx: what is out of scope is refused by name with a reason") {
  const auto text = [](const std::string& type, const std::string& domain) {
    Model model;
    model.input("x", "N,1").output("y");
    model.node(type, {"x"}).proto.set_domain(domain);
    return refusal(model);
  };
  CHECK(contains(text("Loop", ""), "'Loop': loops are not compiled"));
  CHECK(contains(text("QLinearConv", ""), "quantised convolutions are not compiled"));
  CHECK(contains(text("Erfc", ""), "it is no ONNX operator"));
  CHECK(contains(text("Scaler", "com.microsoft"), "of domain 'com.microsoft' is not read"));
}

TEST_CASE("onnx: inputs that are no tensors of numbers are refused by name") {
  Model sequence;
  sequence.input("x", "N,1").output("y");
  sequence.node("Identity", {"x"});
  sequence.proto.mutable_graph()->mutable_input(0)->mutable_type()->clear_tensor_type();
  CHECK(contains(refusal(sequence), "C207 input 'x': is no tensor"));
  Model shapeless;
  shapeless.input("x", "N,1").output("y");
  shapeless.node("Relu", {"x"});
  shapeless.proto.mutable_graph()
      ->mutable_input(0)
      ->mutable_type()
      ->mutable_tensor_type()
      ->clear_shape();
  CHECK(contains(refusal(shapeless), "C210 input 'x': has no shape"));
}

TEST_CASE("onnx: integers reach the network through Cast, and are computed with") {
  Model cast;
  cast.input("x", "N,1", kI64).weights("w", {1, 1}, {2}).output("y");
  cast.node("Cast", {"x"}, {"f"}).integer("to", kF32);
  cast.node("MatMul", {"f", "w"});
  CHECK(near(answer(cast, Elements{21}, 1), {42}));

  Model sum;
  sum.input("x", "N,1", kI64).output("y");
  sum.node("Add", {"x", "x"});
  CHECK(near(answer(sum, Elements{21}, 1), {42}));
}

TEST_CASE("onnx: names in messages are cut and printable") {
  Model model;
  model.input("x", "N,1").output("y");
  model.node("Evil\n\x1b[31m" + std::string(1000, 'a'), {"x"});
  const std::string text = refusal(model);
  CHECK(contains(text, "'Evil??[31maaa"));
  CHECK(text.size() < 1000);
}

TEST_CASE("onnx: twenty thousand nodes in a chain are read in a moment") {
  Model model;
  model.input("v0", "N,1").output("v20000");
  for (int i = 0; i < 20000; ++i)
    model.node(i % 2 == 0 ? "Relu" : "Neg", {"v" + std::to_string(i)},
               {"v" + std::to_string(i + 1)});
  const auto begin = std::chrono::steady_clock::now();
  Problems problems;
  CHECK(import(model, problems).has_value());
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}
