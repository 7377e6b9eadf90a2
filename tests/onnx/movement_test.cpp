// Operators that move elements, with rows wherever exporters put them.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/onnx.h"
#include "tests/onnx/support.h"

#include <doctest/doctest.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

using namespace mle;
using namespace mle::onnx_test;

namespace {

// x → one node → y; further inputs are vectors of integers.
Model one(const std::string& type, const std::string& shape,
          const std::vector<std::vector<int64_t>>& integers = {}, int opset = 17) {
  Model model(opset);
  model.input("x", shape).output("y");
  std::vector<std::string> inputs = {"x"};
  for (size_t i = 0; i < integers.size(); ++i) {
    inputs.push_back("i" + std::to_string(i));
    model.integers(inputs.back(), integers[i]);
  }
  model.node(type, inputs);
  return model;
}

NodeRef node_of(Model& model) { return {*model.proto.mutable_graph()->mutable_node(0)}; }

Elements numbers(size_t n) {
  Elements all(n);
  for (size_t i = 0; i < n; ++i) all[i] = static_cast<double>(i);
  return all;
}

compiler::Fact output_fact(const Model& model) {
  Problems problems;
  const auto graph = import(model, problems);
  REQUIRE(graph.has_value());
  return graph->value(graph->entries[0].outputs[0].value).fact;
}

// As with --free-batch.
std::optional<Graph> import_freely(const std::string& bytes, Problems& problems) {
  const auto source =
      compiler::SourceFile::from_bytes("test.onnx", std::as_bytes(std::span<const char>(bytes)));
  compiler::ImportOptions options;
  options.free_batch = true;
  return compiler::onnx::read(source, options, problems);
}

}  // namespace

TEST_CASE("onnx: Transpose moves the axes of every row") {
  Model model = one("Transpose", "N,2,3");
  node_of(model).integers("perm", {0, 2, 1});
  CHECK(near(answer(model, numbers(12), 2), {0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11}));
}

TEST_CASE("onnx: Expand repeats, whether its shape names the rows or not") {
  CHECK(near(answer(one("Expand", "N,2,1", {{1, 1, 3}}), {1, 2}, 1), {1, 1, 1, 2, 2, 2}));
  CHECK(near(answer(one("Expand", "N,1", {{2}}), {1, 2}, 2), {1, 1, 2, 2}));
  Model model;
  model.input("x", "N,1").integers("two", {2}).integers("zero", {0}).output("y");
  model.node("Shape", {"x"}, {"s"});
  model.node("Gather", {"s", "zero"}, {"n"});
  model.node("Concat", {"n", "two"}, {"t"}).integer("axis", 0);
  model.node("Expand", {"x", "t"});
  CHECK(near(answer(model, {1, 2}, 2), {1, 1, 2, 2}));
  CHECK(contains(refusal(one("Expand", "N,1", {{4, 2}})), "C214"));
  CHECK(contains(refusal(one("Expand", "N,3", {{2}})), "C208"));
}

TEST_CASE("onnx: Tile repeats blocks, never rows") {
  CHECK(near(answer(one("Tile", "N,2", {{1, 2}}), {1, 2, 3, 4}, 2), {1, 2, 1, 2, 3, 4, 3, 4}));
  CHECK(contains(refusal(one("Tile", "N,2", {{2, 1}})), "C214"));
  CHECK(contains(refusal(one("Tile", "N,2", {{1, 1 << 25}})), "C216"));
}

TEST_CASE("onnx: Pad fills, repeats, mirrors and continues") {
  const auto pad = [](const char* mode, std::vector<int64_t> pads) {
    Model model = one("Pad", "N,3", {pads}, 19);
    node_of(model).text("mode", mode);
    return model;
  };
  CHECK(near(answer(pad("constant", {0, 1, 0, 2}), {1, 2, 3}, 1), {0, 1, 2, 3, 0, 0}));
  CHECK(near(answer(pad("edge", {0, 1, 0, 2}), {1, 2, 3}, 1), {1, 1, 2, 3, 3, 3}));
  CHECK(near(answer(pad("reflect", {0, 2, 0, 1}), {1, 2, 3}, 1), {3, 2, 1, 2, 3, 2}));
  CHECK(near(answer(pad("wrap", {0, 1, 0, 2}), {1, 2, 3}, 1), {3, 1, 2, 3, 1, 2}));
  CHECK(near(answer(pad("constant", {0, -1, 0, 1}), {1, 2, 3}, 1), {2, 3, 0}));
  CHECK(near(answer(pad("wrap", {0, -1, 0, 2}), {1, 2, 3}, 1), {2, 3, 2, 3}));
  CHECK(contains(refusal(pad("wrap", {0, -2, 0, -1})), "C208"));
  CHECK(contains(refusal(pad("constant", {1, 0, 0, 0})), "C214"));
  CHECK(contains(refusal(pad("constant", {0, -2, 0, -1})), "C208"));
  CHECK(contains(refusal(pad("mirror", {0, 1, 0, 1})), "C209"));
}

