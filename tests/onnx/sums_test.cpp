// Reductions, normalisations, products of computed matrices and what walks along an axis.
// SPDX-License-Identifier: Apache-2.0
#include "tests/onnx/support.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>

using namespace mle;
using namespace mle::onnx_test;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const Elements kX = {1, -2, 3, 4, 0.5, -6};  // one row of [2, 3]

// A model of one node with inputs x and what else is named, and output y.
Model one(const std::string& type, const std::string& shape, int opset = 18,
          const std::vector<std::string>& inputs = {"x"}) {
  Model model(opset);
  model.input("x", shape).output("y");
  model.node(type, inputs);
  return model;
}
NodeRef node_of(Model& model) { return {*model.proto.mutable_graph()->mutable_node(0)}; }

Elements reduced(const std::string& type, const std::vector<int64_t>& axes, int64_t keep,
                 const Elements& x = kX) {
  Model model = one(type, "N,2,3", 18, {"x", "axes"});
  model.integers("axes", axes);
  node_of(model).integer("keepdims", keep);
  return answer(model, x, x.size() / 6);
}

}  // namespace

TEST_CASE("onnx: every reduction is that of the specification, over one axis or both") {
  const double l2 = std::sqrt(1 + 4 + 9 + 16 + 0.25 + 36);
  CHECK(near(reduced("ReduceSum", {1, 2}, 0), {0.5}));
  CHECK(near(reduced("ReduceMean", {-1}, 1), {2.0 / 3, -0.5}));
  CHECK(near(reduced("ReduceMax", {1}, 0), {4, 0.5, 3}));
  CHECK(near(reduced("ReduceMin", {2}, 0), {-2, -6}));
  CHECK(near(reduced("ReduceProd", {2, 1}, 0), {72}));
  CHECK(near(reduced("ReduceSumSquare", {1, 2}, 0), {l2 * l2}));
  CHECK(near(reduced("ReduceL1", {1}, 1), {5, 2.5, 9}));
  CHECK(near(reduced("ReduceL2", {1, 2}, 0), {l2}));
  CHECK(near(reduced("ReduceLogSum", {2}, 0, {1, 2, 3, 4, 5, 6}), {std::log(6), std::log(15)}));
  CHECK(near(reduced("ReduceLogSumExp", {2}, 0),
             {std::log(std::exp(1) + std::exp(-2) + std::exp(3)),
              std::log(std::exp(4) + std::exp(0.5) + std::exp(-6))}));
}

TEST_CASE("onnx: log-sum-exp neither overflows nor makes NaN of infinities") {
  CHECK(near(
      reduced("ReduceLogSumExp", {2}, 1, {1000, 1000, 1000, -kInfinity, -kInfinity, -kInfinity}),
      {1000 + std::log(3), -kInfinity}));
  CHECK(near(reduced("ReduceLogSumExp", {2}, 0, {kInfinity, 1, 2, -kInfinity, 5, -kInfinity}),
             {kInfinity, 5}));
}

TEST_CASE("onnx: axes of a reduction are an attribute before opset 18, of ReduceSum before 13") {
  for (const int opset : {11, 17}) {
    Model model = one("ReduceMean", "N,2,3", opset);
    node_of(model).integers("axes", {1});
    CHECK(near(answer(model, kX, 1), {2.5, -0.75, -1.5}));
  }
  Model sum = one("ReduceSum", "N,2,3", 11);
  node_of(sum).integers("axes", {2}).integer("keepdims", 0);
  CHECK(near(answer(sum, kX, 1), {2, -1.5}));
  Model late = one("ReduceSum", "N,2,3", 13);
  node_of(late).integers("axes", {2});
  CHECK(contains(refusal(late), "C2"));
}

TEST_CASE("onnx: no axes are all of them, which mixes rows, or none where the node says so") {
  CHECK(contains(refusal(one("ReduceSum", "N,2,3")), "C214"));
  CHECK(near(answer(one("ReduceSum", "2,3"), kX, 1), {0.5}));
  Model none = one("ReduceL1", "N,2,3");
  node_of(none).integer("noop_with_empty_axes", 1);
  CHECK(near(answer(none, kX, 1), {1, 2, 3, 4, 0.5, 6}));
  Model rows = one("ReduceMax", "N,2,3", 18, {"x", "axes"});
  rows.integers("axes", {0});
  CHECK(contains(refusal(rows), "C214"));
}

TEST_CASE("onnx: reductions of integers stay integers, means of them are refused") {
  Model model(18);
  model.input("x", "N,3", kI64).output("y");
  model.integers("axes", {1}).node("ReduceProd", {"x", "axes"});
  CHECK(answer(model, {2, 3, 7}, 1) == Elements{42});
  Model mean(18);
  mean.input("x", "N,3", kI64).output("y");
  mean.integers("axes", {1}).node("ReduceMean", {"x", "axes"});
  CHECK(contains(refusal(mean), "C207"));
}

