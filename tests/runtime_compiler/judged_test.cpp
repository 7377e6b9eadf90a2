// A compiled model answers what the judge says of the source, within the tolerance the file states.
// SPDX-License-Identifier: Apache-2.0
#include <mle/mle.h>

#include "compiler/emit/emit.h"
#include "compiler/golden.h"
#include "compiler/passes/passes.h"
#include "tests/compiler/graphs.h"
#include "tests/support/tiny_models.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

namespace mle::testing {
namespace {

// A source graph, and its file loaded.
struct Compiled {
  Graph source;
  GoldenRows golden;
  AlignedBytes bytes;
  Model model;
};

Compiled compiled(const Graph& source, std::string_view isa = {}) {
  Graph graph = source;
  const Status passed = run_passes(graph);
  REQUIRE_MESSAGE(passed.ok(), passed.message());
  GoldenRows golden = judge_golden_rows(graph, 8).or_exit()[0];
  EmitOptions options;
  options.golden = {golden};
  const auto writer = emit(graph, options);
  REQUIRE_MESSAGE(writer.has_value(), writer.error().message());
  AlignedBytes bytes(writer->size());
  REQUIRE(writer->write(bytes.span()).ok());
  LoadOptions load;
  load.verify = Verify::Everything;
  load.isa = isa;
  auto model = Model::from_memory(bytes.span(), load);
  REQUIRE_MESSAGE(model.has_value(), model.error().message());
  return {source, std::move(golden), std::move(bytes), *std::move(model)};
}

std::vector<float> as_floats(const Elements& elements) {
  std::vector<float> floats(elements.size());
  std::transform(elements.begin(), elements.end(), floats.begin(),
                 [](double e) { return static_cast<float>(e); });
  return floats;
}

bool is_close(double judged, double answered, const GoldenRows& golden) {
  if (std::isnan(judged)) return std::isnan(answered);
  if (static_cast<float>(judged) == static_cast<float>(answered)) return true;  // infinities
  return std::abs(judged - answered) <= golden.atol + golden.rtol * std::abs(judged);
}

// Runs the session on the rows and compares every f32 output with the judge's of the source.
void check_rows(const Compiled& c, const std::vector<Elements>& inputs, size_t rows) {
  Session session = Session::make(c.model).or_exit();
  const auto judged = evaluate_outputs(c.source, inputs, rows);
  REQUIRE(judged.has_value());

  std::vector<std::vector<float>> fed, answered;
  std::vector<In> in;
  std::vector<Out> out;
  for (const Elements& input : inputs) fed.push_back(as_floats(input));
  for (const Elements& output : *judged) answered.emplace_back(output.size());
  for (const auto& input : fed) in.emplace_back(input);
  for (auto& output : answered) out.emplace_back(output);
  const Status status = session.run(in, out);
  REQUIRE_MESSAGE(status.ok(), status.message());

  size_t wrong = 0;
  for (size_t o = 0; o < judged->size(); ++o)
    for (size_t i = 0; i < (*judged)[o].size(); ++i)
      if (!is_close((*judged)[o][i], double{answered[o][i]}, c.golden)) {
        if (++wrong == 1)
          MESSAGE("output ", o, " element ", i, ": judge ", (*judged)[o][i], ", answer ",
                  answered[o][i], ", atol ", c.golden.atol);
      }
  CHECK(wrong == 0);
}

TEST_CASE("compiler and runtime: random networks answer as the judge does") {
  for (uint64_t seed = 0; seed < 150; ++seed) {
    CAPTURE(seed);
    const Graph source = random_network(seed);
    const Compiled c = compiled(source);
    check_rows(c, c.golden.inputs, c.golden.rows);
    check_rows(c, random_inputs(source, 37, seed), 37);
    check_rows(c, random_inputs(source, 1, seed + 1), 1);
    check_rows(c, random_inputs(source, 0), 0);
  }
}

TEST_CASE("compiler and runtime: the sse2 table stays within the stated tolerance, too") {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    const Graph source = random_network(seed);
    check_rows(compiled(source, "sse2"), random_inputs(source, 9, seed), 9);
  }
}

TEST_CASE("compiler and runtime: multi-layer perceptrons of all widths answer as the judge does") {
  for (uint32_t width : {1u, 2u, 7u, 8u, 9u, 12u, 13u, 16u, 17u, 31u, 33u, 64u, 65u, 100u, 130u}) {
    for (uint32_t inputs : {1u, 3u, 63u, 64u, 65u, 255u, 256u, 257u}) {
      CAPTURE(width);
      CAPTURE(inputs);
      GraphBuilder g;
      const ValueId hidden = g.unary(Act::Relu, g.dense(g.input({inputs}), width));
      g.output(g.softmax(g.dense(hidden, width), 0));
      const Graph source = g.finish();
      check_rows(compiled(source), random_inputs(source, 19), 19);
    }
  }
}

TEST_CASE("compiler and runtime: every act gives what the judge gives") {
  for (int act = 0; act < format::kActCount; ++act) {
    CAPTURE(act);
    GraphBuilder g;
    const ValueId x = g.input({40});
    const bool needs_positive = act == int(Act::Log) || act == int(Act::Sqrt);
    const ValueId domain = needs_positive ? g.unary(Act::Abs, x) : x;
    g.output(g.unary(static_cast<Act>(act), domain, {0.75, 0.5}));
    const Graph source = g.finish();
    check_rows(compiled(source), random_inputs(source, 50), 50);
  }
}

TEST_CASE("compiler and runtime: axes moved, repeated and picked lie where the judge puts them") {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const auto upto = [&](uint32_t n) { return 1 + static_cast<uint32_t>(random.bits() % n); };
    GraphBuilder g;
    const Dims dims = {upto(4), upto(5), upto(6)};
    std::vector<uint32_t> order = {0, 1, 2};
    std::swap(order[0], order[upto(3) - 1]);
    std::swap(order[1], order[1 + upto(2) - 1]);
    const ValueId moved = g.transpose(g.unary(Act::Tanh, g.input(dims)), order);
    const ValueId wide =
        g.expand(g.slice(moved, 1, 0, 1, 1), {2, dims[order[0]], upto(3), dims[order[2]]});
    g.output(wide, "wide");
    const uint32_t axis = upto(3) - 1, length = dims[order[axis]];
    std::vector<int64_t> picks(upto(7));
    for (int64_t& pick : picks) pick = int64_t{upto(2 * length)} - 1 - length;
    const auto picked = static_cast<uint32_t>(picks.size());
    g.output(g.gather(moved, g.integers({picked}, picks), axis), "picked");
    Dims same = {1, 1, 1};
    same[axis] = picked;
    g.output(g.gather(moved, g.integers(same, picks), axis, OpKind::GatherElements), "each");
    const Graph source = g.finish();
    check_rows(compiled(source), random_inputs(source, 21, seed), 21);
  }
}

