// Models that compute in f64, wholly or up to their first dense layer, against the judge and
// against themselves on other tables, batches, tiles and threads.
// SPDX-License-Identifier: Apache-2.0
#include <mle/mle.h>

#include "compiler/emit/emit.h"
#include "compiler/graph/check.h"
#include "compiler/passes/lower_precision.h"
#include "compiler/passes/passes.h"
#include "format/rules.h"
#include "runtime/kernels/kernels.h"
#include "tests/compiler/graphs.h"
#include "tests/support/tiny_models.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string_view>
#include <vector>

namespace mle::testing {
namespace {

// The same graph with every f32 in it f64.
Graph in_f64(Graph graph) {
  for (ValueId v = 0; v < graph.value_count(); ++v) {
    Value& value = graph.value(v);
    if (value.fact.dtype != DType::F32) continue;
    if (value.is_constant)
      value.constant = make_constant(read_constant(value).or_exit(), DType::F64);
    value.fact.dtype = DType::F64;
  }
  REQUIRE(check(graph).ok());
  return graph;
}

// A file and the model in it.
struct Loaded {
  AlignedBytes bytes;
  Model model;
};

Loaded load(const Graph& source, std::string_view isa = {}) {
  Graph graph = source;
  const Status passed = run_passes(graph);
  REQUIRE_MESSAGE(passed.ok(), passed.message());
  const auto writer = emit(graph, {});
  REQUIRE_MESSAGE(writer.has_value(), writer.error().message());
  AlignedBytes bytes(writer->size());
  REQUIRE(writer->write(bytes.span()).ok());
  LoadOptions options;
  options.isa = isa;
  auto model = Model::from_memory(bytes.span(), options);
  REQUIRE_MESSAGE(model.has_value(), model.error().message());
  return {std::move(bytes), *std::move(model)};
}

// One f64 input, one f64 output.
std::vector<double> answers(Session& session, std::span<const double> rows) {
  const size_t count = rows.size() / session.inputs()[0].width();
  std::vector<double> y(count * session.outputs()[0].width());
  const Status status = session.run({In(rows)}, {Out(std::span<double>(y))});
  REQUIRE_MESSAGE(status.ok(), status.message());
  return y;
}

bool same_bits(std::span<const double> a, std::span<const double> b) {
  return std::ranges::equal(a, b, [](double x, double y) {
    return std::bit_cast<uint64_t>(x) == std::bit_cast<uint64_t>(y);
  });
}

Graph network(std::initializer_list<uint32_t> widths, uint32_t inputs) {
  GraphBuilder g;
  ValueId x = g.input({inputs});
  constexpr Act kActs[] = {Act::Relu, Act::Tanh, Act::Gelu, Act::Softplus};
  size_t layer = 0;
  for (const uint32_t width : widths) x = g.unary(kActs[layer++ % 4], g.dense(x, width));
  g.output(g.softmax(x, 0));
  return in_f64(g.finish());
}

TEST_CASE("f64: random networks answer as the judge does, in every table") {
  const kernels::Tables tables = kernels::available_tables();
  for (size_t t = 0; t < tables.count; ++t) {
    for (uint64_t seed = 0; seed < 40; ++seed) {
      const Graph graph = in_f64(random_network(seed));
      const Loaded loaded = load(graph, tables.begin[t]->isa);
      Session session = Session::make(loaded.model).or_exit();
      const std::vector<Elements> inputs = random_inputs(graph, 9, seed);
      const auto judged = evaluate_outputs(graph, inputs, 9).or_exit();
      std::vector<Elements> answered;
      std::vector<In> in;
      std::vector<Out> out;
      for (const Elements& input : inputs) in.emplace_back(std::span<const double>(input));
      for (const Elements& output : judged) answered.emplace_back(output.size());
      for (Elements& output : answered) out.emplace_back(std::span<double>(output));
      REQUIRE(session.run(in, out).ok());
      double worst = 0;
      for (size_t o = 0; o < judged.size(); ++o) {
        double size = 1e-3;
        for (const double y : judged[o]) size = std::max(size, std::abs(y));
        for (size_t i = 0; i < judged[o].size(); ++i)
          worst = std::max(worst, std::abs(judged[o][i] - answered[o][i]) / size);
      }
      CAPTURE(seed);
      CHECK(worst < 1e-11);
    }
  }
}

TEST_CASE("f64: a row has the same answer in every batch, place, tile, thread and FMA table") {
  const kernels::Tables tables = kernels::available_tables();
  const Graph graphs[] = {network({37, 5}, 19), network({130, 64, 3}, 300), network({1}, 257)};
  for (const Graph& graph : graphs) {
    const size_t width = graph.value(graph.entries[0].inputs[0].value).fact.dims[0];
    const Elements rows = random_inputs(graph, 120)[0];
    std::vector<double> expected;
    for (size_t t = 0; t < tables.count && tables.begin[t]->fused; ++t) {
      const Loaded loaded = load(graph, tables.begin[t]->isa);
      for (const auto& [tile, threads] : {std::pair<size_t, int>{0, 1}, {1, 1}, {13, 1}, {7, 3}}) {
        SessionOptions options;
        options.tile_rows = tile;
        options.threads = threads;
        Session session = Session::make(loaded.model, options).or_exit();
        if (expected.empty()) {
          for (size_t r = 0; r < 120; ++r) {
            const auto one = answers(session, std::span(rows).subspan(r * width, width));
            expected.insert(expected.end(), one.begin(), one.end());
          }
        }
        const size_t out = expected.size() / 120;
        for (const size_t batch : {1u, 2u, 3u, 6u, 7u, 14u, 50u, 120u}) {
          const size_t first = (120 - batch) / 2;
          const auto got = answers(session, std::span(rows).subspan(first * width, batch * width));
          CAPTURE(batch);
          CHECK(same_bits(got, std::span(expected).subspan(first * out, batch * out)));
        }
      }
    }
  }
}

// (x - mean) / spread of f64 inputs, then a dense layer.
Graph scaled_network(double mean, double spread) {
  GraphBuilder g;
  const ValueId x = g.input({4});
  const ValueId centred = g.binary(BinaryFn::Sub, x, g.scalar(0));
  const ValueId z = g.binary(BinaryFn::Div, centred, g.scalar(1));
  g.output(g.dense(g.unary(Act::Relu, g.dense(z, 24)), 2));
  Graph graph = in_f64(g.finish());
  size_t found = 0;
  for (Node& node : graph.nodes()) {
    if (node.kind != OpKind::Binary) continue;
    const double number = found++ == 0 ? mean : spread;
    graph.value(node.inputs[1]).constant = make_constant({number}, DType::F64);
  }
  REQUIRE(found == 2);
  return graph;
}

TEST_CASE("f64: time stamps and prices keep their digits up to the first dense layer in f32") {
  for (const auto& each : {std::pair{1.7e9, 1000.0}, {104217.25, 0.01}, {1e300, 1e298}}) {
    const double mean = each.first, spread = each.second;
    const Graph source = scaled_network(mean, spread);
    Graph lowered = source;
    REQUIRE(lower_precision(lowered).ok());
    REQUIRE(check(lowered).ok());
    CHECK(lowered.value(lowered.entries[0].inputs[0].value).fact.dtype == DType::F64);
    CHECK(lowered.value(lowered.entries[0].outputs[0].value).fact.dtype == DType::F64);
    const Loaded loaded = load(lowered);
    Session session = Session::make(loaded.model).or_exit();
    Elements rows = random_inputs(source, 50)[0];
    for (double& x : rows) x = mean + spread * x;
    const auto judged = evaluate_outputs(source, {rows}, 50).or_exit()[0];
    const auto got = answers(session, rows);
    double largest = 0, worst = 0;
    for (const double y : judged) largest = std::max(largest, std::abs(y));
    for (size_t i = 0; i < judged.size(); ++i)
      worst = std::max(worst, std::abs(judged[i] - got[i]));
    CAPTURE(mean);
    CHECK(worst < 1e-5 * largest);
    CHECK(worst > 0);  // f32 it is
  }
}

TEST_CASE("f64: denormals pass through element-wise steps and dense layers") {
  GraphBuilder g;
  const ValueId x = g.input({3});
  const ValueId doubled = g.binary(BinaryFn::Add, x, x);
  g.output(doubled, "sum");
  g.output(g.dense(doubled, 2, false), "y");
  const Graph graph = in_f64(g.finish());
  const Loaded loaded = load(graph);
  Session session = Session::make(loaded.model).or_exit();
  const std::vector<double> rows = {5e-324, -3e-310, 1e-309};
  std::vector<double> sum(3), y(2);
  REQUIRE(session
              .run({In(std::span<const double>(rows))},
                   {Out(std::span<double>(sum)), Out(std::span<double>(y))})
              .ok());
  CHECK(sum == std::vector<double>{2 * rows[0], 2 * rows[1], 2 * rows[2]});
  const auto judged = evaluate_outputs(graph, {rows}, 1).or_exit();
  for (size_t i = 0; i < 2; ++i) CHECK(std::abs(y[i] - judged[1][i]) <= 3 * 5e-324);
}

TEST_CASE("f64: whole numbers beyond 2^24 stay what they are") {
  GraphBuilder g;
  const ValueId x = g.input({2});
  g.output(g.binary(BinaryFn::Mul, x, g.scalar(1)), "same");
  g.output(g.cast(x, DType::I64), "id");
  const Loaded loaded = load(in_f64(g.finish()));
  Session session = Session::make(loaded.model).or_exit();
  const std::vector<double> rows = {16777217, 9007199254740991, -123456789012, 1};
  std::vector<double> same(4);
  std::vector<int64_t> id(4);
  REQUIRE(session
              .run({In(std::span<const double>(rows))},
                   {Out(std::span<double>(same)), Out(std::span<int64_t>(id))})
              .ok());
  CHECK(same == rows);
  CHECK(id == std::vector<int64_t>{16777217, 9007199254740991, -123456789012, 1});
}

TEST_CASE("f64: an f32 range into an f64 input is widened, at any address and stride") {
  const Graph graph = network({7, 3}, 5);
  const Loaded loaded = load(graph);
  Session session = Session::make(loaded.model).or_exit();
  std::vector<float> narrow(6 * 5);
  Random random;
  for (float& x : narrow) x = static_cast<float>(random.normal()) * 1e-40f;
  const std::vector<double> wide(narrow.begin(), narrow.end());
  const auto expected = answers(session, wide);
  std::vector<double> y(expected.size());
  REQUIRE(session.run({In(std::span<const float>(narrow))}, {Out(std::span<double>(y))}).ok());
  CHECK(same_bits(y, expected));
  std::vector<std::byte> spread(6 * 27 + 1);
  for (size_t r = 0; r < 6; ++r)
    std::memcpy(spread.data() + 1 + r * 27, narrow.data() + r * 5, 5 * sizeof(float));
  REQUIRE(
      session.run({In(DType::F32, spread.data() + 1, 30, 27)}, {Out(std::span<double>(y))}).ok());
  CHECK(same_bits(y, expected));
}

TEST_CASE("f64: outputs of f64 are not taken for f32") {
  const Loaded loaded = load(network({3}, 2));
  Session session = Session::make(loaded.model).or_exit();
  const std::vector<double> rows = {1, 2};
  std::vector<float> y(3);
  const Status status =
      session.run({In(std::span<const double>(rows))}, {Out(std::span<float>(y))});
  CHECK(status.rule() == format::rule::R111_ArgumentType);
}

}  // namespace
}  // namespace mle::testing