TEST_CASE(
    "onnx: LayerNormalization normalises the last axes, and RMSNormalization keeps the mean") {
  const auto normalised = [](bool centred) {
    Elements y;
    for (size_t line = 0; line < 2; ++line) {
      const double* x = kX.data() + line * 3;
      const double mean = centred ? (x[0] + x[1] + x[2]) / 3 : 0;
      double squares = 0;
      for (int i = 0; i < 3; ++i) squares += (x[i] - mean) * (x[i] - mean) / 3;
      for (int i = 0; i < 3; ++i) y.push_back((x[i] - mean) / std::sqrt(squares + 0.25) * (i + 1));
    }
    return y;
  };
  Model layer = one("LayerNormalization", "N,2,3", 17, {"x", "scale"});
  layer.weights("scale", {3}, {1, 2, 3});
  node_of(layer).real("epsilon", 0.25f);
  CHECK(near(answer(layer, kX, 1), normalised(true)));
  Model rms = one("RMSNormalization", "N,2,3", 23, {"x", "scale"});
  rms.weights("scale", {1, 3}, {1, 2, 3});
  node_of(rms).real("epsilon", 0.25f);
  CHECK(near(answer(rms, kX, 1), normalised(false)));
}

TEST_CASE("onnx: LayerNormalization with a factor for all, a bias, and its statistics") {
  Model model(17);
  model.input("x", "N,4").output("y").output("mean").output("inverse");
  model.number("scale", 2).weights("bias", {4}, {1, 1, 1, 1});
  model.node("LayerNormalization", {"x", "scale", "bias"}, {"y", "mean", "inverse"})
      .real("epsilon", 0);
  const auto y = answers(model, {{1, 3, 5, 7}}, 1);
  const double inverse = 1 / std::sqrt(5);
  CHECK(near(y[0], {1 - 6 * inverse, 1 - 2 * inverse, 1 + 2 * inverse, 1 + 6 * inverse}));
  CHECK(near(y[1], {4}));
  CHECK(near(y[2], {inverse}));
}

TEST_CASE("onnx: instances and groups of channels are normalised by themselves") {
  const Elements x = {1, 3, 10, 30, -1, -5, 0, 8};  // [4, 2]
  Model instance = one("InstanceNormalization", "N,4,2", 17, {"x", "s", "b"});
  instance.weights("s", {4}, {1, 1, 2, 1}).weights("b", {4}, {0, 0, 0, 5});
  node_of(instance).real("epsilon", 0);
  CHECK(near(answer(instance, x, 1), {-1, 1, -1, 1, 2, -2, 4, 6}));
  Model group = one("GroupNormalization", "N,4,2", 21, {"x", "s", "b"});
  group.weights("s", {4}, {1, 1, 1, 1}).weights("b", {4}, {0, 0, 0, 0});
  node_of(group).integer("num_groups", 4).real("epsilon", 0);
  CHECK(near(answer(group, x, 1), {-1, 1, -1, 1, 1, -1, -1, 1}));
  Model broken = one("GroupNormalization", "N,4,2", 21, {"x", "s", "b"});
  broken.weights("s", {4}, {1, 1, 1, 1}).weights("b", {4}, {0, 0, 0, 0});
  node_of(broken).integer("num_groups", 3);
  CHECK(contains(refusal(broken), "C209"));
}

TEST_CASE("onnx: LpNormalization divides by the norm and leaves zeros alone") {
  Model model = one("LpNormalization", "N,2", 17);
  CHECK(near(answer(model, {3, -4, 0, 0}, 2), {0.6, -0.8, 0, 0}));
  node_of(model).integer("p", 1);
  CHECK(near(answer(model, {3, -4, 0, 0}, 2), {3.0 / 7, -4.0 / 7, 0, 0}));
}

TEST_CASE("onnx: MatMul of two computed tensors, of vectors, and with its constant on the left") {
  Model both(17);
  both.input("a", "N,1,2").input("b", "N,2,2").output("y").node("MatMul", {"a", "b"});
  CHECK(near(answers(both, {{1, 2}, {1, 2, 3, 4}}, 1).at(0), {7, 10}));
  Model left = one("MatMul", "N,2,2", 17, {"w", "x"});
  left.weights("w", {1, 2}, {10, 1});
  CHECK(near(answer(left, {1, 2, 3, 4}, 1), {13, 24}));
  Model vector = one("MatMul", "N,2,2", 17, {"w", "x"});
  vector.weights("w", {2}, {10, 1});
  CHECK(near(answer(vector, {1, 2, 3, 4}, 1), {13, 24}));
  Model stacked = one("MatMul", "N,1,1,2", 17, {"x", "w"});
  stacked.weights("w", {2, 2, 1}, {1, 2, 3, 4});
  CHECK(near(answer(stacked, {1, 10}, 1), {21, 43}));
  Model whole(17);
  whole.input("a", "2").input("b", "2,2").output("y").node("MatMul", {"a", "b"});
  CHECK(near(answers(whole, {{10, 1}, {1, 2, 3, 4}}, 1).at(0), {13, 24}));
}

