// Ops that sum over axes or pick along one answer as the judge does, in every dtype they take.
// SPDX-License-Identifier: Apache-2.0
#include <mle/mle.h>

#include "compiler/emit/emit.h"
#include "compiler/evaluate/evaluate.h"
#include "compiler/golden.h"
#include "tests/compiler/graphs.h"
#include "tests/support/tiny_models.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace mle::testing {
namespace {

using Axes = std::vector<uint32_t>;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Loaded {
  AlignedBytes bytes;
  Model model;
};

// The graph as it is, without passes.
Loaded loaded(const Graph& graph, std::string_view isa = {}) {
  EmitOptions options;
  options.golden = judge_golden_rows(graph, 2).or_exit();
  const auto writer = emit(graph, options);
  REQUIRE_MESSAGE(writer.has_value(), writer.error().message());
  AlignedBytes bytes(writer->size());
  REQUIRE(writer->write(bytes.span()).ok());
  LoadOptions load;
  load.isa = isa;
  auto model = Model::from_memory(bytes.span(), load);
  REQUIRE_MESSAGE(model.has_value(), model.error().message());
  return {std::move(bytes), *std::move(model)};
}

// What the runtime says of the first entry, as doubles.
std::vector<Elements> ran(const Graph& graph, const std::vector<Elements>& inputs, size_t rows,
                          std::string_view isa = {}) {
  const Loaded file = loaded(graph, isa);
  Session session = Session::make(file.model).or_exit();
  const GraphEntry& entry = graph.entries[0];
  std::vector<Constant> fed;
  std::vector<std::vector<std::byte>> got;
  std::vector<In> in;
  std::vector<Out> out;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const DType dtype = graph.value(entry.inputs[i].value).fact.dtype;
    fed.push_back(make_constant(inputs[i], dtype));
    in.emplace_back(dtype, fed.back().bytes.data(), inputs[i].size());
  }
  for (const GraphPort& port : entry.outputs) {
    const Fact& fact = graph.value(port.value).fact;
    const size_t count = element_count(fact.dims) * (fact.rows == Rows::PerRow ? rows : 1);
    got.emplace_back(count * size_of(fact.dtype));
    out.emplace_back(fact.dtype, got.back().data(), count);
  }
  const Status status = session.run(in, out);
  REQUIRE_MESSAGE(status.ok(), status.message());
  std::vector<Elements> answers;
  for (size_t o = 0; o < got.size(); ++o) {
    Value value;
    value.fact = graph.value(entry.outputs[o].value).fact;
    value.constant = Constant::from_bytes(got[o]);
    answers.push_back(read_constant(value).or_exit());
  }
  return answers;
}

// `epsilon` times the largest of all is how far a float may be off.
void check_judged(const Graph& graph, const std::vector<Elements>& inputs, size_t rows,
                  double epsilon) {
  const auto judged = evaluate_outputs(graph, inputs, rows);
  REQUIRE(judged.has_value());
  for (const std::string_view isa : {"", "sse2"}) {
    const std::vector<Elements> answers = ran(graph, inputs, rows, isa);
    for (size_t o = 0; o < judged->size(); ++o) {
      double largest = 1;
      for (const double y : (*judged)[o])
        if (std::isfinite(y)) largest = std::max(largest, std::abs(y));
      size_t wrong = 0;
      for (size_t i = 0; i < (*judged)[o].size(); ++i) {
        const double want = (*judged)[o][i], is = answers[o][i];
        const bool fits = std::isnan(want)   ? std::isnan(is)
                          : std::isinf(want) ? is == want
                                             : std::abs(is - want) <= epsilon * largest;
        if (!fits && ++wrong == 1)
          MESSAGE("output ", o, " element ", i, ": judge ", want, ", answer ", is);
      }
      CHECK(wrong == 0);
    }
  }
}

