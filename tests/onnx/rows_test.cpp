// SPDX-License-Identifier: Apache-2.0
#include "tests/onnx/support.h"

#include <doctest/doctest.h>

using namespace mle;
using namespace mle::onnx_test;

namespace {

Model reshape(const std::string& shape, const std::vector<int64_t>& target,
              int64_t allow_zero = 0) {
  Model model;
  model.input("x", shape).integers("t", target).output("y");
  model.node("Reshape", {"x", "t"}).integer("allowzero", allow_zero);
  return model;
}

compiler::Fact output_fact(const Model& model, const Shapes& shapes = {}) {
  Problems problems;
  const auto graph = import(model, problems, shapes);
  REQUIRE(graph.has_value());
  return graph->value(graph->entries[0].outputs[0].value).fact;
}

compiler::Fact per_row(compiler::Dims dims) {
  return {DType::F32, compiler::Rows::PerRow, std::move(dims)};
}
compiler::Fact whole(compiler::Dims dims) {
  return {DType::F32, compiler::Rows::Whole, std::move(dims)};
}

Model relu(const std::string& shape) {
  Model model;
  model.input("x", shape).output("y");
  model.node("Relu", {"x"});
  return model;
}

}  // namespace

TEST_CASE("onnx: a free first axis makes a model row-wise, a fixed one makes it whole") {
  CHECK(output_fact(relu("N,3")) == per_row({3}));
  CHECK(output_fact(relu("?,3")) == per_row({3}));
  CHECK(output_fact(relu("N")) == per_row({}));
  CHECK(output_fact(relu("8,3")) == whole({8, 3}));
  CHECK(output_fact(relu("1,3")) == whole({1, 3}));
  CHECK(output_fact(relu("3")) == whole({3}));
  CHECK(output_fact(relu("")) == whole({}));
}

TEST_CASE("onnx: --shape fixes a free axis by its name or its place") {
  CHECK(output_fact(relu("N,3"), {{"N", 5}}) == whole({5, 3}));
  CHECK(output_fact(relu("N,K"), {{"K", 5}}) == per_row({5}));
  CHECK(output_fact(relu("?,?"), {{"x.1", 5}}) == per_row({5}));
  CHECK(output_fact(relu("?,?"), {{"x.1", 5}, {"x.0", 2}}) == whole({2, 5}));
  CHECK(contains(refusal(relu("N,3"), {{"M", 5}}), "C220 --shape 'M'"));
  CHECK(contains(refusal(relu("N,3"), {{"N", 0}}), "C220"));
}

TEST_CASE("onnx: a free axis that is not the first is refused with the way out") {
  const std::string text = refusal(relu("N,K"));
  CHECK(contains(text, "C210 input 'x': axis 1 ('K') is free"));
  CHECK(contains(text, "--shape K=N"));
  CHECK(contains(refusal(relu("3,?")), "--shape x.1=N"));
}

TEST_CASE("onnx: axes of no or negative length are refused") {
  CHECK(contains(refusal(relu("N,0")), "C208 input 'x'"));
  CHECK(contains(refusal(relu("-1,3")), "C208 input 'x'"));
  CHECK(contains(refusal(relu("0")), "C208 input 'x'"));
}

TEST_CASE("onnx: inputs with and without rows in one model are refused") {
  Model model;
  model.input("a", "N,3").input("b", "1,3").output("y");
  model.node("Add", {"a", "b"});
  CHECK(contains(refusal(model), "C214 input 'b'"));
}

TEST_CASE("onnx: Reshape keeps the rows first in every spelling") {
  CHECK(output_fact(reshape("N,2,6", {-1, 12})) == per_row({12}));
  CHECK(output_fact(reshape("N,2,6", {0, -1})) == per_row({12}));
  CHECK(output_fact(reshape("N,2,6", {0, 12})) == per_row({12}));
  CHECK(output_fact(reshape("N,12", {-1, 3, 4})) == per_row({3, 4}));
  CHECK(output_fact(reshape("N,12", {0, 3, -1})) == per_row({3, 4}));
  CHECK(output_fact(reshape("N,2,6", {0, 0, 3, 2})) == per_row({2, 3, 2}));
  CHECK(output_fact(reshape("N,1", {-1})) == per_row({}));
  CHECK(output_fact(reshape("N", {-1, 1})) == per_row({1}));
}