TEST_CASE("onnx: Slice goes backwards, too") {
  const auto slice = [](int64_t start, int64_t end, int64_t step) {
    return one("Slice", "N,5", {{start}, {end}, {1}, {step}});
  };
  CHECK(near(answer(slice(-1, -99, -1), numbers(5), 1), {4, 3, 2, 1, 0}));
  CHECK(near(answer(slice(3, 0, -2), numbers(5), 1), {3, 1}));
  CHECK(near(answer(slice(99, 1, -1), numbers(5), 1), {4, 3, 2}));
  CHECK(contains(refusal(slice(0, 5, 0)), "C209"));
  CHECK(contains(refusal(slice(0, 5, -1)), "C208"));
}

TEST_CASE("onnx: embedding tables are looked up by the ids of each row") {
  Model model;
  model.input("ids", "N,2", kI64).weights("table", {3, 2}, {0, 1, 10, 11, 20, 21}).output("y");
  model.node("Gather", {"table", "ids"});
  CHECK(near(answer(model, {2, 0, -1, 1}, 2), {20, 21, 0, 1, 20, 21, 10, 11}));
}

TEST_CASE("onnx: Gather by indices of each row from rows is refused, GatherElements is not") {
  Model pairs;
  pairs.input("x", "N,3").input("ids", "N,2", kI64).output("y");
  pairs.node("Gather", {"x", "ids"}).integer("axis", 1);
  CHECK(contains(refusal(pairs), "C214"));
  Model each;
  each.input("x", "N,3").input("ids", "N,2", kI64).output("y");
  each.node("GatherElements", {"x", "ids"}).integer("axis", 1);
  CHECK(near(answers(each, {{1, 2, 3, 4, 5, 6}, {2, 0, 1, 1}}, 2).at(0), {3, 1, 5, 5}));
}

TEST_CASE("onnx: GatherND picks in each row where batch_dims is 1, from a table where it is 0") {
  Model each;
  each.input("x", "N,3").input("i", "N,2,1", kI64).output("y");
  each.node("GatherND", {"x", "i"}).integer("batch_dims", 1);
  CHECK(near(answers(each, {{1, 2, 3, 4, 5, 6}, {2, 0, -1, 1}}, 2).at(0), {3, 1, 6, 5}));
  Model table;
  table.input("i", "N,1", kI64).weights("t", {3, 2}, {0, 1, 10, 11, 20, 21}).output("y");
  table.node("GatherND", {"t", "i"});
  CHECK(near(answers(table, {{2, 0}}, 2).at(0), {20, 21, 0, 1}));
  Model batch;
  batch.input("x", "N,2,3").initializer("i", {1, 1}, kI64).add_int64_data(0);
  batch.output("y").node("GatherND", {"x", "i"});
  CHECK(contains(refusal(batch), "C214"));
  Model last;
  last.input("i", "N,1", kI64).weights("t", {3, 2}, {0, 1, 10, 11, 20, 21}).output("y");
  last.node("Transpose", {"i"}, {"a"}).integers("perm", {1, 0});
  last.node("GatherND", {"t", "a"});
  CHECK(contains(refusal(last), "C214 node 1 ('GatherND')"));
}

TEST_CASE("onnx: the batch axis may move and come back") {
  Model model;
  model.input("x", "N,2,3").initializer("i", {2, 1}, kI64).add_int64_data(2);
  model.proto.mutable_graph()->mutable_initializer(0)->add_int64_data(0);
  model.output("y").weights("k", {2, 1, 2}, {1, 2, 3, 4});
  model.node("Transpose", {"x"}, {"a"}).integers("perm", {2, 0, 1});
  model.node("GatherND", {"a", "i"}, {"b"});
  model.node("Add", {"b", "k"}, {"c"});
  model.node("Transpose", {"c"}).integers("perm", {1, 2, 0});
  CHECK(near(answer(model, {0, 1, 2, 3, 4, 5}, 1), {3, 3, 7, 7}));
}

TEST_CASE("onnx: an output whose batch axis is elsewhere is refused") {
  Model model = one("Transpose", "N,2,3");
  node_of(model).integers("perm", {1, 0, 2});
  CHECK(contains(refusal(model), "C214 output 'y': has its batch axis not in the first place"));
}