// A graph of one input of that dtype.
struct OneInput {
  GraphBuilder g;
  ValueId x;
  OneInput(Dims dims, DType dtype) : x(g.input(std::move(dims))) {
    g.graph.value(x).fact.dtype = dtype;
  }
};

double epsilon_of(DType dtype) {
  return dtype == DType::F32 ? 3e-6 : dtype == DType::F64 ? 1e-14 : 0;
}

// Numbers that every dtype holds.
std::vector<Elements> whole_numbers(const Graph& graph, size_t rows, uint64_t seed) {
  std::vector<Elements> inputs = random_inputs(graph, rows, seed);
  for (Elements& input : inputs)
    for (double& x : input) x = std::round(x * 4);
  return inputs;
}

const DType kDTypes[] = {DType::F32, DType::F64, DType::I32, DType::I64};
bool is_float(DType dtype) { return dtype == DType::F32 || dtype == DType::F64; }

TEST_CASE("sums: Reduce over any axes of a row gives what the judge gives") {
  const Dims dims = {3, 1, 19, 2, 17};
  const Axes choices[] = {
      {0}, {1}, {4}, {2}, {0, 4}, {1, 2, 3}, {0, 2, 4}, {2, 4}, {0, 1, 2, 3, 4}, {3, 4}, {0, 3}};
  for (const DType dtype : kDTypes) {
    for (uint32_t fn = 0; fn < uint32_t{format::kReduceFnCount}; ++fn) {
      const auto function = static_cast<ReduceFn>(fn);
      const bool of_floats = function == ReduceFn::Mean || function == ReduceFn::SumSquare;
      if (of_floats && !is_float(dtype)) continue;
      CAPTURE(name_of(dtype));
      CAPTURE(fn);
      OneInput one(dims, dtype);
      for (size_t i = 0; i < std::size(choices); ++i)
        one.g.output(one.g.reduce(function, one.x, choices[i], i % 2 == 0),
                     ("y" + std::to_string(i)).c_str());
      const Graph graph = one.g.finish();
      auto inputs = whole_numbers(graph, 3, fn);
      if (function == ReduceFn::Prod)
        for (double& x : inputs[0]) x = x > 0 ? 1 : -1;
      check_judged(graph, inputs, 3, epsilon_of(dtype));
      check_judged(graph, {Elements()}, 0, 0);
      if (is_float(dtype) && function != ReduceFn::Prod)
        check_judged(graph, random_inputs(graph, 2, 9), 2, epsilon_of(dtype));
    }
  }
}

TEST_CASE("sums: Reduce of every width along the last axis and the first") {
  for (const DType dtype : {DType::F32, DType::F64}) {
    for (const uint32_t n : {1u, 2u, 15u, 16u, 17u, 31u, 32u, 33u, 100u, 257u}) {
      OneInput one({n}, dtype);
      one.g.output(one.g.reduce(ReduceFn::Sum, one.x, {0}), "sum");
      const ValueId rows = one.g.reshape(one.x, {n, 1});
      one.g.output(one.g.reduce(ReduceFn::Max, rows, {0, 1}), "max");
      one.g.output(one.g.reduce(ReduceFn::Min, one.g.concat({rows, rows, rows}, 1), {0}), "min");
      const Graph graph = one.g.finish();
      check_judged(graph, random_inputs(graph, 5, n), 5, epsilon_of(dtype));
    }
  }
}

TEST_CASE("sums: the bits of a sum are the same whichever axis it runs along") {
  for (const uint32_t n : {3u, 16u, 40u}) {
    GraphBuilder g;
    const ValueId x = g.input({n});
    g.output(g.reduce(ReduceFn::Sum, x, {0}), "along");
    g.output(
        g.reduce(ReduceFn::Sum, g.concat({g.reshape(x, {n, 1}), g.reshape(x, {n, 1})}, 1), {0}),
        "beside");
    const Graph graph = g.finish();
    const auto answers = ran(graph, random_inputs(graph, 11, n), 11);
    for (size_t r = 0; r < 11; ++r) CHECK(answers[0][r] == answers[1][2 * r + 1]);
  }
}

