// Weights in f16, bf16 and i8, from graph to answers: small files that answer as the judge says the
// rounded weights do.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/weights.h"

#include <mle/mle.h>

#include "compiler/emit/emit.h"
#include "compiler/passes/lower_weights.h"
#include "compiler/passes/passes.h"
#include "format/file_view.h"
#include "format/mle_generated.h"
#include "format/rules.h"
#include "tests/compiler/graphs.h"
#include "tests/support/tiny_models.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace mle::testing {
namespace {

constexpr DType kStored[] = {DType::F16, DType::BF16, DType::I8};

// Three layers that are wide enough, and one that is not.
Graph network(uint64_t seed = 5) {
  GraphBuilder g;
  g.random = Random(seed);
  ValueId y = g.input({37});
  y = g.unary(Act::Relu, g.dense(y, 130));
  y = g.unary(Act::Gelu, g.dense(y, 130, false));
  y = g.unary(Act::Tanh, g.dense(y, 33));
  g.output(g.dense(y, 3));
  Graph graph = g.finish();
  REQUIRE(run_passes(graph).ok());
  return graph;
}

AlignedBytes emitted(const Graph& graph, bool narrow) {
  EmitOptions options;
  options.narrow_weights = narrow;
  auto writer = emit(graph, options);
  REQUIRE_MESSAGE(writer.has_value(), writer.error().message());
  AlignedBytes bytes(writer->size());
  REQUIRE(writer->write(bytes.span()).ok());
  return bytes;
}

Result<std::vector<Elements>> run_file(std::span<const std::byte> file, const TrialRows& rows) {
  MLE_TRY_ASSIGN(const Model model, Model::from_memory(file));
  MLE_TRY_ASSIGN(Session session, Session::make(model));
  std::vector<float> x(rows.inputs[0].begin(), rows.inputs[0].end());
  std::vector<float> y(rows.rows * session.outputs()[0].width());
  MLE_TRY(session.run(x, y));
  return std::vector<Elements>{Elements(std::vector<double>(y.begin(), y.end()))};
}

double largest_difference(const Elements& a, const Elements& b) {
  REQUIRE(a.size() == b.size());
  double largest = 0, size = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(a[i] - b[i]));
    size = std::max(size, std::abs(b[i]));
  }
  return largest / size;
}

// One matrix as the only layer.
Graph layer_of(std::vector<float> weights, uint32_t k, uint32_t n) {
  GraphBuilder g;
  const ValueId x = g.input({k});
  Node dense;
  dense.kind = OpKind::Dense;
  dense.inputs = {x, g.constant({k, n}, std::move(weights), "w")};
  g.output(g.graph.add_node(std::move(dense), {DType::F32, Rows::PerRow, {n}}));
  return g.finish();
}

TEST_CASE("weights: a file with fewer bits answers as the judge says of the rounded weights") {
  const Graph exact = network();
  const std::vector<Elements> inputs = random_inputs(exact, 40);
  const Elements before = evaluate_outputs(exact, inputs, 40).or_exit()[0];
  const size_t f32_bytes = emitted(exact, false).size();
  for (const DType dtype : kStored) {
    CAPTURE(std::string(name_of(dtype)));
    Graph lowered = exact;
    const auto report = lower_weights(lowered, dtype);
    REQUIRE(report.has_value());
    CHECK(report->layers == 3);
    CHECK(report->kept == 1);
    const AlignedBytes file = emitted(lowered, true);
    const double times = static_cast<double>(f32_bytes) / static_cast<double>(file.size());
    CHECK(times > (dtype == DType::I8 ? 3.0 : 1.8));
    const Elements got = run_file(file.span(), {inputs, 40}).or_exit()[0];
    const Elements want = evaluate_outputs(lowered, inputs, 40).or_exit()[0];
    CHECK(largest_difference(got, want) < 2e-6);
    const double error = largest_difference(got, before);
    CHECK(error > 1e-5);
    CHECK(error < (dtype == DType::F16 ? 2e-3 : 3e-2));
  }
}

TEST_CASE("weights: the report says what was saved and what it cost") {
  for (const DType dtype : kStored) {
    Graph graph = network();
    WeightsOptions options;
    options.to = dtype;
    options.trial = run_file;
    options.time = [](std::span<const std::span<const std::byte>> files, const TrialRows& rows) {
      CHECK(files.size() == 2);
      CHECK(rows.inputs[0].size() == rows.rows * 37);
      return Result<std::vector<double>>(std::vector<double>{8, 4});
    };
    const auto report = store_weights(graph, options);
    REQUIRE_MESSAGE(report.has_value(), report.error().message());
    CHECK(report->bytes < report->bytes_f32);
    CHECK(report->rows == 256);
    CHECK(report->error_f32.most < 1e-5);
    CHECK(report->error.most > report->error_f32.most);
    CHECK(report->error.most_abs >= report->error.mean_abs);
    CHECK(report->error.mean_abs > 0);
    REQUIRE(report->speed.size() == 2);
    CHECK(report->speed[1].rows == 32);
    CHECK(report->speed[1].ns == 4);
  }
}