TEST_CASE("onnx: rows merged with another axis pass a layer and come apart again") {
  Model model;
  model.input("x", "N,2,2").integers("flat", {-1, 2}).integers("apart", {-1, 2, 1}).output("y");
  model.weights("w", {2, 1}, {1, 10});
  model.node("Reshape", {"x", "flat"}, {"a"});
  model.node("Gemm", {"a", "w"}, {"b"});
  model.node("Relu", {"b"}, {"c"});
  model.node("Reshape", {"c", "apart"});
  CHECK(output_fact(model).dims == compiler::Dims{2, 1});
  CHECK(near(answer(model, {1, 2, 3, 4}, 1), {21, 43}));
  Model mixing;
  mixing.input("x", "N,2,2").integers("flat", {-1, 2}).output("y");
  mixing.node("Reshape", {"x", "flat"}, {"a"});
  mixing.node("CumSum", {"a", "axis"});
  mixing.initializer("axis", {}, kI64).add_int64_data(1);
  CHECK(contains(refusal(mixing), "C214 node 1 ('CumSum'): CumSum of rows that were merged"));
}

TEST_CASE("onnx: the whole batch as one line is taken apart to rows again") {
  Model model;
  model.input("x", "N,2").output("y");
  model.node("Shape", {"x"}, {"shape"});
  model.node("Flatten", {"x"}, {"line"}).integer("axis", 0);
  model.node("Neg", {"line"}, {"turned"});
  model.node("Flatten", {"turned"}, {"still"});
  model.node("Less", {"still", "line"}, {"less"});
  model.node("Not", {"less"}, {"more"});
  model.node("Where", {"more", "still", "line"}, {"larger"});
  model.node("Reshape", {"larger", "shape"});
  CHECK(near(answer(model, {1, -2, -3, 4}, 2), {1, 2, 3, 4}));
  CHECK(output_fact(model).dims == compiler::Dims{2});
}

TEST_CASE("onnx: rows joined one set behind the other come apart as columns") {
  Model model;
  model.input("x", "N,1").integers("apart", {2, -1}).output("y");
  model.node("Neg", {"x"}, {"minus"});
  model.node("Concat", {"x", "minus"}, {"joined"}).integer("axis", 0);
  model.node("Reshape", {"joined", "apart"}, {"sets"});
  model.node("Transpose", {"sets"});
  CHECK(near(answer(model, {1, 2, 3}, 3), {1, -1, 2, -2, 3, -3}));

  Model whole;
  whole.input("x", "N,1").output("y");
  whole.node("Concat", {"x", "x"}).integer("axis", -2);
  CHECK(contains(refusal(whole), "C214 output 'y'"));
  Model meets;
  meets.input("x", "N,1").output("y");
  meets.node("Concat", {"x", "x"}, {"joined"}).integer("axis", 0);
  meets.node("Relu", {"joined"});
  CHECK(contains(refusal(meets), "C214 node 1 ('Relu')"));
}

TEST_CASE("onnx: the mean over estimators that stand ahead of the rows is one per row") {
  Model model;
  model.input("x", "N,1").integers("ahead", {1, -1, 1}).integers("zero", {0}).output("y");
  model.node("Neg", {"x"}, {"minus"});
  model.node("Reshape", {"x", "ahead"}, {"a"});
  model.node("Reshape", {"minus", "ahead"}, {"b"});
  model.node("Concat", {"a", "b", "a"}, {"all"}).integer("axis", 0);
  model.node("ReduceSum", {"all", "zero"}).integer("keepdims", 0);
  CHECK(output_fact(model).dims == compiler::Dims{1});
  CHECK(near(answer(model, {5, -7}, 2), {5, -7}));
}

TEST_CASE("onnx: constants of as many rows as there are stand beside every row") {
  Model model;
  model.input("x", "N,2").integers("zero", {0}).integers("one", {1}).output("y");
  model.node("Shape", {"x"}, {"s"});
  model.node("Gather", {"s", "zero"}, {"n"});
  model.node("Concat", {"n", "one"}, {"t"}).integer("axis", 0);
  auto& value = model.node("ConstantOfShape", {"t"}, {"k"}).tensor("value");
  value.set_data_type(kF32);
  value.add_dims(1);
  value.add_float_data(7);
  model.node("Concat", {"k", "x"}).integer("axis", 1);
  CHECK(near(answer(model, {1, 2, 3, 4}, 2), {7, 1, 2, 7, 3, 4}));
}