TEST_CASE("onnx: products that would mix rows are refused") {
  Model pairs(17);
  pairs.input("a", "N,2").input("b", "N,2").output("y").node("MatMul", {"a", "b"});
  CHECK(contains(refusal(pairs), "C214"));
  Model sums = one("MatMul", "N,2", 17, {"w", "x"});
  sums.weights("w", {1, 3}, {1, 1, 1});
  CHECK(contains(refusal(sums), "C214"));
  Model ranks(17);
  ranks.input("a", "N,2,2").input("b", "N,2").output("y").node("MatMul", {"a", "b"});
  CHECK(contains(refusal(ranks), "C214"));
  Model gemm(17);
  gemm.input("a", "N,2").input("b", "N,2").output("y").node("Gemm", {"a", "b"});
  CHECK(contains(refusal(gemm), "C214"));
}

TEST_CASE("onnx: Gemm of computed matrices in a whole model") {
  Model model(17);
  model.input("a", "2,3").input("b", "3,1").input("c", "1").output("y");
  model.node("Gemm", {"a", "b", "c"}).real("alpha", 2).real("beta", -1);
  CHECK(near(answers(model, {{1, 2, 3, 4, 5, 6}, {1, 10, 100}, {5}}, 1).at(0), {637, 1303}));
}

TEST_CASE("onnx: Einsum of matrices, sums of products and outer products") {
  const auto einsum = [](const std::string& equation, const std::string& a, const std::string& b) {
    Model model(17);
    model.input("a", a).input("b", b).output("y");
    model.node("Einsum", {"a", "b"}).text("equation", equation);
    return model;
  };
  CHECK(near(answers(einsum("bij, bjk -> bik", "N,1,2", "N,2,2"), {{1, 2}, {1, 2, 3, 4}}, 1).at(0),
             {7, 10}));
  CHECK(near(answers(einsum("bi,bi->b", "N,3", "N,3"), {{1, 2, 3}, {4, 5, 6}}, 1).at(0), {32}));
  CHECK(near(answers(einsum("bi,bj->bij", "N,2", "N,2"), {{1, 2}, {3, 4}}, 1).at(0), {3, 4, 6, 8}));
  CHECK(near(answers(einsum("bij,bk->bik", "N,1,2", "N,2"), {{1, 2}, {3, 4}}, 1).at(0), {9, 12}));
  CHECK(contains(refusal(einsum("bi,bj->ij", "N,2", "N,2")), "C214"));
  CHECK(near(answers(einsum("bii,bi->bi", "N,2,2", "N,2"), {{1, 2, 3, 4}, {5, 6}}, 1).at(0),
             {5, 24}));
  CHECK(near(answers(einsum("b...,b...->b...", "N,2", "N,1"), {{1, 2}, {3}}, 1).at(0), {3, 6}));
  CHECK(contains(refusal(einsum("b...,b...->b", "N,2", "N,2")), "C209"));
  CHECK(contains(refusal(einsum("bi,bi->b?", "N,2", "N,2")), "C209"));
  CHECK(contains(refusal(einsum("bi,b->bi", "N,2", "N,2")), "C209"));
  CHECK(contains(refusal(einsum("bi,bi->b", "N,2", "N,3")), "C208"));
}

TEST_CASE("onnx: Einsum of one tensor, and of three") {
  const auto one = [](const std::string& equation) {
    Model model;
    model.input("a", "2,2").output("y");
    model.node("Einsum", {"a"}).text("equation", equation);
    return answers(model, {{1, 2, 3, 4}}, 1).at(0);
  };
  CHECK(near(one("ij->ji"), {1, 3, 2, 4}));
  CHECK(near(one("ji"), {1, 3, 2, 4}));
  CHECK(near(one("ij->i"), {3, 7}));
  CHECK(near(one("ii->i"), {1, 4}));
  CHECK(near(one("ii"), {5}));
  CHECK(near(one("...i->..."), {3, 7}));
  Model three;
  three.input("a", "2").input("b", "2,2").input("c", "2").output("y");
  three.node("Einsum", {"a", "b", "c"}).text("equation", "i,ij,j->");
  CHECK(near(answers(three, {{1, 2}, {1, 2, 3, 4}, {1, 10}}, 1).at(0), {107}));
}