TEST_CASE("onnx: several rows of the source at an output are the first axis of one row") {
  for (const auto& [target, dims] :
       {std::pair{std::vector<int64_t>{-1, 1}, compiler::Dims{6, 1}},
        std::pair{std::vector<int64_t>{-1}, compiler::Dims{6}},
        std::pair{std::vector<int64_t>{-1, 3}, compiler::Dims{2, 3}}}) {
    Problems problems;
    const auto graph = import(reshape("N,2,3", target), problems);
    REQUIRE(graph.has_value());
    const compiler::GraphPort& port = graph->entries[0].outputs[0];
    CHECK(graph->value(port.value).fact == per_row(dims));
    CHECK(port.source_rows == dims[0]);
    REQUIRE(graph->notes.size() == 1);
    CHECK(contains(graph->notes[0], "rows of the source"));
  }
}

TEST_CASE("onnx: Reshape with a baked batch size is refused with the way out") {
  const std::string text = refusal(reshape("N,2,6", {1, -1}));
  CHECK(contains(text, "C214 node 0 ('Reshape'): Reshape to a fixed number of rows (1)"));
  CHECK(contains(text, "change the first entry of the shape to -1"));
}

TEST_CASE("onnx: a Reshape that moves rows or elements is refused") {
  CHECK(contains(refusal(reshape("N,12", {-1, 5})), "C208"));
  CHECK(contains(refusal(reshape("N,12", {-1, 24})), "C208"));
  CHECK(contains(refusal(reshape("N,12", {12, -1})), "C214"));
  CHECK(contains(refusal(reshape("N,12", {-1, -1})), "two axes of -1"));
  CHECK(contains(refusal(reshape("N,12", {0, -1, -1})), "two axes of -1"));
  CHECK(contains(refusal(reshape("N,12", {0, -1}, 1)), "C214"));
  CHECK(contains(refusal(reshape("N,12", {0, 12, 0})), "not there"));
  CHECK(contains(refusal(reshape("N,12", {})), "C214"));
  CHECK(contains(refusal(reshape("N,12", {-1, -2})), "C208"));
  CHECK(contains(refusal(reshape("N,12", {-1, 1LL << 62, 4})), "C208"));
  CHECK(contains(refusal(reshape("3,4", {1LL << 62, 1LL << 62, -1})), "C208"));
  CHECK(contains(refusal(reshape("3,4", {5, -1})), "C208"));
}

TEST_CASE("onnx: a whole model may be reshaped freely") {
  CHECK(output_fact(reshape("3,4", {12})) == whole({12}));
  CHECK(output_fact(reshape("3,4", {0, 2, -1})) == whole({3, 2, 2}));
  CHECK(output_fact(reshape("1", {})) == whole({}));
}

TEST_CASE("onnx: the shape arithmetic of exporters that only keeps the rows is understood") {
  Model model;
  model.input("x", "N,3,4").integers("zero", {0}).integers("open", {-1}).output("y");
  model.node("Shape", {"x"}, {"s64"});
  model.node("Cast", {"s64"}, {"s32"}).integer("to", kI32);
  model.node("Cast", {"s32"}, {"s"}).integer("to", kI64);
  model.node("Gather", {"s", "zero"}, {"n"});
  model.node("Concat", {"n", "open"}, {"t"}).integer("axis", 0);
  model.node("Reshape", {"x", "t"});
  CHECK(output_fact(model) == per_row({12}));
}

TEST_CASE("onnx: shape arithmetic with fixed axes is computed") {
  Model model;
  model.input("x", "N,3,4")
      .integers("one", {1})
      .integers("three", {3})
      .integers("open", {-1})
      .output("y");
  model.node("Shape", {"x"}, {"s"});
  model.node("Slice", {"s", "one", "three"}, {"hw"});
  model.initializer("i0", {}, kI64).add_int64_data(0);
  model.initializer("i1", {}, kI64).add_int64_data(1);
  model.node("Gather", {"hw", "i0"}, {"h"});
  model.node("Gather", {"hw", "i1"}, {"w"});
  model.node("Mul", {"h", "w"}, {"hw_product"});
  model.integers("axis", {0});
  model.node("Unsqueeze", {"hw_product", "axis"}, {"flat"});
  model.node("Concat", {"open", "flat"}, {"t"}).integer("axis", 0);
  model.node("Reshape", {"x", "t"});
  CHECK(output_fact(model) == per_row({12}));
}

TEST_CASE("onnx: computing with the number of rows is refused") {
  Model model;
  model.input("x", "N,3").output("y");
  model.node("Shape", {"x"}, {"s"});
  model.node("Mul", {"s", "s"}, {"t"});
  model.node("Reshape", {"x", "t"});
  CHECK(contains(refusal(model), "C214"));
}