TEST_CASE("onnx: arithmetic with the number of rows is followed where it holds for all numbers") {
  const auto model = [](const char* op, int64_t by, int64_t open) {
    Model made;
    made.input("x", "N,4").integers("zero", {0}).integers("by", {by}).integers("r", {open});
    made.output("y");
    made.node("Shape", {"x"}, {"s"});
    made.node("Gather", {"s", "zero"}, {"n"});
    made.node(op, {"n", "by"}, {"m"});
    made.node("Concat", {"m", "r"}, {"t"}).integer("axis", 0);
    made.node("Reshape", {"x", "t"}, {"a"});
    made.node("Reshape", {"a", "back"});
    made.integers("back", {-1, 4});
    return made;
  };
  CHECK(output_fact(model("Mul", 2, 2)).dims == compiler::Dims{4});
  CHECK(output_fact(model("Max", 1, 4)).dims == compiler::Dims{4});
  CHECK(contains(refusal(model("Add", 1, 4)), "C214"));
  CHECK(contains(refusal(model("Max", 3, 4)), "C214 node 2 ('Max'): Max computes with the number"));
  CHECK(contains(refusal(model("Div", 2, 8)), "C214"));
}

TEST_CASE("onnx: rows in a place of a shape where they are not is refused as what it is") {
  Model model;
  model.input("x", "N,3").output("y").integers("three", {3}).integers("zero", {0});
  model.node("Shape", {"x"}, {"s"});
  model.node("Gather", {"s", "zero"}, {"n"});
  model.node("Concat", {"three", "n"}, {"t"}).integer("axis", 0);
  model.node("Reshape", {"x", "t"});
  CHECK(
      contains(refusal(model), "C214 node 3 ('Reshape'): Reshape moves or splits the batch axis"));
}

TEST_CASE("onnx: a batch size baked into a Reshape is taken for the rows where nothing else fits") {
  Model model = one("Reshape", "N,2,3", {{1, 6}});
  Problems problems;
  const auto graph = import(model, problems);
  REQUIRE(graph.has_value());
  REQUIRE(graph->notes.size() == 1);
  CHECK(contains(graph->notes[0], "node 'Reshape': takes the batch size 1"));
  CHECK(near(answer(model, numbers(12), 2), numbers(12)));
  CHECK(contains(refusal(one("Reshape", "N,2,3", {{1, -1}})), "--free-batch"));
}

TEST_CASE("onnx: --free-batch makes a model of a fixed batch take any number of rows") {
  Model model;
  model.input("x", "4,2,3").integers("t", {4, -1}).output("y");
  model.node("Reshape", {"x", "t"});
  Problems problems;
  const std::string bytes = model.bytes();
  const auto graph = import_freely(bytes, problems);
  REQUIRE(graph.has_value());
  const compiler::Fact fact = graph->value(graph->entries[0].outputs[0].value).fact;
  CHECK(fact == compiler::Fact{DType::F32, compiler::Rows::PerRow, {6}});
  CHECK(output_fact(model) == compiler::Fact{DType::F32, compiler::Rows::Whole, {4, 6}});
}

TEST_CASE("onnx: a model for a batch of one is told about --free-batch") {
  Problems problems;
  const auto one_row = import(one("Relu", "1,3"), problems);
  REQUIRE(one_row.has_value());
  REQUIRE(one_row->notes.size() == 1);
  CHECK(contains(one_row->notes[0], "--free-batch"));
  const auto two_rows = import(one("Relu", "2,3"), problems);
  REQUIRE(two_rows.has_value());
  CHECK(two_rows->notes.empty());
}

TEST_CASE("onnx: OneHot counts from the end and knows nothing beyond") {
  Model model;
  model.input("x", "N,2", kI64).integers("depth", {3}).weights("v", {2}, {0, 1}).output("y");
  model.node("OneHot", {"x", "depth", "v"});
  CHECK(near(answer(model, {0, -1, 3, -4}, 2), {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}));
}

TEST_CASE("onnx: Range, EyeLike, NonZero and Trilu are computed") {
  Model model;
  model.input("x", "N,2").weights("m", {2, 2}, {0, 5, 0, 6}).output("y");
  model.number("a", 1).number("b", 3).number("c", 1);
  model.node("Range", {"a", "b", "c"}, {"r"});  // 1 2
  model.node("EyeLike", {"m"}, {"e"});          // 1 0 0 1
  model.node("NonZero", {"m"}, {"z"});          // 0 1 / 1 1
  model.node("Cast", {"z"}, {"zf"}).integer("to", kF32);
  model.node("Trilu", {"zf"}, {"t"}).integer("upper", 0);  // 0 0 / 1 1
  model.node("Add", {"e", "t"}, {"w"});                    // 1 0 / 1 2
  model.node("Mul", {"x", "r"}, {"xr"});
  model.node("MatMul", {"xr", "w"});
  CHECK(near(answer(model, {1, 1}, 1), {3, 4}));
}