TEST_CASE("sums: a NaN makes sums, means, the largest and the smallest NaN, infinities stay") {
  for (const DType dtype : {DType::F32, DType::F64}) {
    OneInput one({20}, dtype);
    for (const ReduceFn fn : {ReduceFn::Sum, ReduceFn::Mean, ReduceFn::Max, ReduceFn::Min,
                              ReduceFn::Prod, ReduceFn::SumSquare})
      one.g.output(one.g.reduce(fn, one.x, {0}),
                   ("y" + std::to_string(static_cast<int>(fn))).c_str());
    const Graph graph = one.g.finish();
    for (const double odd : {kNan, kInfinity, -kInfinity})
      for (const size_t at : {0u, 5u, 17u}) {
        Elements row(20, 1.0);
        row[at] = odd;
        check_judged(graph, {row}, 1, epsilon_of(dtype));
      }
    check_judged(graph, {Elements(20, -kInfinity)}, 1, 0);
  }
}

TEST_CASE("sums: sums and products of integers wrap") {
  OneInput one({3}, DType::I32);
  one.g.output(one.g.reduce(ReduceFn::Sum, one.x, {0}), "sum");
  one.g.output(one.g.reduce(ReduceFn::Prod, one.x, {0}), "product");
  one.g.output(one.g.cumsum(one.x, 0), "running");
  const Graph graph = one.g.finish();
  const auto y = ran(graph, {{2147483647, 2, 3}}, 1);
  CHECK(y[0] == Elements{-2147483644});
  CHECK(y[1] == Elements{-6});
  CHECK(y[2] == Elements{2147483647, -2147483647, -2147483644});
}

TEST_CASE("sums: MatMul of rows with rows, with constants on either side, broadcast") {
  for (const DType dtype : kDTypes) {
    GraphBuilder g;
    const ValueId a = g.input({2, 1, 5, 7}, "a"), b = g.input({1, 3, 7, 18}, "b");
    for (const ValueId id : {a, b}) g.graph.value(id).fact.dtype = dtype;
    const auto constant = [&](Dims dims) {
      const Elements elements = {1, -2, 3, 0, 5, -6, 7};
      Elements all(element_count(dims));
      for (size_t i = 0; i < all.size(); ++i) all[i] = elements[i % 7];
      return g.graph.add_constant("", dtype, dims, make_constant(all, dtype));
    };
    g.output(g.matmul(a, b), "both");
    g.output(g.matmul(a, constant({7, 3})), "right");
    g.output(g.matmul(constant({4, 5}), a), "left");
    g.output(g.matmul(constant({2, 3, 1, 5}), a), "broadcast");
    g.output(g.matmul(g.reshape(b, {21, 18}), constant({18, 1})), "column");
    const Graph graph = g.finish();
    check_judged(graph, whole_numbers(graph, 3, 4), 3, epsilon_of(dtype));
  }
}

TEST_CASE("sums: MatMul of all sizes, and in whole models") {
  for (const uint32_t m : {1u, 3u, 4u, 9u})
    for (const uint32_t n : {1u, 15u, 16u, 33u}) {
      GraphBuilder g(Rows::Whole);
      const ValueId a = g.input({m, 11}, "a"), b = g.input({11, n}, "b");
      g.output(g.matmul(a, b));
      const Graph graph = g.finish();
      check_judged(graph, random_inputs(graph, 1, m * 100 + n), 1, 3e-6);
    }
}