TEST_CASE("onnx: Flatten keeps rows at axis 1, or where the axes before are of length one") {
  const auto flatten = [](const std::string& shape, int64_t axis) {
    Model model;
    model.input("x", shape).output("y");
    model.node("Flatten", {"x"}).integer("axis", axis);
    return model;
  };
  CHECK(output_fact(flatten("N,3,4", 1)) == per_row({12}));
  CHECK(output_fact(flatten("N,3,4", -2)) == per_row({12}));
  CHECK(output_fact(flatten("N,1,4", 2)) == per_row({4}));
  CHECK(output_fact(flatten("N,1", 2)) == per_row({1}));
  CHECK(output_fact(flatten("2,3,4", 2)) == whole({6, 4}));
  CHECK(output_fact(flatten("2,3,4", 0)) == whole({1, 24}));
  CHECK(contains(refusal(flatten("N,3,4", 2)), "C214"));
  CHECK(contains(refusal(flatten("N,3,4", 0)), "C214"));
  CHECK(contains(refusal(flatten("N,3,4", 4)), "C209"));
}

TEST_CASE("onnx: Squeeze and Unsqueeze never touch the batch axis") {
  const auto model = [](const std::string& type, std::vector<int64_t> axes) {
    Model made;
    made.input("x", "N,1,3").integers("a", axes).output("y");
    made.node(type, {"x", "a"});
    return made;
  };
  CHECK(output_fact(model("Squeeze", {1})) == per_row({3}));
  CHECK(output_fact(model("Unsqueeze", {1, -1})) == per_row({1, 1, 3, 1}));
  CHECK(contains(refusal(model("Squeeze", {0})), "C214"));
  CHECK(contains(refusal(model("Squeeze", {2})), "C208"));
  CHECK(contains(refusal(model("Unsqueeze", {0})), "C214"));
  CHECK(contains(refusal(model("Unsqueeze", {1, 1})), "twice"));
  CHECK(contains(refusal(model("Unsqueeze", {9})), "C209"));
}

TEST_CASE("onnx: Transpose keeps rows rows, and its perm is a permutation") {
  const auto model = [](const std::string& shape, std::vector<int64_t> perm) {
    Model made;
    made.input("x", shape).output("y");
    made.node("Transpose", {"x"}).integers("perm", perm);
    return made;
  };
  CHECK(output_fact(model("N,3,4", {0, 1, 2})) == per_row({3, 4}));
  CHECK(output_fact(model("N,1,4", {0, 2, 1})) == per_row({4, 1}));
  CHECK(output_fact(model("N,3,4", {0, 2, 1})) == per_row({4, 3}));
  CHECK(contains(refusal(model("N,3", {1, 0})), "C214"));
  CHECK(contains(refusal(model("N,3", {0, 0})), "no permutation"));
  CHECK(contains(refusal(model("N,3", {0, 5})), "no permutation"));
  CHECK(contains(refusal(model("N,3", {0})), "no permutation"));
}

TEST_CASE("onnx: what works along the batch axis of a row-wise model is refused by node") {
  for (const char* type : {"Softmax", "LogSoftmax", "ArgMax"}) {
    Model model;
    model.input("x", "N,3").output("y");
    model.node(type, {"x"}).integer("axis", 0).proto.set_name("across");
    CHECK(contains(refusal(model), "C214 node 'across'"));
  }
  Model concat;
  concat.input("x", "N,3").output("y");
  concat.node("Concat", {"x", "x"}).integer("axis", 0);
  CHECK(contains(refusal(concat), "C214"));
}

TEST_CASE("onnx: the same along the first axis of a whole model is fine") {
  Model model;
  model.input("x", "2,2").output("y");
  model.node("Concat", {"x", "x"}).integer("axis", 0);
  CHECK(near(answer(model, Elements{1, 2, 3, 4}, 1), {1, 2, 3, 4, 1, 2, 3, 4}));
}

TEST_CASE("onnx: broadcasting that would pair different rows is refused") {
  Model ranks;
  ranks.input("a", "N,3").input("b", "N").output("y");
  ranks.node("Add", {"a", "b"});
  CHECK(contains(refusal(ranks), "C214"));

  Model constant;
  constant.input("a", "N,3").weights("c", {2, 3}, {1, 2, 3, 4, 5, 6}).output("y");
  constant.node("Add", {"a", "c"});
  CHECK(contains(refusal(constant), "C214 node 0 ('Add'): combines rows with constant 'c'"));

  Model deeper;
  deeper.input("a", "N,3").weights("c", {1, 1, 3}, {1, 2, 3}).output("y");
  deeper.node("Add", {"a", "c"});
  CHECK(contains(refusal(deeper), "C214"));
}