TEST_CASE("weights: the file says how far answers moved, of how much was allowed") {
  Graph graph = network();
  WeightsOptions options;
  options.to = DType::I8;
  options.narrow_rows = true;
  options.tolerance = 0.25;
  options.trial = run_file;
  const WeightsReport report = store_weights(graph, options).or_exit();
  EmitOptions emitting;
  emitting.narrow_weights = true;
  emitting.meta = told(report);
  const auto writer = emit(graph, emitting).or_exit();
  AlignedBytes bytes(writer.size());
  REQUIRE(writer.write(bytes.span()).ok());
  const auto view = format::FileView::open(bytes.span()).or_exit();
  REQUIRE(view.model().meta() != nullptr);
  std::map<std::string, std::string> said;
  for (const fb::KV* pair : *view.model().meta())
    said.emplace(view.string(pair->key()), view.string(pair->value()));
  CHECK(said["weights"] == "int8");
  CHECK(said["compute"] == "int8");
  CHECK(said["weights.tolerance"] == "0.25");
  CHECK(std::stod(said["weights.error"]) == doctest::Approx(report.error.most).epsilon(0.01));
  CHECK(said["weights.error_rows"] == "256, " + report.rows_from);
}

TEST_CASE("weights: layers in whole numbers answer as the judge says") {
  const Graph exact = network();
  const std::vector<Elements> inputs = random_inputs(exact, 40);
  Graph lowered = exact;
  const auto report = lower_weights(lowered, DType::I8, true);
  REQUIRE(report.has_value());
  CHECK(report->layers == 3);
  CHECK(report->narrow_rows == 3);
  CHECK(count(lowered, "Dense") == 4);
  const AlignedBytes file = emitted(lowered, true);
  const Elements got = run_file(file.span(), {inputs, 40}).or_exit()[0];
  // An element between two of the 256 steps may come out as either.
  CHECK(largest_difference(got, evaluate_outputs(lowered, inputs, 40).or_exit()[0]) < 5e-3);
  const double error = largest_difference(got, evaluate_outputs(exact, inputs, 40).or_exit()[0]);
  CHECK(error > 1e-5);
  CHECK(error < 5e-2);
}

TEST_CASE("weights: layers of rows in bf16 answer as the judge says") {
  const Graph exact = network();
  const std::vector<Elements> inputs = random_inputs(exact, 40);
  Graph lowered = exact;
  const auto report = lower_weights(lowered, DType::BF16, true);
  REQUIRE(report.has_value());
  CHECK(report->layers == 3);
  CHECK(report->narrow_rows == 3);
  CHECK(count(lowered, "Cast") == 3);
  const AlignedBytes file = emitted(lowered, true);
  const auto view = format::FileView::open(file.span()).or_exit();
  CHECK((view.header().required_features & format::kFeatureBf16Rows) != 0);
  const Elements got = run_file(file.span(), {inputs, 40}).or_exit()[0];
  // An element between two numbers of bf16 may come out as either.
  CHECK(largest_difference(got, evaluate_outputs(lowered, inputs, 40).or_exit()[0]) < 2e-3);
  const double error = largest_difference(got, evaluate_outputs(exact, inputs, 40).or_exit()[0]);
  CHECK(error > 1e-5);
  CHECK(error < 3e-2);
}

TEST_CASE("weights: a value that several layers read is rounded to bf16 once") {
  GraphBuilder g;
  const ValueId x = g.input({20});
  g.output(g.binary(BinaryFn::Mul, g.dense(x, 40), g.dense(x, 40)));
  Graph graph = g.finish();
  const auto report = lower_weights(graph, DType::BF16, true);
  REQUIRE(report.has_value());
  CHECK(report->narrow_rows == 2);
  CHECK(count(graph, "Cast") == 1);
}

TEST_CASE(
    "weights: a row with NaN answers NaN from layers in whole numbers, the next one does not") {
  Graph graph = layer_of(std::vector<float>(20 * 20, 0.5f), 20, 20);
  REQUIRE(lower_weights(graph, DType::I8, true).has_value());
  Elements x(40, 1.0);
  x[7] = std::numeric_limits<double>::quiet_NaN();
  const Elements y = run_file(emitted(graph, true).span(), {{x}, 2}).or_exit()[0];
  for (size_t i = 0; i < 20; ++i) CHECK(std::isnan(y[i]));
  for (size_t i = 20; i < 40; ++i) CHECK(std::abs(y[i] - 10) < 1e-4);
}