TEST_CASE("sums: ReduceRows takes all rows of a call, and golden rows are one batch") {
  for (const DType dtype : {DType::F32, DType::F64}) {
    GraphBuilder g;
    const ValueId x = g.cast(g.input({3, 4}), dtype);
    const ValueId most = g.reduce_rows(ReduceFn::Max, x);
    const ValueId least = g.reduce_rows(ReduceFn::Min, g.reduce(ReduceFn::Min, x, {0, 1}));
    const ValueId range = g.binary(BinaryFn::Sub, most, least);
    const ValueId scaled = g.binary(BinaryFn::Div, x, range);
    g.output(g.binary(BinaryFn::Sub, scaled, g.reduce_rows(ReduceFn::Max, scaled)));
    const Graph graph = g.finish();
    REQUIRE(graph.rows_mix());
    check_judged(graph, random_inputs(graph, 37), 37, epsilon_of(dtype));
  }
}

TEST_CASE("sums: CumSum along any axis, exclusive and from the end") {
  for (const DType dtype : kDTypes) {
    OneInput one({3, 4, 5}, dtype);
    for (uint32_t axis = 0; axis < 3; ++axis)
      for (int way = 0; way < 4; ++way)
        one.g.output(one.g.cumsum(one.x, axis, way & 1, way & 2),
                     ("y" + std::to_string(axis * 4 + static_cast<uint32_t>(way))).c_str());
    const Graph graph = one.g.finish();
    check_judged(graph, whole_numbers(graph, 3, 1), 3, epsilon_of(dtype));
  }
}

TEST_CASE("sums: TopK finds the places in order, the first of equals first, NaN the largest") {
  for (const DType dtype : kDTypes) {
    OneInput one({4, 9}, dtype);
    for (const bool largest : {false, true}) {
      const std::string suffix = largest ? "l" : "s";
      for (const uint32_t k : {1u, 2u, 5u, 9u})
        one.g.output(one.g.topk(one.x, 1, k, largest), ("y" + std::to_string(k) + suffix).c_str());
      one.g.output(one.g.topk(one.x, 0, 3, largest), ("first" + suffix).c_str());
    }
    const Graph graph = one.g.finish();
    auto inputs = whole_numbers(graph, 6, 2);
    check_judged(graph, inputs, 6, 0);
    if (!is_float(dtype)) continue;
    for (size_t i = 0; i < inputs[0].size(); i += 7) inputs[0][i] = i % 2 == 0 ? kNan : -kInfinity;
    check_judged(graph, inputs, 6, 0);
  }
}

TEST_CASE("sums: LayerNorm with and without factors, centred or not, over one axis or more") {
  for (const DType dtype : {DType::F32, DType::F64}) {
    for (const uint32_t n : {1u, 5u, 16u, 40u}) {
      OneInput one({3, 2, n}, dtype);
      const auto factors = [&](Dims dims, double first) {
        Elements elements(element_count(dims));
        for (size_t i = 0; i < elements.size(); ++i)
          elements[i] = first + 0.125 * static_cast<double>(i % 9);
        return one.g.graph.add_constant("", dtype, dims, make_constant(elements, dtype));
      };
      one.g.output(one.g.layer_norm(one.x, 2, 1e-5), "plain");
      one.g.output(one.g.layer_norm(one.x, 1, 1e-3, {factors({2, n}, 0.5)}), "scaled");
      one.g.output(one.g.layer_norm(one.x, 2, 1e-5, {factors({n}, 0.5), factors({n}, -1)}), "both");
      one.g.output(one.g.layer_norm(one.x, 0, 1e-5, {factors({3, 2, n}, 1)}, false), "squares");
      const Graph graph = one.g.finish();
      check_judged(graph, random_inputs(graph, 4, n), 4, dtype == DType::F32 ? 1e-5 : 1e-13);
    }
  }
}

TEST_CASE("sums: LayerNorm of large numbers that differ little keeps what differs") {
  OneInput one({8}, DType::F32);
  one.g.output(one.g.layer_norm(one.x, 0, 0));
  const Graph graph = one.g.finish();
  check_judged(graph, {{4096, 4097, 4098, 4099, 4100, 4101, 4102, 4103}}, 1, 1e-5);
}

}  // namespace
}  // namespace mle::testing
