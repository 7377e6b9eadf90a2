// The judge, judged by hand.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/evaluate.h"

#include "tests/compiler/graphs.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace mle::testing {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

// The first output for one row of the first input.
Elements answer(const Graph& graph, const Elements& x, size_t rows = 1) {
  const auto outputs = evaluate_outputs(graph, {x}, rows);
  REQUIRE_MESSAGE(outputs.has_value(), outputs.error().message());
  return (*outputs)[0];
}

TEST_CASE("compiler: the judge multiplies, adds and activates a dense layer row by row") {
  GraphBuilder g;
  const ValueId x = g.input({2});
  Node node;
  node.kind = OpKind::Dense;
  node.act = Act::Relu;
  node.inputs = {x, g.constant({2, 3}, {1, 2, 3, 4, 5, 6}), g.constant({3}, {0, 0, -100})};
  g.output(g.graph.add_node(node, {DType::F32, Rows::PerRow, {3}}));
  CHECK(answer(g.finish(), {1, 1, 2, -1}, 2) == Elements{5, 7, 0, 0, 0, 0});
}

TEST_CASE("compiler: the judge broadcasts along any axis") {
  GraphBuilder g;
  const ValueId x = g.input({2, 3});
  const ValueId y = g.binary(BinaryFn::Sub, x, g.constant({2, 1}, {10, 20}));
  g.output(g.binary(BinaryFn::Mul, y, g.constant({3}, {1, 2, 3})));
  CHECK(answer(g.finish(), {0, 1, 2, 3, 4, 5}) == Elements{-10, -18, -24, -17, -32, -45});
}

TEST_CASE("compiler: the judge slices, joins and reshapes inner axes") {
  GraphBuilder g;
  const ValueId x = g.input({2, 3});
  const ValueId tail = g.slice(x, 1, 0, 2, 2);
  g.output(g.reshape(g.concat({tail, x}, 1), {10}));
  CHECK(answer(g.finish(), {0, 1, 2, 3, 4, 5}) == Elements{0, 2, 0, 1, 2, 3, 5, 3, 4, 5});
}

TEST_CASE("compiler: softmax sums to one along its axis, huge numbers included") {
  GraphBuilder g;
  g.output(g.softmax(g.input({2, 2}), 0));
  const Elements y = answer(g.finish(), {1000, 1, 1000, 3});
  CHECK(y[0] == doctest::Approx(0.5));
  CHECK(y[1] + y[3] == doctest::Approx(1));
  CHECK(y[3] / y[1] == doctest::Approx(std::exp(2)));
}

TEST_CASE("compiler: log-softmax is the logarithm of softmax where that does not underflow") {
  GraphBuilder g;
  g.output(g.softmax(g.input({2}), 0, OpKind::LogSoftmax));
  const Elements y = answer(g.finish(), {0, 2000});
  CHECK(y[0] == doctest::Approx(-2000));
  CHECK(y[1] == doctest::Approx(0));
}

TEST_CASE("compiler: arg-max takes the first or last of equals, and NaN before all") {
  GraphBuilder first, last;
  first.output(first.argmax(first.input({4}), 0));
  last.output(last.argmax(last.input({4}), 0, true));
  CHECK(answer(first.finish(), {1, 7, 7, 2}) == Elements{1});
  CHECK(answer(last.finish(), {1, 7, 7, 2}) == Elements{2});
  CHECK(answer(first.finish(), {1, NAN, 7, NAN}) == Elements{1});
  CHECK(answer(last.finish(), {1, NAN, 7, NAN}) == Elements{3});
}

TEST_CASE("compiler: NaN passes through comparing activations and clip") {
  GraphBuilder g;
  const ValueId x = g.input({1});
  ValueId y = g.unary(Act::Relu, x);
  y = g.unary(Act::LeakyRelu, y, {0.1, 0});
  y = g.clip(y, -1, 1);
  y = g.binary(BinaryFn::Max, y, g.scalar(0));
  g.output(y);
  CHECK(std::isnan(answer(g.finish(), {NAN})[0]));
  CHECK(answer(g.finish(), {-3}) == Elements{0});
}

TEST_CASE("compiler: activations keep their digits in both tails") {
  CHECK(apply(Act::Softplus, 800, 0, 0) == 800);
  CHECK(apply(Act::Softplus, -40, 0, 0) == doctest::Approx(std::exp(-40)));
  CHECK(apply(Act::Gelu, -10, 0, 0) == doctest::Approx(-7.619853024160526e-23));
  CHECK(apply(Act::GeluTanh, -6, 0, 0) < 0);
  CHECK(apply(Act::Sigmoid, -1000, 0, 0) == 0);
  CHECK(apply(Act::Elu, -1e-20, 1, 0) == -1e-20);
  CHECK(apply(Act::Mish, 1000, 0, 0) == 1000);
  CHECK(apply(Act::Selu, 2, 1.5, 3) == 6);
}