TEST_CASE("weights: few rows of wide layers are shared by columns, with the bits of one thread") {
  // More than 1 MiB in 8 bits; the last share of columns is not a whole one.
  constexpr uint32_t k = 1090, n = 1005;
  Random random(3);
  std::vector<float> weights(size_t{k} * n);
  for (float& w : weights) w = static_cast<float>(random.normal());
  std::vector<float> x(k * 33);
  for (float& value : x) value = static_cast<float>(random.normal());
  const auto check = [&](DType dtype, bool narrow_rows) {
    CAPTURE(std::string(name_of(dtype)));
    CAPTURE(narrow_rows);
    Graph graph = layer_of(weights, k, n);
    REQUIRE(lower_weights(graph, dtype, narrow_rows).has_value());
    const AlignedBytes file = emitted(graph, true);
    const Model model = Model::from_memory(file.span()).or_exit();
    Session alone = Session::make(model).or_exit();
    SessionOptions options;
    options.threads = 3;
    Session shared = Session::make(model, options).or_exit();
    for (const size_t rows : {1u, 2u, 9u, 33u}) {
      std::vector<float> want(rows * n), got(rows * n);
      REQUIRE(alone.run(std::span(x).first(rows * k), want).ok());
      REQUIRE(shared.run(std::span(x).first(rows * k), got).ok());
      CAPTURE(rows);
      CHECK(std::memcmp(want.data(), got.data(), want.size() * sizeof(float)) == 0);
    }
    shared.set_profiling(true);
    std::vector<float> y(n);
    REQUIRE(shared.run(std::span(x).first(k), y).ok());
    CHECK(shared.profile().front().calls == 1);
  };
  for (const DType dtype : kStored) check(dtype, false);
  check(DType::I8, true);
  check(DType::BF16, true);
}

TEST_CASE("weights: more error than is allowed refuses the model and says how much it was") {
  Graph graph = network();
  WeightsOptions options;
  options.to = DType::BF16;
  options.tolerance = 1e-6;
  options.trial = run_file;
  const auto report = store_weights(graph, options);
  REQUIRE_FALSE(report.has_value());
  CHECK(report.error().rule() == format::rule::C218_Tolerance);
  CHECK(std::string(report.error().message()).find("weights in bf16 move answers") == 0);
}

TEST_CASE("weights: one beyond the reach of f16 is refused by name, bf16 and int8 take it") {
  std::vector<float> weights(20 * 20, 0.5f);
  weights[21] = 70000;
  Graph graph = layer_of(weights, 20, 20);
  const auto f16 = lower_weights(graph, DType::F16);
  REQUIRE_FALSE(f16.has_value());
  CHECK(f16.error().rule() == format::rule::C212_NotFinite);
  CHECK(std::string(f16.error().message()) == "weights 'w' hold 70000, more than f16 reaches");
  CHECK(std::string(f16.error().hint()).find("bf16") != std::string::npos);
  for (const DType dtype : {DType::BF16, DType::I8}) {
    Graph other = layer_of(weights, 20, 20);
    CHECK(lower_weights(other, dtype).has_value());
  }
}

TEST_CASE("weights: what is no finite number is refused by name") {
  for (const float odd :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    std::vector<float> weights(20 * 20, 0.5f);
    weights[399] = odd;
    for (const DType dtype : kStored) {
      Graph graph = layer_of(weights, 20, 20);
      const auto lowered = lower_weights(graph, dtype);
      REQUIRE_FALSE(lowered.has_value());
      CHECK(lowered.error().rule() == format::rule::C212_NotFinite);
      CHECK(std::string(lowered.error().message()).find("'w'") != std::string::npos);
    }
  }
}

TEST_CASE("weights: int8 keeps columns of zeros and of next to nothing") {
  std::vector<float> weights(20 * 20, 0.0f);
  for (size_t i = 0; i < 20; ++i) {
    weights[i * 20 + 1] = 1e-41f;
    weights[i * 20 + 2] = i % 2 == 0 ? 127.0f : -63.0f;
  }
  Graph graph = layer_of(weights, 20, 20);
  REQUIRE(lower_weights(graph, DType::I8).has_value());
  const TrialRows rows{{Elements(20, 1.0)}, 1};
  const Elements y = run_file(emitted(graph, true).span(), rows).or_exit()[0];
  CHECK(y[0] == 0);
  CHECK(std::abs(y[1]) < 1e-35);
  CHECK(y[2] == 640);
}

}  // namespace
}  // namespace mle::testing
