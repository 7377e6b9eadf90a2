// Activations spelled out, in the ways exporters and people do it, become one node.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/check.h"
#include "compiler/passes/passes.h"
#include "tests/compiler/graphs.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

namespace mle::testing {
namespace {

using Spelling = std::function<ValueId(GraphBuilder&, ValueId)>;

constexpr float kRoot2 = std::numbers::sqrt2_v<float>;
const float kK = std::sqrt(2 / std::numbers::pi_v<float>);

// A layer, the spelling, all passes.
Graph passed(const Spelling& spell, double most = 1e-5) {
  GraphBuilder g;
  const ValueId x = g.dense(g.input({6}), 8);
  g.output(spell(g, x));
  const Graph before = g.finish();
  Graph graph = before;
  const Status status = run_passes(graph);
  REQUIRE_MESSAGE(status.ok(), status.message());
  CHECK(difference(before, graph) <= most);
  return graph;
}

// Whether the spelling became the dense layer's own activation.
void becomes(const std::string& act, const Spelling& spell) {
  const Graph graph = passed(spell);
  CHECK(graph.nodes().size() == 1);
  CHECK(count(graph, "Dense." + act) == 1);
}

void stays(const Spelling& spell) { CHECK(passed(spell).nodes().size() > 1); }

constexpr auto kAdd = BinaryFn::Add, kMul = BinaryFn::Mul, kDiv = BinaryFn::Div,
               kSub = BinaryFn::Sub, kPow = BinaryFn::Pow;

TEST_CASE("compiler: GELU is found however its factors are written") {
  // x * (1 + erf(x / sqrt 2)) * 0.5, as torch's exporters write it
  becomes("Gelu", [](GraphBuilder& g, ValueId x) {
    const ValueId erf = g.unary(Act::Erf, g.binary(kDiv, x, g.scalar(kRoot2)));
    return g.binary(kMul, g.binary(kMul, x, g.binary(kAdd, erf, g.scalar(1))), g.scalar(0.5));
  });
  // 0.5 x * (1 + erf(x * 0.7071)), operands the other way round
  becomes("Gelu", [](GraphBuilder& g, ValueId x) {
    const ValueId erf = g.unary(Act::Erf, g.binary(kMul, g.scalar(1 / kRoot2), x));
    return g.binary(kMul, g.binary(kAdd, g.scalar(1), erf), g.binary(kMul, g.scalar(0.5), x));
  });
  // x * (0.5 + 0.5 erf)
  becomes("Gelu", [](GraphBuilder& g, ValueId x) {
    const ValueId erf = g.unary(Act::Erf, g.binary(kDiv, x, g.scalar(kRoot2)));
    return g.binary(kMul, x, g.binary(kAdd, g.scalar(0.5), g.binary(kDiv, erf, g.scalar(2))));
  });
  // 0.5 x + 0.5 x erf
  becomes("Gelu", [](GraphBuilder& g, ValueId x) {
    const ValueId erf = g.unary(Act::Erf, g.binary(kDiv, x, g.scalar(kRoot2)));
    const ValueId half = g.binary(kMul, x, g.scalar(0.5));
    return g.binary(kAdd, half, g.binary(kMul, half, erf));
  });
  // the constants as vectors over the columns
  becomes("Gelu", [](GraphBuilder& g, ValueId x) {
    const auto vector = [&](float e) { return g.constant({8}, std::vector<float>(8, e)); };
    const ValueId erf = g.unary(Act::Erf, g.binary(kDiv, x, vector(kRoot2)));
    return g.binary(kMul, g.binary(kMul, x, g.binary(kAdd, erf, vector(1))), vector(0.5));
  });
}

TEST_CASE("compiler: the tanh form of GELU is found with products and with Pow") {
  const auto with_cube = [](const Spelling& cube) {
    becomes("GeluTanh", [&](GraphBuilder& g, ValueId x) {
      const ValueId inner = g.binary(kAdd, x, g.binary(kMul, g.scalar(0.044715f), cube(g, x)));
      const ValueId t = g.unary(Act::Tanh, g.binary(kMul, g.scalar(kK), inner));
      const ValueId product = g.binary(kMul, x, g.binary(kAdd, g.scalar(1), t));
      return g.binary(kMul, g.scalar(0.5), product);
    });
  };
  with_cube([](GraphBuilder& g, ValueId x) { return g.binary(kMul, x, g.binary(kMul, x, x)); });
  with_cube([](GraphBuilder& g, ValueId x) { return g.binary(kMul, g.binary(kMul, x, x), x); });
  with_cube([](GraphBuilder& g, ValueId x) { return g.binary(kPow, x, g.scalar(3)); });
  // k x (1 + 0.044715 x^2)
  becomes("GeluTanh", [](GraphBuilder& g, ValueId x) {
    const ValueId square = g.binary(kPow, x, g.scalar(2));
    const ValueId factor = g.binary(kAdd, g.binary(kMul, square, g.scalar(0.044715f)), g.scalar(1));
    const ValueId u = g.binary(kMul, g.binary(kMul, x, g.scalar(kK)), factor);
    const ValueId t = g.unary(Act::Tanh, u);
    return g.binary(kMul, g.binary(kMul, x, g.scalar(0.5)), g.binary(kAdd, t, g.scalar(1)));
  });
}

TEST_CASE("compiler: what only looks like GELU stays as it is") {
  stays([](GraphBuilder& g, ValueId x) {  // another factor
    const ValueId erf = g.unary(Act::Erf, g.binary(kDiv, x, g.scalar(1.5)));
    return g.binary(kMul, g.binary(kMul, x, g.binary(kAdd, erf, g.scalar(1))), g.scalar(0.5));
  });
  stays([](GraphBuilder& g, ValueId x) {  // 1 - erf
    const ValueId erf = g.unary(Act::Erf, g.binary(kDiv, x, g.scalar(kRoot2)));
    return g.binary(kMul, g.binary(kMul, x, g.binary(kSub, g.scalar(1), erf)), g.scalar(0.5));
  });
  stays([](GraphBuilder& g, ValueId x) {  // another x
    const ValueId erf = g.unary(Act::Erf, g.binary(kDiv, x, g.scalar(kRoot2)));
    const ValueId other = g.unary(Act::Abs, x);
    return g.binary(kMul, g.binary(kMul, other, g.binary(kAdd, erf, g.scalar(1))), g.scalar(0.5));
  });
}

TEST_CASE("compiler: SiLU, hard swish and Mish are found in their products") {
  becomes("Silu",
          [](GraphBuilder& g, ValueId x) { return g.binary(kMul, x, g.unary(Act::Sigmoid, x)); });
  becomes("Silu",
          [](GraphBuilder& g, ValueId x) { return g.binary(kMul, g.unary(Act::Sigmoid, x), x); });
  becomes("HardSwish", [](GraphBuilder& g, ValueId x) {
    return g.binary(kMul, x, g.unary(Act::HardSigmoid, x, {double{1.0f / 6}, 0.5}));
  });
  becomes("HardSwish", [](GraphBuilder& g, ValueId x) {
    const ValueId relu6 = g.clip(g.binary(kAdd, x, g.scalar(3)), 0, 6);
    return g.binary(kDiv, g.binary(kMul, x, relu6), g.scalar(6));
  });
  becomes("Mish", [](GraphBuilder& g, ValueId x) {
    return g.binary(kMul, x, g.unary(Act::Tanh, g.unary(Act::Softplus, x)));
  });
}

TEST_CASE("compiler: a gate by another value is no SiLU") {
  stays([](GraphBuilder& g, ValueId x) {
    return g.binary(kMul, g.unary(Act::Abs, x), g.unary(Act::Sigmoid, x));
  });
  stays([](GraphBuilder& g, ValueId x) {
    return g.binary(kMul, x, g.unary(Act::HardSigmoid, x, {0.2, 0.5}));
  });
}

TEST_CASE("compiler: a sigmoid that is an output of its own is not hidden in a SiLU") {
  GraphBuilder g;
  const ValueId x = g.dense(g.input({6}), 8);
  const ValueId s = g.unary(Act::Sigmoid, x);
  g.output(g.binary(kMul, x, s));
  g.output(s, "gate");
  Graph graph = g.finish();
  REQUIRE(run_passes(graph).ok());
  CHECK(count(graph, "Unary.Sigmoid") == 1);
  CHECK(count(graph, "Binary.Mul") == 1);
}

TEST_CASE("compiler: softplus loses its threshold where that changes no float32") {
  const auto where = [](CompareFn fn, float threshold, bool x_first) {
    return [=](GraphBuilder& g, ValueId x) {
      const ValueId c = g.compare(fn, x, g.scalar(threshold));
      const ValueId soft = g.unary(Act::Softplus, x);
      return x_first ? g.select(c, x, soft) : g.select(c, soft, x);
    };
  };
  becomes("Softplus", where(CompareFn::Greater, 20, true));
  becomes("Softplus", where(CompareFn::GreaterEqual, 15, true));
  becomes("Softplus", where(CompareFn::LessEqual, 20, false));
  becomes("Softplus", where(CompareFn::Less, 20, false));
  stays(where(CompareFn::Greater, 2, true));
  stays(where(CompareFn::Less, 20, true));
  stays(where(CompareFn::Equal, 20, true));
  becomes("Softplus", [](GraphBuilder& g, ValueId x) {  // 20 < x
    return g.select(g.compare(CompareFn::Less, g.scalar(20), x), x, g.unary(Act::Softplus, x));
  });
}

TEST_CASE("compiler: softplus with beta keeps its factors and loses its threshold") {
  const Graph graph = passed([](GraphBuilder& g, ValueId x) {
    const ValueId scaled = g.binary(kMul, x, g.scalar(2));
    const ValueId soft = g.binary(kDiv, g.unary(Act::Softplus, scaled), g.scalar(2));
    return g.select(g.compare(CompareFn::Greater, scaled, g.scalar(20)), x, soft);
  });
  CHECK(count(graph, "Select") == 0);
  CHECK(count(graph, "Compare.Greater") == 0);
  CHECK(count(graph, "Dense.Softplus") == 1);
}

TEST_CASE("compiler: log(1 + exp x) and log(sigmoid x) do not overflow any more") {
  becomes("Softplus", [](GraphBuilder& g, ValueId x) {
    return g.unary(Act::Log, g.binary(kAdd, g.scalar(1), g.unary(Act::Exp, x)));
  });
  GraphBuilder g;
  g.output(g.unary(Act::Log, g.unary(Act::Sigmoid, g.input({1}))));
  Graph graph = g.finish();
  REQUIRE(run_passes(graph).ok());
  const auto y = evaluate_outputs(graph, {{-5000, 3, 5000}}, 3);
  REQUIRE(y.has_value());
  CHECK((*y)[0][0] == -5000);
  CHECK((*y)[0][1] == doctest::Approx(std::log(1 / (1 + std::exp(-3.0)))));
  CHECK((*y)[0][2] == 0);
}

TEST_CASE("compiler: 1 / (1 + e^-x) is a sigmoid in f32, and stays as it is in f64") {
  const auto spelled = [](GraphBuilder& g, ValueId x, const auto& one) {
    return g.binary(kAdd, g.unary(Act::Exp, g.unary(Act::Neg, x)), one);
  };
  becomes("Sigmoid", [&](GraphBuilder& g, ValueId x) {
    return g.binary(kDiv, g.scalar(1), spelled(g, x, g.scalar(1)));
  });
  becomes("Sigmoid", [&](GraphBuilder& g, ValueId x) {
    return g.unary(Act::Reciprocal, spelled(g, x, g.scalar(1)));
  });
  stays([&](GraphBuilder& g, ValueId x) {
    return g.binary(kDiv, g.scalar(2), spelled(g, x, g.scalar(1)));
  });
  stays([&](GraphBuilder& g, ValueId x) {
    return g.binary(kDiv, g.scalar(1), spelled(g, x, g.scalar(3)));
  });
  const Graph wide = passed([&](GraphBuilder& g, ValueId x) {
    const ValueId one = g.cast(g.scalar(1), DType::F64);
    return g.binary(kDiv, one, spelled(g, g.cast(x, DType::F64), one));
  });
  CHECK(count(wide, "Unary.Exp") == 1);
  CHECK(count(wide, "Unary.Sigmoid") == 0);
}

TEST_CASE("compiler: PRelu, Max and Min with one number are functions of one") {
  becomes("LeakyRelu", [](GraphBuilder& g, ValueId x) {
    return g.binary(BinaryFn::PRelu, x, g.constant({1}, {0.25f}));
  });
  becomes("Relu",
          [](GraphBuilder& g, ValueId x) { return g.binary(BinaryFn::Max, g.scalar(0), x); });
  const Graph clipped = passed([](GraphBuilder& g, ValueId x) {
    return g.binary(BinaryFn::Min, g.binary(BinaryFn::Max, x, g.scalar(-1)), g.scalar(1));
  });
  CHECK(node_lines(clipped)[1].find("Clip(%3) {-1, 1}") != std::string::npos);
  stays([](GraphBuilder& g, ValueId x) {
    return g.binary(BinaryFn::PRelu, x, g.random_constant({8}));
  });
  stays([](GraphBuilder& g, ValueId x) { return g.clip(g.clip(x, 1, 2), -2, -1); });
}

}  // namespace
}  // namespace mle::testing
