// Scaling, shifting and purely linear layers: folded where no digits are lost, kept where they are.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/check.h"
#include "compiler/graph/infer.h"
#include "compiler/passes/all.h"
#include "compiler/passes/lower_precision.h"
#include "compiler/passes/passes.h"
#include "tests/compiler/graphs.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

namespace mle::testing {
namespace {

constexpr auto kAdd = BinaryFn::Add, kMul = BinaryFn::Mul, kDiv = BinaryFn::Div,
               kSub = BinaryFn::Sub;

Graph after(Status (*pass)(Graph&), const Graph& before, double most = 1e-6) {
  Graph graph = before;
  const Status status = pass(graph);
  REQUIRE_MESSAGE(status.ok(), status.message());
  const Status sound = check(graph);
  REQUIRE_MESSAGE(sound.ok(), sound.message());
  CHECK(difference(before, graph) <= most);
  return graph;
}

TEST_CASE("compiler: a product and its bias become one dense layer") {
  GraphBuilder g;
  g.output(g.binary(kAdd, g.random_constant({3}), g.dense(g.input({4}), 3, false)));
  const Graph graph = after(fold_affine, g.finish());
  REQUIRE(graph.nodes().size() == 1);
  CHECK(graph.nodes()[0].inputs.size() == 3);
}

TEST_CASE("compiler: a factor that would make weights denormal stays a node of its own") {
  GraphBuilder g;
  const ValueId tiny = g.constant({}, {1e-39f});
  g.output(g.binary(kMul, g.dense(g.input({4}), 3), tiny));
  CHECK(after(fold_affine, g.finish()).nodes().size() == 2);
}

TEST_CASE("compiler: adding a bias leaves the weights where they are") {
  GraphBuilder g;
  g.output(g.binary(kAdd, g.dense(g.input({4}), 3), g.random_constant({3})));
  const Graph before = g.finish();
  const Graph graph = after(fold_affine, before);
  REQUIRE(graph.nodes().size() == 1);
  const auto weights_of = [](const Graph& of) {
    return of.value(of.nodes()[0].inputs[1]).constant.bytes.data();
  };
  CHECK(weights_of(graph) == weights_of(before));
}

TEST_CASE("compiler: a factor alone adds no bias") {
  GraphBuilder g;
  g.output(g.binary(kMul, g.dense(g.input({4}), 3, false), g.random_constant({3})));
  const Graph graph = after(fold_affine, g.finish());
  REQUIRE(graph.nodes().size() == 1);
  CHECK(graph.nodes()[0].inputs.size() == 2);
}

TEST_CASE("compiler: batch normalisation behind a layer folds, whatever its numbers") {
  GraphBuilder g;
  ValueId y = g.dense(g.input({4}), 3);
  y = g.binary(kSub, y, g.constant({3}, {100, -2000, 0.5}));
  y = g.binary(kDiv, y, g.constant({3}, {3, 0.01f, 700}));
  y = g.scale(y, g.random_constant({3}), g.random_constant({3}));
  g.output(g.unary(Act::Relu, y));
  CHECK(after(fold_affine, g.finish()).nodes().size() == 2);
}

TEST_CASE("compiler: a scaler in front of a layer folds if its data are near zero") {
  const auto scaled = [](float mean) {
    GraphBuilder g;
    ValueId x = g.input({4});
    x = g.binary(kSub, x, g.constant({4}, {mean, 0.5, -1, 0}));
    x = g.binary(kDiv, x, g.constant({4}, {2, 1, 0.5, 3}));
    g.output(g.dense(x, 3));
    return g.finish();
  };
  CHECK(after(fold_affine, scaled(3)).nodes().size() == 1);
  // A mean 5000 standard deviations from zero: folding would lose the digits that count.
  const Graph kept = after(passes()[0].run, scaled(10000), 1e-6);
  CHECK(after(fold_affine, kept).nodes().size() == 3);
  CHECK(after(merge_affine, kept).nodes().size() == 3);
}

TEST_CASE("compiler: a scaler that two layers read stays") {
  GraphBuilder g;
  const ValueId x = g.scale(g.input({4}), g.random_constant({4}), g.random_constant({4}));
  g.output(g.dense(x, 3));
  g.output(g.dense(x, 2), "other");
  CHECK(count(after(fold_affine, g.finish()), "Scale") == 1);
}

TEST_CASE("compiler: a step whose constant differs between lines of a row is not folded") {
  GraphBuilder g;
  const ValueId y = g.dense(g.input({2, 4}), 3);
  g.output(g.binary(kAdd, y, g.random_constant({2, 3})));
  CHECK(after(fold_affine, g.finish()).nodes().size() == 2);
}

TEST_CASE("compiler: an affine step behind an activation is not pulled in front of it") {
  GraphBuilder g;
  const ValueId y = g.unary(Act::Relu, g.dense(g.input({4}), 3));
  g.output(g.binary(kMul, y, g.random_constant({3})));
  const Graph fused = after(fuse_activation, g.finish());
  CHECK(after(fold_affine, fused).nodes().size() == 2);
}

TEST_CASE("compiler: steps that overflow a float32 stay apart") {
  GraphBuilder g;
  ValueId y = g.dense(g.input({2}), 2);
  y = g.binary(kMul, y, g.constant({2}, {3e38f, 1}));
  y = g.binary(kMul, y, g.constant({2}, {3e38f, 1}));
  g.output(y);
  Graph graph = g.finish();
  REQUIRE(fold_affine(graph).ok());
  CHECK(graph.nodes().size() == 3);
}

TEST_CASE("compiler: a division by zero is not folded away") {
  GraphBuilder g;
  g.output(g.binary(kDiv, g.dense(g.input({2}), 2), g.constant({2}, {0, 1})));
  Graph graph = g.finish();
  REQUIRE(fold_affine(graph).ok());
  CHECK(graph.nodes().size() == 2);
}

TEST_CASE("compiler: scaling and shifting in a row become one Scale") {
  GraphBuilder g;
  ValueId y = g.input({4});
  y = g.binary(kMul, y, g.random_constant({4}));
  y = g.binary(kAdd, y, g.scalar(0.25f));
  y = g.unary(Act::Neg, y);
  g.output(g.unary(Act::Tanh, y));
  const Graph graph = after(merge_affine, g.finish());
  CHECK(graph.nodes().size() == 2);
  CHECK(count(graph, "Scale") == 1);
}

TEST_CASE("compiler: one step alone stays what it is") {
  GraphBuilder g;
  g.output(g.binary(kDiv, g.input({4}), g.random_constant({4})));
  CHECK(count(after(merge_affine, g.finish()), "Binary.Div") == 1);
}

TEST_CASE("compiler: multiplying and then shifting far is one Scale, it loses nothing") {
  GraphBuilder g;
  const ValueId y = g.binary(kMul, g.input({2}), g.constant({2}, {77, 3}));
  g.output(g.binary(kAdd, y, g.constant({2}, {152, 1e6f})));
  CHECK(after(merge_affine, g.finish()).nodes().size() == 1);
}

TEST_CASE("compiler: steps stay one by one where their last digit may decide") {
  const auto steps = [](const auto& behind) {
    GraphBuilder g;
    ValueId y = g.binary(kSub, g.input({2}), g.constant({2}, {3, 1}));
    y = g.binary(kMul, y, g.constant({2}, {0.7f, 3}));
    g.output(behind(g, y));
    return count(after(merge_affine, g.finish()), "Scale");
  };
  CHECK(steps([](auto& g, ValueId y) { return g.unary(Act::Tanh, y); }) == 1);
  CHECK(steps([](auto& g, ValueId y) { return g.binary(kDiv, y, g.input({2}, "z")); }) == 1);
  CHECK(steps([](auto& g, ValueId y) { return g.unary(Act::Floor, y); }) == 0);
  CHECK(steps([](auto& g, ValueId y) { return g.unary(Act::Sqrt, g.unary(Act::Relu, y)); }) == 0);
  CHECK(steps([](auto& g, ValueId y) { return g.argmax(y, 0); }) == 0);
  CHECK(steps([](auto& g, ValueId y) { return g.cast(y, DType::I64); }) == 0);
  CHECK(steps([](auto& g, ValueId y) { return g.binary(kDiv, g.input({2}, "z"), y); }) == 0);
  CHECK(steps([](auto& g, ValueId y) {
          return g.compare(CompareFn::Less, g.reshape(y, {1, 2}), g.scalar(0));
        }) == 0);
  // A sum has its own last digits.
  CHECK(steps([](auto& g, ValueId y) { return g.argmax(g.dense(g.unary(Act::Relu, y), 3), 0); }) ==
        1);
}

TEST_CASE("compiler: steps in f64 stay one by one, each rounded as the source rounds") {
  Graph graph;
  const ValueId x = graph.add_input("x", {DType::F64, Rows::PerRow, {2}});
  const auto step = [&](BinaryFn fn, ValueId a, const std::vector<double>& numbers) {
    std::vector<std::byte> bytes(numbers.size() * sizeof(double));
    std::memcpy(bytes.data(), numbers.data(), bytes.size());
    Node node;
    node.kind = OpKind::Binary;
    node.iattr = {static_cast<uint32_t>(fn)};
    node.inputs = {a, graph.add_constant({}, DType::F64, {2}, Constant::from_bytes(bytes))};
    auto made = add_inferred(graph, std::move(node));
    REQUIRE(made.has_value());
    return *made;
  };
  const ValueId y = step(kAdd, step(kMul, x, {0.1, 0.3}), {-152.7, 0.25});
  graph.entries.push_back({"predict", {{x, "x", {}, {}}}, {{y, "y", {}, {}}}});
  REQUIRE(merge_affine(graph).ok());
  CHECK(graph.nodes().size() == 2);

  // (x - mean) W / scale: in f32 it is one layer.
  Node dense;
  dense.kind = OpKind::Dense;
  const std::vector<double> weights = {1, 2, 3, 4};
  std::vector<std::byte> bytes(weights.size() * sizeof(double));
  std::memcpy(bytes.data(), weights.data(), bytes.size());
  dense.inputs = {y, graph.add_constant("w", DType::F64, {2, 2}, Constant::from_bytes(bytes))};
  auto sums = add_inferred(graph, std::move(dense));
  REQUIRE(sums.has_value());
  const ValueId z = step(kDiv, *sums, {0.5, 7});
  graph.entries[0].outputs = {{z, "y", {}, {}}};
  REQUIRE(fold_affine(graph).ok());
  CHECK(graph.nodes().size() == 4);
}

TEST_CASE("compiler: in f32 an answer that was f64 stays f64, and one that was f32 stays f32") {
  Graph graph;
  const ValueId x = graph.add_input("x", {DType::F64, Rows::PerRow, {1}});
  const double one = 1;
  std::vector<std::byte> bytes(sizeof one);
  std::memcpy(bytes.data(), &one, sizeof one);
  Node dense, cast;
  dense.kind = OpKind::Dense;
  dense.inputs = {x, graph.add_constant("w", DType::F64, {1, 1}, Constant::from_bytes(bytes))};
  const ValueId wide = graph.add_node(dense, {DType::F64, Rows::PerRow, {1}}, "wide");
  cast.kind = OpKind::Cast;
  cast.inputs = {wide};
  const ValueId narrow = graph.add_node(cast, {DType::F32, Rows::PerRow, {1}}, "narrow");
  graph.entries.push_back(
      {"predict", {{x, "x", {}, {}}}, {{wide, "wide", {}, {}}, {narrow, "narrow", {}, {}}}});
  REQUIRE(lower_precision(graph).ok());
  const auto& outputs = graph.entries[0].outputs;
  CHECK(graph.value(outputs[0].value).fact.dtype == DType::F64);
  CHECK(graph.value(outputs[1].value).fact.dtype == DType::F32);
}

TEST_CASE("compiler: layers with nothing between become one if that is no more work") {
  GraphBuilder narrow, wide;
  narrow.output(narrow.dense(narrow.dense(narrow.dense(narrow.input({8}), 32), 16), 4));
  wide.output(wide.dense(wide.dense(wide.input({64}), 2), 64));
  CHECK(after(collapse_linear, narrow.finish()).nodes().size() == 1);
  CHECK(after(collapse_linear, wide.finish()).nodes().size() == 2);
}

TEST_CASE("compiler: a chain of layers is multiplied in double and rounded once") {
  GraphBuilder g;
  const ValueId x = g.input({1});
  const auto layer = [&](ValueId from, float w) {
    Node node;
    node.kind = OpKind::Dense;
    node.inputs = {from, g.constant({1, 1}, {w})};
    return g.graph.add_node(node, {DType::F32, Rows::PerRow, {1}});
  };
  // 1/3 of 3 of 1/3 …: rounded in between this drifts.
  ValueId y = x;
  for (int i = 0; i < 10; ++i) y = layer(layer(y, 1.0f / 3), 1.1f);
  g.output(y);
  const Graph graph = after(collapse_linear, g.finish());
  REQUIRE(graph.nodes().size() == 1);
  const double exact = std::pow(double{1.0f / 3} * double{1.1f}, 10);
  const ValueId w = graph.nodes()[0].inputs[1];
  CHECK(graph.value(w).constant.f32()[0] == static_cast<float>(exact));
}

TEST_CASE("compiler: layers whose middle is needed elsewhere stay two") {
  GraphBuilder g;
  const ValueId h = g.dense(g.input({8}), 32);
  g.output(g.dense(h, 4));
  g.output(h, "hidden");
  CHECK(after(collapse_linear, g.finish()).nodes().size() == 2);
}

TEST_CASE("compiler: scaler, layers, batch normalisation and activation end as one layer") {
  GraphBuilder g;
  ValueId y = g.scale(g.input({6}), g.random_constant({6}), g.random_constant({6}));
  y = g.dense(y, 16, false);
  y = g.binary(kAdd, y, g.random_constant({16}));
  y = g.dense(y, 3);
  y = g.scale(y, g.random_constant({3}), g.random_constant({3}));
  g.output(g.unary(Act::Sigmoid, y));
  const Graph before = g.finish();
  Graph graph = before;
  REQUIRE(run_passes(graph).ok());
  CHECK(difference(before, graph) < 1e-6);
  CHECK(graph.nodes().size() == 1);
  CHECK(count(graph, "Dense.Sigmoid") == 1);
}

}  // namespace
}  // namespace mle::testing
