// SPDX-License-Identifier: Apache-2.0
#include "tests/onnx/support.h"

#include <doctest/doctest.h>

using namespace mle;
using namespace mle::onnx_test;

namespace {

// [[1,2],[3,4],[5,6]] as [3, 2], and transposed.
const std::vector<float> kWeights = {1, 2, 3, 4, 5, 6};
const std::vector<float> kTransposed = {1, 3, 5, 2, 4, 6};
const Elements kRows = {1, 0, 0, 0, 1, -1};  // two rows

Model gemm(const std::vector<int64_t>& c_dims, const std::vector<float>& c, float beta = 1) {
  Model model;
  model.input("x", "N,3").weights("w", {3, 2}, kWeights).weights("c", c_dims, c).output("y");
  model.node("Gemm", {"x", "w", "c"}).real("beta", beta);
  return model;
}

Elements matmul(const std::string& shape, const std::vector<int64_t>& w_dims,
                const std::vector<float>& w, const Elements& x, size_t rows) {
  Model model;
  model.input("x", shape).weights("w", w_dims, w).output("y");
  model.node("MatMul", {"x", "w"});
  return answer(model, x, rows);
}

}  // namespace

TEST_CASE("onnx: Gemm multiplies by B, or by B transposed, times alpha") {
  for (const int64_t trans_b : {0, 1}) {
    Model model;
    model.input("x", "N,3").output("y");
    model.weights("w", trans_b ? std::vector<int64_t>{2, 3} : std::vector<int64_t>{3, 2},
                  trans_b ? kTransposed : kWeights);
    model.node("Gemm", {"x", "w"}).integer("transB", trans_b).real("alpha", 0.5f);
    CHECK(near(answer(model, kRows, 2), {0.5, 1, -1, -1}));
  }
}

TEST_CASE("onnx: Gemm adds C as number, vector, row or nothing, times beta") {
  CHECK(near(answer(gemm({}, {10}), kRows, 2), {11, 12, 8, 8}));
  CHECK(near(answer(gemm({1}, {10}), kRows, 2), {11, 12, 8, 8}));
  CHECK(near(answer(gemm({1, 1}, {10}), kRows, 2), {11, 12, 8, 8}));
  CHECK(near(answer(gemm({2}, {10, 20}), kRows, 2), {11, 22, 8, 18}));
  CHECK(near(answer(gemm({1, 2}, {10, 20}, 0.5f), kRows, 2), {6, 12, 3, 8}));
  CHECK(near(answer(gemm({2}, {10, 20}, 0), kRows, 2), {1, 2, -2, -2}));
}

TEST_CASE("onnx: a Gemm whose alpha or beta makes a constant overflow is refused") {
  Model alpha;
  alpha.input("x", "N,1").weights("w", {1, 1}, {1e20f}).output("y");
  alpha.node("Gemm", {"x", "w"}).real("alpha", 1e20f);
  CHECK(contains(refusal(alpha), "C212"));
  CHECK(contains(refusal(gemm({1}, {1e20f}, 1e20f)), "C212"));
}

TEST_CASE("onnx: a Gemm whose C has rows of its own is refused where rows are free") {
  CHECK(contains(refusal(gemm({2, 2}, {1, 2, 3, 4})), "C214"));
  CHECK(contains(refusal(gemm({2, 1}, {1, 2})), "C214"));
  CHECK(contains(refusal(gemm({5}, {1, 2, 3, 4, 5})), "C208"));
  CHECK(contains(refusal(gemm({1, 1, 2}, {1, 2})), "C2"));
}

TEST_CASE("onnx: with a fixed batch the C of a Gemm may differ from row to row") {
  Model model;
  model.input("x", "2,3").weights("w", {3, 2}, kWeights).output("y");
  model.weights("c", {2, 1}, {100, 200});
  model.node("Gemm", {"x", "w", "c"}).real("beta", 2);
  CHECK(near(answer(model, kRows, 1), {201, 202, 398, 398}));
}

