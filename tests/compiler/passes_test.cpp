// Passes that keep or drop nodes: what they leave, and that the judge agrees.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/passes.h"

#include "compiler/graph/check.h"
#include "compiler/graph/print.h"
#include "compiler/passes/all.h"
#include "format/rules.h"
#include "tests/compiler/graphs.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

namespace mle::testing {
namespace {

using Lines = std::vector<std::string>;

// Runs one pass, which must leave a sound graph with the same answers.
Graph after(Status (*pass)(Graph&), const Graph& before, double most = 1e-6) {
  Graph graph = before;
  const Status status = pass(graph);
  REQUIRE_MESSAGE(status.ok(), status.message());
  const Status sound = check(graph);
  REQUIRE_MESSAGE(sound.ok(), sound.message());
  CHECK(difference(before, graph) <= most);
  return graph;
}

TEST_CASE("compiler: random networks answer the same after all passes") {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    const Graph before = random_network(seed);
    Graph graph = before;
    const Status status = run_passes(graph);
    REQUIRE_MESSAGE(status.ok(), status.message());
    const double moved = difference(before, graph);
    if (moved > 2e-5) MESSAGE(print(before) << print(graph));
    CHECK(moved <= 2e-5);
    CHECK(graph.nodes().size() <= before.nodes().size());
  }
}

TEST_CASE("compiler: the observer hears of every pass in order") {
  Graph graph = random_network(2);
  std::vector<std::string> heard;
  REQUIRE(
      run_passes(graph, [&](const Pass& pass, const Graph&) { heard.push_back(pass.name); }).ok());
  REQUIRE(heard.size() == passes().size());
  CHECK(heard.front() == "drop_dead");
}

TEST_CASE("compiler: passes are done when they have run once") {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    Graph graph = random_network(seed);
    REQUIRE(run_passes(graph).ok());
    const std::string once = print(graph);
    REQUIRE(run_passes(graph).ok());
    CHECK(print(graph) == once);
  }
}

TEST_CASE("compiler: chains of constants are computed in double and rounded once") {
  GraphBuilder g;
  const ValueId x = g.input({1});
  // (2^24 + 1) - 2^24 is 1; rounded in between it would be 0.
  const ValueId sum = g.binary(BinaryFn::Add, g.scalar(16777216), g.scalar(1));
  const ValueId one = g.binary(BinaryFn::Sub, sum, g.scalar(16777216));
  g.output(g.binary(BinaryFn::Mul, x, one));
  const Graph graph = after(fold_constants, g.finish());
  CHECK(node_lines(graph).size() == 1);
  const ValueId constant = graph.nodes()[0].inputs[1];
  REQUIRE(graph.value(constant).is_constant);
  CHECK(graph.value(constant).constant.f32()[0] == 1.0f);
}

TEST_CASE("compiler: a constant that is also an output is folded and kept") {
  GraphBuilder g;
  const ValueId x = g.input({2});
  const ValueId c = g.unary(Act::Exp, g.constant({2}, {0, 1}));
  g.output(g.binary(BinaryFn::Add, x, c));
  g.output(c, "c");
  const Graph graph = after(fold_constants, g.finish());
  CHECK(graph.nodes().size() == 1);
  CHECK(graph.value(graph.entries[0].outputs[1].value).is_constant);
}

TEST_CASE("compiler: constants a small file asks for without end are refused") {
  GraphBuilder g;
  const ValueId x = g.input({1});
  ValueId c = g.binary(BinaryFn::Add, g.random_constant({16384, 1}), g.random_constant({1, 16384}));
  c = g.reshape(g.slice(g.slice(c, 0, 0, 1, 1), 1, 0, 1, 1), {1});
  g.output(g.binary(BinaryFn::Add, x, c));
  Graph graph = g.finish();
  CHECK(fold_constants(graph).rule() == format::rule::C216_LimitReached);
}

TEST_CASE("compiler: nodes that give back what they get go") {
  GraphBuilder g;
  ValueId y = g.input({6});
  y = g.unary(Act::None, y);
  y = g.reshape(y, {6});
  y = g.cast(y, DType::F32);
  y = g.slice(y, 0, 0, 1, 6);
  y = g.concat({y}, 0);
  y = g.clip(y, -INFINITY, INFINITY);
  y = g.unary(Act::Tanh, y);
  y = g.unary(Act::None, y);
  g.output(y);
  CHECK(node_lines(after(drop_identity, g.finish())) == Lines{"%1 = Unary.Tanh(x) [*, 6] f32"});
}

TEST_CASE("compiler: of reshapes in a row only the last one counts") {
  GraphBuilder g;
  const ValueId x = g.input({6});
  g.output(g.unary(Act::Tanh, g.reshape(g.reshape(x, {2, 3}), {3, 2})));
  g.output(g.unary(Act::Exp, g.reshape(g.reshape(x, {2, 3}), {6})), "back");
  const Graph graph = after(drop_identity, g.finish());
  CHECK(count(graph, "Reshape") == 1);
}

TEST_CASE("compiler: an identity between input and output leaves the output on the input") {
  GraphBuilder g;
  const ValueId x = g.input({2});
  g.output(g.unary(Act::None, x));
  const Graph graph = after(drop_identity, g.finish());
  CHECK(graph.nodes().empty());
  CHECK(graph.value(graph.entries[0].outputs[0].value).is_input);
}

TEST_CASE("compiler: equal nodes are computed once, different ones apart") {
  GraphBuilder g;
  const ValueId x = g.input({4});
  const ValueId a = g.unary(Act::LeakyRelu, x, {0.1, 0}), b = g.unary(Act::LeakyRelu, x, {0.1, 0});
  const ValueId c = g.unary(Act::LeakyRelu, x, {0.2, 0});
  const ValueId p = g.slice(x, 0, 0, 1, 2), q = g.slice(x, 0, 0, 1, 3);
  g.output(g.concat({g.binary(BinaryFn::Add, a, b), g.binary(BinaryFn::Add, a, c), p, q}, 0));
  const Graph graph = after(share_equal, g.finish());
  CHECK(count(graph, "Unary.LeakyRelu") == 2);
  CHECK(count(graph, "Slice") == 2);
}

TEST_CASE("compiler: what no output needs goes, inputs stay") {
  GraphBuilder g;
  const ValueId x = g.input({4});
  g.input({2}, "unused");
  g.unary(Act::Exp, g.unary(Act::Tanh, x));
  g.output(g.unary(Act::Neg, x));
  Graph graph = g.finish();
  REQUIRE(drop_dead(graph).ok());
  CHECK(graph.nodes().size() == 1);
  CHECK(graph.entries[0].inputs.size() == 2);
  CHECK(check(graph).ok());
}

TEST_CASE("compiler: a dense layer takes over the activation behind it") {
  GraphBuilder g;
  g.output(g.unary(Act::LeakyRelu, g.dense(g.input({4}), 3), {0.1, 0}));
  const Graph graph = after(fuse_activation, g.finish());
  CHECK(node_lines(graph) == Lines{"%3 = Dense.LeakyRelu(x, %1, %2) {0.1, 0} [*, 3] f32"});
}

TEST_CASE("compiler: a layer whose sum is needed elsewhere keeps its activation apart") {
  GraphBuilder g;
  const ValueId sum = g.dense(g.input({4}), 3);
  g.output(g.unary(Act::Relu, sum));
  g.output(sum, "sum");
  CHECK(count(after(fuse_activation, g.finish()), "Dense") == 1);
}

}  // namespace
}  // namespace mle::testing