TEST_CASE("compiler and runtime: every function of two gives what the judge gives") {
  for (uint32_t fn = 0; fn < uint32_t{format::kFloatBinaryFnCount}; ++fn) {
    CAPTURE(fn);
    GraphBuilder g;
    const ValueId x = g.input({3, 4}), z = g.input({1, 4}, "z");
    const ValueId a = fn == uint32_t(BinaryFn::Pow) ? g.unary(Act::Abs, x) : x;
    const ValueId y = g.binary(static_cast<BinaryFn>(fn), a, z);
    g.output(g.binary(static_cast<BinaryFn>(fn), y, g.constant({3, 1}, {2, 3, 0.5})));
    const Graph source = g.finish();
    check_rows(compiled(source), random_inputs(source, 20), 20);
  }
}

TEST_CASE("compiler and runtime: shapes with inner axes are sliced, joined and chosen alike") {
  GraphBuilder g;
  const ValueId x = g.input({2, 3, 4});
  const ValueId even = g.slice(x, 2, 0, 2, 2), middle = g.slice(x, 1, 1, 1, 1);
  const ValueId wide = g.reshape(g.concat({even, g.slice(x, 2, 1, 1, 3)}, 2), {2, 15});
  const ValueId chosen = g.select(g.compare(CompareFn::Less, wide, g.scalar(0.1f)), wide,
                                  g.softmax(wide, 0, OpKind::LogSoftmax));
  g.output(g.dense(chosen, 5), "y");
  g.output(g.clip(middle, -0.5, INFINITY), "middle");
  g.output(x, "same");
  const Graph source = g.finish();
  check_rows(compiled(source), random_inputs(source, 33), 33);
}

TEST_CASE("compiler and runtime: a whole model is answered in one call") {
  GraphBuilder g(Rows::Whole);
  const ValueId x = g.input({6, 5});
  g.output(g.softmax(g.dense(x, 4), 0), "y");
  g.output(g.constant({3}, {1, 2, 3}), "fixed");
  const Graph source = g.finish();
  check_rows(compiled(source), random_inputs(source, 1), 1);
}

TEST_CASE("compiler and runtime: arg-max finds the judge's classes") {
  GraphBuilder g;
  g.output(g.argmax(g.dense(g.input({8}), 5), 0));
  const Graph source = g.finish();
  const Compiled c = compiled(source);
  Session session = Session::make(c.model).or_exit();
  const std::vector<float> rows = as_floats(c.golden.inputs[0]);
  std::vector<int64_t> classes(c.golden.rows);
  REQUIRE(session.run({In(rows)}, {Out(classes)}).ok());
  for (size_t r = 0; r < classes.size(); ++r)
    CHECK(static_cast<double>(classes[r]) == c.golden.outputs[0][r]);
}

}  // namespace
}  // namespace mle::testing