TEST_CASE("onnx: a computed C of a Gemm is added row by row") {
  Model model;
  model.input("x", "N,3").weights("w", {3, 2}, kWeights).output("y");
  model.node("MatMul", {"x", "w"}, {"c"});
  model.node("Gemm", {"x", "w", "c"}).real("beta", 3);
  CHECK(near(answer(model, kRows, 2), {4, 8, -8, -8}));
}

TEST_CASE(
    "onnx: a Gemm that transposes its rows is refused, one that transposes a constant is not") {
  Model rows;
  rows.input("x", "N,3").weights("w", {3, 2}, kWeights).output("y");
  rows.node("Gemm", {"x", "w"}).integer("transA", 1);
  CHECK(contains(refusal(rows), "C214 node 0 ('Gemm')"));

  Model constant;
  constant.input("x", "N,2").weights("a", {3, 1}, {1, 0, -1}).weights("w", {3, 2}, kWeights);
  constant.output("y");
  constant.node("Gemm", {"a", "w"}, {"row"}).integer("transA", 1);
  constant.node("Add", {"x", "row"});
  CHECK(near(answer(constant, Elements{0, 1}, 1), {-4, -3}));
}

TEST_CASE("onnx: MatMul takes a matrix, a vector, or a matrix behind axes of length one") {
  CHECK(near(matmul("N,3", {3, 2}, kWeights, kRows, 2), {1, 2, -2, -2}));
  CHECK(near(matmul("N,3", {3}, {1, 2, 3}, kRows, 2), {1, -1}));
  CHECK(near(matmul("N,2,3", {3, 2}, kWeights, kRows, 1), {1, 2, -2, -2}));
  CHECK(near(matmul("N,2,3", {1, 3, 2}, kWeights, kRows, 1), {1, 2, -2, -2}));
  CHECK(near(matmul("3", {3, 2}, kWeights, {1, 1, 1}, 1), {9, 12}));
  CHECK(near(matmul("3", {3}, {1, 2, 3}, {1, 1, 1}, 1), {6}));
}

TEST_CASE("onnx: shapes that do not multiply are refused with both sides named") {
  Model model;
  model.input("x", "N,4").weights("w", {3, 2}, kWeights).output("y");
  model.node("MatMul", {"x", "w"});
  CHECK(contains(refusal(model), "rows of 4 elements with weights 'w' for 3"));

  Model vector;
  vector.input("x", "N").weights("w", {3, 2}, kWeights).output("y");
  vector.node("MatMul", {"x", "w"});
  CHECK(contains(refusal(vector), "C214"));
}

TEST_CASE("onnx: weights may hide behind Transpose, Identity, Cast, Mul and Constant") {
  Model model;
  model.input("x", "N,3").number("half", 0.5f).output("y");
  onnx_pb::TensorProto& w = model.initializer("w", {2, 3}, kF16);
  for (const int32_t bits : {0x3c00, 0x4200, 0x4500, 0x4000, 0x4400, 0x4600})
    w.add_int32_data(bits);
  model.node("Identity", {"w"}, {"same"});
  model.node("Cast", {"same"}, {"wide"}).integer("to", kF32);
  model.node("Transpose", {"wide"}, {"turned"}).integers("perm", {1, 0});
  model.node("Mul", {"turned", "half"}, {"scaled"});
  onnx_pb::TensorProto& b = model.node("Constant", {}, {"b"}).tensor("value");
  b.set_data_type(kF32);
  b.add_dims(2);
  b.add_float_data(7);
  b.add_float_data(8);
  model.node("MatMul", {"x", "scaled"}, {"p"});
  model.node("Add", {"p", "b"});
  CHECK(near(answer(model, kRows, 2), {7.5, 9, 6, 7}));
}

TEST_CASE("onnx: integer and double weights are refused by name") {
  Model ints;
  ints.input("x", "N,1").integers("w", {1}).output("y");
  ints.node("MatMul", {"x", "w"});
  CHECK(contains(refusal(ints), "weights 'w' are i64"));
}
