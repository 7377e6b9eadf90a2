// Normalisations spelled out become one node, and only those that are normalisations.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/check.h"
#include "compiler/passes/passes.h"
#include "tests/compiler/graphs.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace mle::testing {
namespace {

constexpr auto kAdd = BinaryFn::Add, kMul = BinaryFn::Mul, kDiv = BinaryFn::Div,
               kSub = BinaryFn::Sub, kPow = BinaryFn::Pow;

// How the parts of a normalisation are written.
struct Spelling {
  std::vector<uint32_t> axes = {1};
  bool centred = true;
  bool pow = true;          // of the square, else a product
  bool reciprocal = false;  // times 1 / sqrt, else divided
  bool factors = true;
  std::vector<uint32_t> variance_axes = {};  // others than those of the mean
  float eps = 1e-5f;
};

ValueId spelled(GraphBuilder& g, ValueId x, const Spelling& how) {
  const ValueId mean = g.reduce(ReduceFn::Mean, x, how.axes, true);
  const ValueId left = how.centred ? g.binary(kSub, x, mean) : x;
  const ValueId square = how.pow ? g.binary(kPow, left, g.scalar(2)) : g.binary(kMul, left, left);
  const auto& axes = how.variance_axes.empty() ? how.axes : how.variance_axes;
  const ValueId variance = g.reduce(ReduceFn::Mean, square, axes, true);
  const ValueId root = g.unary(Act::Sqrt, g.binary(kAdd, variance, g.scalar(how.eps)));
  const ValueId y = how.reciprocal ? g.binary(kMul, g.unary(Act::Reciprocal, root), left)
                                   : g.binary(kDiv, left, root);
  if (!how.factors) return y;
  const uint32_t n = g.graph.value(x).fact.dims.back();
  return g.binary(kAdd, g.binary(kMul, y, g.random_constant({n})), g.random_constant({1, n}));
}

Graph passed(const Spelling& how) {
  GraphBuilder g;
  g.output(spelled(g, g.input({3, 8}), how));
  const Graph before = g.finish();
  Graph graph = before;
  const Status status = run_passes(graph);
  REQUIRE_MESSAGE(status.ok(), status.message());
  CHECK(difference(before, graph) <= 1e-5);
  return graph;
}

TEST_CASE("compiler: layer normalisation is found however it is written, with its factors") {
  for (const bool pow : {false, true})
    for (const bool reciprocal : {false, true}) {
      Spelling how;
      how.pow = pow;
      how.reciprocal = reciprocal;
      const Graph graph = passed(how);
      CHECK(graph.nodes().size() == 1);
      CHECK(count(graph, "LayerNorm") == 1);
      CHECK(graph.nodes()[0].inputs.size() == 3);
    }
}

TEST_CASE("compiler: RMS normalisation and one over two axes are found, too") {
  Spelling how;
  how.centred = false;
  CHECK(passed(how).nodes().size() == 1);
  how = {};
  how.axes = {0, 1};
  how.factors = false;
  const Graph graph = passed(how);
  CHECK(graph.nodes().size() == 1);
  CHECK(graph.nodes()[0].iattr == std::vector<uint32_t>{0, 0});
}

TEST_CASE("compiler: what is no normalisation stays as it is") {
  Spelling how;
  how.axes = {0};  // not the last one
  CHECK(count(passed(how), "LayerNorm") == 0);
  how = {};
  how.variance_axes = {0, 1};
  CHECK(count(passed(how), "LayerNorm") == 1);  // of squares, after the mean is taken off
  how = {};
  how.eps = -1e-5f;
  how.factors = false;
  CHECK(count(passed(how), "LayerNorm") == 0);
}

TEST_CASE("compiler: a normalised value that is needed twice keeps its factors outside") {
  GraphBuilder g;
  const ValueId x = g.input({8});
  Spelling how;
  how.axes = {0};
  how.factors = false;
  const ValueId y = spelled(g, x, how);
  g.output(y, "plain");
  g.output(g.binary(kMul, y, g.random_constant({8})), "scaled");
  const Graph before = g.finish();
  Graph graph = before;
  REQUIRE(run_passes(graph).ok());
  CHECK(difference(before, graph) <= 1e-5);
  CHECK(count(graph, "LayerNorm") == 1);
}

}  // namespace
}  // namespace mle::testing
