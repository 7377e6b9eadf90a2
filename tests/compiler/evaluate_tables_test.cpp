// The judge of Products, Piecewise and Couple, judged by hand, and their shape rules.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/infer.h"
#include "format/rules.h"
#include "tests/compiler/graphs.h"

#include <doctest/doctest.h>

#include <cmath>

namespace mle::testing {
namespace {

using format::Outside;

Node products(ValueId x, uint32_t degree, std::vector<uint32_t> columns) {
  Node node;
  node.kind = OpKind::Products;
  node.inputs = {x};
  node.iattr = {degree};
  node.indices = std::move(columns);
  return node;
}

Node piecewise(ValueId x, ValueId breaks, ValueId coefficients, uint32_t side, Outside outside) {
  Node node;
  node.kind = OpKind::Piecewise;
  node.inputs = {x, breaks, coefficients};
  node.iattr = {side, static_cast<uint32_t>(outside)};
  return node;
}

Elements answer(GraphBuilder& g, const Node& node, const Elements& x, size_t rows) {
  g.output(add_inferred(g.graph, node).or_exit());
  const auto outputs = evaluate_outputs(g.finish(), {x}, rows);
  REQUIRE_MESSAGE(outputs.has_value(), outputs.error().message());
  return (*outputs)[0];
}

TEST_CASE("compiler: the judge multiplies the columns that are named") {
  GraphBuilder g;
  const Node node = products(g.input({3}), 2, {0, 2, format::kNoFactor, 1, 1, 1});
  CHECK(answer(g, node, {1, 2, 3, 4, 5, 6}, 2) == Elements{3, 2, 4, 24, 5, 25});
}

TEST_CASE("compiler: the judge looks a piecewise polynomial up, several per column") {
  for (uint32_t side : {0u, 1u}) {
    GraphBuilder g;
    const ValueId x = g.input({1});
    const Node node = piecewise(x, g.constant({1, 2}, {0, 2}),
                                g.constant({1, 3, 2, 2}, {-1, 0, 5, 1, 10, 1, 5, 0, 20, 3, 5, -1}),
                                side, Outside::Polynomial);
    // At a break the side decides; 2 lies 2 behind the first break, or 0 behind the second.
    const Elements at_two = side == 1 ? Elements{20, 5} : Elements{12, 5};
    CHECK(answer(g, node, {-4, 1, 2, 3}, 4) == Elements{-1, 1, 11, 5, at_two[0], at_two[1], 23, 4});
  }
}

TEST_CASE("compiler: the judge clamps what lies outside, or makes it NaN") {
  for (Outside outside : {Outside::Clamp, Outside::NaN}) {
    GraphBuilder g;
    const ValueId x = g.input({1});
    const Node node = piecewise(x, g.constant({1, 2}, {0, 2}),
                                g.constant({1, 3, 1, 2}, {1, 9, 1, 2, 5, 9}), 1, outside);
    const Elements y = answer(g, node, {-3, 1, 4, NAN}, 4);
    CHECK(y[1] == 3);
    CHECK(std::isnan(y[3]));
    CHECK((outside == Outside::Clamp ? y[0] == 1 && y[2] == 5
                                     : std::isnan(y[0]) && std::isnan(y[2])));
  }
}

TEST_CASE("compiler: the judge couples pairs as libsvm does") {
  GraphBuilder g;
  Node node;
  node.kind = OpKind::Couple;
  node.inputs = {g.input({3})};
  const Elements y = answer(
      g, node, {0.36740170911386566, 0.999718483274925, 0.9620307188545332, NAN, 0.5, 0.5}, 2);
  const double theirs[] = {0.36342381460281903, 0.6245215763877996, 0.012054609009381287};
  for (size_t i = 0; i < 3; ++i) {
    CHECK(std::abs(y[i] - theirs[i]) < 1e-15);
    CHECK(std::isnan(y[3 + i]));
  }
  GraphBuilder odd;
  node.inputs = {odd.input({4})};
  const auto refused = add_inferred(odd.graph, node);
  REQUIRE(!refused.has_value());
  CHECK(refused.error().rule() == format::rule::C208_Shape);
}

TEST_CASE("compiler: the judge has no answer outside, where it is told so") {
  GraphBuilder g;
  const ValueId x = g.input({1});
  const Node node = piecewise(x, g.constant({1, 2}, {0, 2}), g.constant({1, 3, 1, 1}, {1, 2, 3}), 1,
                              Outside::Fault);
  g.output(add_inferred(g.graph, node).or_exit());
  const Graph graph = g.finish();
  CHECK(evaluate_outputs(graph, {{0.0, 2.0}}, 2).or_exit()[0] == Elements{2, 3});
  const auto outside = evaluate_outputs(graph, {{0.0, 2.5}}, 2);
  REQUIRE(!outside.has_value());
  CHECK(outside.error().rule() == format::rule::R117_NoAnswer);
}

TEST_CASE("compiler: products and piecewise polynomials of wrong shape are refused") {
  GraphBuilder g;
  const ValueId x = g.input({3});
  const ValueId breaks = g.constant({3, 2}, std::vector<float>(6));
  const ValueId terms = g.constant({3, 3, 1, 1}, std::vector<float>(9));
  CHECK(infer(g.graph, piecewise(x, breaks, terms, 1, Outside::Fault)).has_value());
  CHECK(!infer(g.graph, piecewise(x, breaks, breaks, 1, Outside::Fault)).has_value());
  CHECK(!infer(g.graph, piecewise(x, terms, breaks, 1, Outside::Fault)).has_value());
  CHECK(!infer(g.graph, piecewise(x, breaks, terms, 2, Outside::Fault)).has_value());
  CHECK(!infer(g.graph, piecewise(x, x, terms, 1, Outside::Fault)).has_value());
  CHECK(
      !infer(g.graph, piecewise(g.input({2}, "z"), breaks, terms, 1, Outside::Fault)).has_value());
  CHECK(infer(g.graph, products(x, 2, {0, 2})).has_value());
  CHECK(!infer(g.graph, products(x, 2, {0, 3})).has_value());
  CHECK(!infer(g.graph, products(x, 2, {0, 1, 2})).has_value());
  CHECK(!infer(g.graph, products(x, 0, {})).has_value());
}

}  // namespace
}  // namespace mle::testing