TEST_CASE("onnx: CumSum, Hardmax and the places of TopK") {
  Model sum = one("CumSum", "N,3", 14, {"x", "axis"});
  sum.integers("axis", {1});
  CHECK(near(answer(sum, {1, 2, 4}, 1), {1, 3, 7}));
  node_of(sum).integer("exclusive", 1).integer("reverse", 1);
  CHECK(near(answer(sum, {1, 2, 4}, 1), {6, 4, 0}));
  CHECK(near(answer(one("Hardmax", "N,2,2", 13), {1, 2, 5, 5}, 1), {0, 1, 1, 0}));
  CHECK(near(answer(one("Hardmax", "N,2,2", 11), {1, 2, 5, 5}, 1), {0, 0, 1, 0}));
  Model top(17);
  top.input("x", "N,4").output("places");
  top.integers("k", {2}).node("TopK", {"x", "k"}, {"", "places"}).integer("largest", 0);
  CHECK(answer(top, {3, 1, 2, 1}, 1) == Elements{1, 3});
  Model many(17);
  many.input("x", "N,4").output("places");
  many.integers("k", {5}).node("TopK", {"x", "k"}, {"", "places"});
  CHECK(contains(refusal(many), "C209"));
}

TEST_CASE("onnx: TopK of whole numbers sees every digit, of u64 the highest bit too") {
  constexpr int64_t kWide = int64_t{1} << 60;
  for (const Type type : {kU64, kI64}) {
    Model top(24);
    top.input("x", "N,4", type).output("values").output("places");
    top.integers("k", {3}).node("TopK", {"x", "k"}, {"values", "places"});
    const DType dtype = type == kU64 ? DType::U64 : DType::I64;
    const auto all = answers(top, {compiler::from_integers({kWide, -1, kWide + 1, -2}, dtype)}, 1);
    const std::vector<int64_t> places =
        type == kU64 ? std::vector<int64_t>{1, 3, 2} : std::vector<int64_t>{2, 0, 1};
    CHECK(all[1] == compiler::from_integers(places, DType::I64));
    CHECK(all[0].integer(2, dtype) == (type == kU64 ? kWide + 1 : -1));
  }
}

TEST_CASE("onnx: trigonometric and other functions of one number") {
  const std::map<std::string, std::function<double(double)>> functions = {
      {"Acos", [](double x) { return std::acos(x); }},
      {"Acosh", [](double x) { return std::acosh(x); }},
      {"Asin", [](double x) { return std::asin(x); }},
      {"Asinh", [](double x) { return std::asinh(x); }},
      {"Atan", [](double x) { return std::atan(x); }},
      {"Atanh", [](double x) { return std::atanh(x); }},
      {"Cos", [](double x) { return std::cos(x); }},
      {"Cosh", [](double x) { return std::cosh(x); }},
      {"Round", [](double x) { return std::nearbyint(x); }},
      {"Sign", [](double x) { return static_cast<double>((x > 0) - (x < 0)); }},
      {"Sin", [](double x) { return std::sin(x); }},
      {"Sinh", [](double x) { return std::sinh(x); }},
      {"Tan", [](double x) { return std::tan(x); }},
      {"Shrink", [](double x) { return std::abs(x) > 0.5 ? x : 0; }},
      {"IsInf", [](double x) { return std::isinf(x) ? 1.0 : 0.0; }},
  };
  const Elements points = {-2.5, -0.5, 0, 0.25, 0.5, 1, 1.5, 3, kInfinity, -kInfinity};
  for (const auto& each : functions) {
    const auto& type = each.first;
    const auto& function = each.second;
    CAPTURE(type);
    Elements wanted;
    for (const double x : points) wanted.push_back(function(x));
    CHECK(near(answer(one(type, "N,1", 20), points, points.size()), wanted));
  }
  Model below = one("IsInf", "N,1", 20);
  node_of(below).integer("detect_positive", 0);
  CHECK(answer(below, {kInfinity, -kInfinity, 1}, 3) == Elements{0, 1, 0});
}

TEST_CASE("onnx: Clip takes bounds that the model computes, Pow exponents of another type") {
  Model clip(17);
  clip.input("x", "3").input("lo", "1").output("y");
  clip.number("two", 2).node("Mul", {"lo", "two"}, {"low"});
  clip.number("hi", 5).node("Clip", {"x", "low", "hi"});
  CHECK(near(answers(clip, {{-7, 3, 9}, {1}}, 1).at(0), {2, 3, 5}));
  Model pow(17);
  pow.input("x", "N,2").output("y");
  pow.initializer("e", {2}, kI64).add_int64_data(2);
  pow.proto.mutable_graph()->mutable_initializer(0)->add_int64_data(3);
  pow.node("Pow", {"x", "e"});
  CHECK(near(answer(pow, {3, -2}, 1), {9, -8}));
}