TEST_CASE("compiler: casts cut towards zero, stay in range and know what is true") {
  CHECK(convert(-2.9, DType::I32) == -2);
  CHECK(convert(300, DType::U8) == 255);
  CHECK(convert(-1, DType::U64) == 0);
  CHECK(convert(kInf, DType::I64) == static_cast<double>(std::numeric_limits<int64_t>::max()));
  CHECK(convert(NAN, DType::I16) == 0);
  CHECK(convert(0.1, DType::F32) == static_cast<double>(0.1f));
  CHECK(convert(NAN, DType::Bool) == 1);
  CHECK(convert(-0.0, DType::Bool) == 0);
  CHECK(cast(300, DType::I32, DType::U8) == 44);
  CHECK(cast(-1, DType::I64, DType::U16) == 65535);
  CHECK(cast(300, DType::F32, DType::U8) == 255);
  CHECK(cast(0.1, DType::F32, DType::F32) == 0.1);
}

TEST_CASE("compiler: constants go to bytes and back in every dtype") {
  const Elements numbers = {0, 1, 2, 100};
  for (DType dtype : {DType::F32, DType::F64, DType::I8, DType::U8, DType::I16, DType::U16,
                      DType::I32, DType::U32, DType::I64, DType::U64}) {
    CAPTURE(name_of(dtype));
    Value value;
    value.fact = {dtype, Rows::Whole, {4}};
    value.constant = make_constant(numbers, dtype);
    CHECK(value.constant.bytes.size() == 4 * size_of(dtype));
    CHECK(*read_constant(value) == numbers);
  }
}

TEST_CASE("compiler: integers that a double cannot hold keep every digit") {
  constexpr int64_t kBig = 9007199254740993;  // 2^53 + 1
  const Elements big = from_integers({kBig, -1}, DType::I64);
  CHECK(big.integer(0, DType::I64) == kBig);
  CHECK(big.integer(1, DType::I64) == -1);
  const Constant bytes = make_constant(big, DType::I64);
  CHECK(*read_elements(DType::I64, bytes.bytes) == big);
  CHECK(cast(big, DType::I64, DType::U8) == Elements{1, 255});
  const Elements most = from_integers({-1}, DType::U64);
  CHECK(most[0] == 0x1p64);
  CHECK(cast(most, DType::U64, DType::I32) == Elements{-1});
}

TEST_CASE("compiler: integers and strings are moved, compared and computed in full") {
  constexpr int64_t kBig = 9007199254740993;
  GraphBuilder g;
  const ValueId x = g.graph.add_input("x", {DType::I64, Rows::PerRow, {2}});
  g.graph.entries[0].inputs.push_back({x, "x", {}, {}});
  const ValueId last = g.slice(x, 0, 1, 1, 1), first = g.slice(x, 0, 0, 1, 1);
  const ValueId turned = g.concat({last, first}, 0);
  g.output(turned, "turned");
  g.output(g.binary(BinaryFn::Sub, x, turned), "difference");
  g.output(g.compare(CompareFn::Less, x, turned), "less");
  const auto y =
      evaluate_outputs(g.finish(), {from_integers({kBig, kBig - 1}, DType::I64)}, 1).or_exit();
  CHECK(y[0] == from_integers({kBig - 1, kBig}, DType::I64));
  CHECK(y[1] == Elements{1, -1});
  CHECK(y[2] == Elements{0, 1});
}

TEST_CASE("compiler: rows do not see each other") {
  const Graph graph = random_network(4);
  const size_t rows = 5;
  const std::vector<Elements> inputs = random_inputs(graph, rows);
  const auto together = evaluate_outputs(graph, inputs, rows);
  REQUIRE(together.has_value());
  for (size_t r = 0; r < rows; ++r) {
    std::vector<Elements> one;
    for (const Elements& all : inputs) {
      const auto width = static_cast<ptrdiff_t>(all.size() / rows);
      const auto begin = all.begin() + static_cast<ptrdiff_t>(r) * width;
      one.emplace_back(begin, begin + width);
    }
    const auto alone = evaluate_outputs(graph, one, 1);
    REQUIRE(alone.has_value());
    for (size_t o = 0; o < alone->size(); ++o)
      for (size_t i = 0; i < (*alone)[o].size(); ++i)
        CHECK((*alone)[o][i] == (*together)[o][r * (*alone)[o].size() + i]);
  }
}

TEST_CASE("compiler: rows that do not fit the inputs are refused, not read beyond") {
  GraphBuilder g;
  g.output(g.unary(Act::Tanh, g.input({3})));
  const Graph graph = g.finish();
  CHECK_FALSE(evaluate(graph, {Elements(5)}, 2).has_value());
  CHECK_FALSE(evaluate(graph, {}, 1).has_value());
  CHECK(evaluate(graph, {Elements(6)}, 2).has_value());
}

}  // namespace
}  // namespace mle::testing
