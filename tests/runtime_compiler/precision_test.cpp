// Which precision compile() takes for sources that compute in f64, judged by the true runtime.
// SPDX-License-Identifier: Apache-2.0
#include <mle/mle.h>

#include "compiler/compile.h"
#include "compiler/evaluate/evaluate.h"
#include "compiler/import/coefficients/coefficients.h"
#include "compiler/turning_rows.h"
#include "tests/support/tiny_models.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

namespace mle::testing {
namespace {

using namespace mle::compiler;

SourceFile double_model(const char* name) {
  return SourceFile::open(std::string(MLE_TEST_CASES "/") + name + "/model.onnx").or_exit();
}

// One f64 input, one f64 output.
Result<std::vector<Elements>> run_file(std::span<const std::byte> file, const TrialRows& rows) {
  MLE_TRY_ASSIGN(const Model model, Model::from_memory(file));
  MLE_TRY_ASSIGN(Session session, Session::make(model));
  Elements y(rows.rows * session.outputs()[0].width());
  MLE_TRY(session.run({In(std::span<const double>(rows.inputs[0]))}, {Out(std::span<double>(y))}));
  return std::vector<Elements>{y};
}

struct Chosen {
  PrecisionReport report;
  std::vector<std::string> inputs, outputs;
  DType dense = DType::Str;  // of the first dense layer
  AlignedBytes bytes{0};
};

Chosen choose(const char* name, Precision precision, const ReadRows& read_rows = {}) {
  CompileOptions options;
  options.precision = precision;
  options.trial = run_file;
  options.read_rows = read_rows;
  if (read_rows) options.rows_name = "mine.npz";
  Problems problems;
  auto compiled = compile(double_model(name), options, problems);
  for (const Problem& problem : problems.kept()) MESSAGE(problem.where << ": " << problem.what);
  REQUIRE(compiled.has_value());
  REQUIRE(compiled->summary.precision.has_value());
  Chosen chosen{*compiled->summary.precision, compiled->summary.inputs, compiled->summary.outputs,
                DType::Str, AlignedBytes(compiled->writer.size())};
  REQUIRE(compiled->writer.write(chosen.bytes.span()).ok());
  for (const Node& node : compiled->graph->nodes()) {
    if (node.kind != OpKind::Dense) continue;
    chosen.dense = compiled->graph->value(node.inputs[1]).fact.dtype;
    break;
  }
  return chosen;
}

SourceFile json_model(const std::string& fields) {
  const std::string text = "{" + fields + "}";
  return SourceFile::from_bytes("m.json", std::as_bytes(std::span(text.data(), text.size())));
}

PrecisionReport of_coefficients(const std::string& fields) {
  CompileOptions options;
  options.trial = run_file;
  Problems problems;
  auto compiled = compile(json_model(fields), options, problems);
  for (const Problem& problem : problems.kept()) MESSAGE(problem.where << ": " << problem.what);
  REQUIRE(compiled.has_value());
  REQUIRE(compiled->summary.precision.has_value());
  CHECK(compiled->summary.precision->tried);
  return *compiled->summary.precision;
}

TEST_CASE("precision: a double network that f32 serves well computes in f32 behind f64 ports") {
  const Chosen chosen = choose("onnx_double_mlp", Precision::Auto);
  CHECK(chosen.report.f32);
  CHECK(chosen.report.tried);
  CHECK(chosen.report.rows == 256 + 128);
  CHECK(chosen.report.rows_from == "N(0, 1), and where answers turn");
  CHECK(chosen.report.error > 0);
  CHECK(chosen.report.error < 1e-5);
  CHECK(chosen.dense == DType::F32);
  CHECK(chosen.inputs == std::vector<std::string>{"x [*, 6] f64"});
  CHECK(chosen.outputs == std::vector<std::string>{"y [*, 3] f64"});
}

TEST_CASE("precision: a network that loses digits in f32 computes in f64") {
  const Chosen chosen = choose("onnx_double_needed", Precision::Auto);
  CHECK_FALSE(chosen.report.f32);
  CHECK(chosen.report.error > 1e-5);
  CHECK(chosen.dense == DType::F64);
}

TEST_CASE("precision: rows are made from the scaling a model begins with") {
  const Chosen chosen = choose("onnx_double_timestamps", Precision::Auto);
  CHECK(chosen.report.rows_from.find("N(0, 1) behind the model's own scaling") == 0);
  CHECK(chosen.report.f32);
  CHECK(chosen.dense == DType::F32);
}

TEST_CASE("precision: scores are tried where they turn, however far from 0 their columns are") {
  // As of classes that lie close together, thirty deviations off; rows N(0, 1) all are of one.
  CHECK_FALSE(
      of_coefficients(R"("link": "logit", "coef": [500, -480, 300], "intercept": -9600)").f32);
  CHECK_FALSE(of_coefficients(R"("link": "softmax", "coef": [[500, 1], [-480, 2], [9, 900]],
                                 "intercept": [-9600, 9000, 500])")
                  .f32);
  CHECK(of_coefficients(R"("link": "logit", "coef": [5, -4, 3], "intercept": -30)").f32);
  // Scores that are large as a whole turn for hardly any row.
  CHECK(of_coefficients(R"("link": "logit", "coef": [2e6, -3e6, 1e6], "intercept": 8e5)").f32);
  // Columns in large units have small coefficients.
  CHECK(of_coefficients(R"("link": "logit", "coef": [1e-4, -2e-5], "intercept": -12)").f32);
}

TEST_CASE("precision: a regression whose bias stands for columns far from 0 keeps its digits") {
  CHECK_FALSE(of_coefficients(R"("coef": [0.5, 0.25], "intercept": -990)").f32);
  CHECK(of_coefficients(R"("coef": [310, -12, 520], "intercept": 152.1)").f32);
  CHECK(of_coefficients(R"("coef": [0.4, -0.4, -0.4], "intercept": -37)").f32);
}

TEST_CASE("precision: rows are about what the source says of its columns") {
  const auto source = json_model(R"("link": "logit", "coef": [2, -3], "intercept": 1)");
  Problems problems;
  auto imported = coefficients::read_json(source, {}, problems);
  REQUIRE(imported);
  std::string rows_from;
  imported->entries[0].inputs[0].usual = {Usual{2000, 3}, std::nullopt};
  const auto calls = make_trial_rows(*imported, rows_from);
  REQUIRE(calls.size() == 1);
  double sum = 0, squares = 0, other = 0;
  for (size_t row = 0; row < calls[0].rows; ++row) {
    sum += calls[0].inputs[0][2 * row];
    squares += std::pow(calls[0].inputs[0][2 * row] - 2000, 2);
    other += calls[0].inputs[0][2 * row + 1];
  }
  CHECK(std::abs(sum / 256 - 2000) < 1);
  CHECK(std::sqrt(squares / 256) == doctest::Approx(3).epsilon(0.2));
  CHECK(std::abs(other / 256) < 0.3);
  CHECK(rows_from.find("means and deviations") != std::string::npos);
  // The score of such rows is about 4000: no odds are even.
  const auto turning = make_turning_rows(*imported, calls[0]);
  REQUIRE(turning);
  for (size_t row = 0; row < turning->rows; ++row) {
    const double* x = &turning->inputs[0][2 * row];
    CHECK(std::abs(2 * x[0] - 3 * x[1] + 1) < 50);
  }
}

TEST_CASE("precision: wide rows are fewer, and none are made of what is wider than any row is") {
  const auto rows_of = [](uint32_t width) {
    Graph graph;
    const ValueId x = graph.add_input("X", {DType::F64, Rows::PerRow, {width}});
    graph.entries.push_back({"predict", {{x, "X", {}, {}}}, {{x, "predict", {}, {}}}});
    std::string rows_from;
    const auto calls = make_trial_rows(graph, rows_from);
    return calls.empty() ? 0 : calls[0].rows;
  };
  CHECK(rows_of(1000) == 256);
  CHECK(rows_of(100'000) == 10);
  CHECK(rows_of(1u << 21) == 0);
}

TEST_CASE("precision: what is asked for is done without a trial") {
  for (const char* name : {"onnx_double_mlp", "onnx_double_needed"}) {
    const Chosen f32 = choose(name, Precision::F32);
    CHECK(f32.report.f32);
    CHECK_FALSE(f32.report.tried);
    CHECK(f32.dense == DType::F32);
    const Chosen f64 = choose(name, Precision::F64);
    CHECK_FALSE(f64.report.f32);
    CHECK(f64.dense == DType::F64);
    CHECK(f32.inputs == f64.inputs);
    CHECK(f32.outputs == f64.outputs);
  }
}

TEST_CASE("precision: the user's rows decide where there are some") {
  const ReadRows tiny = [](std::span<const std::byte>) -> Result<std::vector<TrialRows>> {
    return std::vector<TrialRows>{{{{0, 0, 0, 1e9, 1e9, -1e9}}, 2}};
  };
  const Chosen chosen = choose("onnx_double_needed", Precision::Auto, tiny);
  CHECK(chosen.report.rows == 2);
  CHECK(chosen.report.rows_from == "mine.npz");
  CHECK(chosen.report.f32);  // of a spread of 10^9
  const ReadRows broken = [](std::span<const std::byte>) -> Result<std::vector<TrialRows>> {
    return Status::make(Code::InvalidArgument, format::rule::C219_CheckRows, Status::kNoOffset,
                        "holds no rows", "");
  };
  CompileOptions options;
  options.trial = run_file;
  options.read_rows = broken;
  Problems problems;
  CHECK_FALSE(compile(double_model("onnx_double_mlp"), options, problems).has_value());
  CHECK(problems.kept()[0].rule == format::rule::C219_CheckRows);
}

TEST_CASE("precision: the error is measured against the answer or the spread, NaN against NaN") {
  const double nan = std::nan("");
  CHECK(precision_error({{{1.0, 3.0}}}, {{{1.0, 3.0}}}) == 0);
  CHECK(precision_error({{{1.0, 4.0}}}, {{{1.0, 3.0}}}) == doctest::Approx(1.0 / 3));
  CHECK(precision_error({{{0.5}}, {{-10}}}, {{{0.0}}, {{-10}}}) == doctest::Approx(0.05));
  CHECK(precision_error({{{nan, 1.0}}}, {{{nan, 1.0}}}) == 0);
  CHECK(std::isinf(precision_error({{{1.0, 1.0}}}, {{{nan, 1.0}}})));
  CHECK(std::isinf(precision_error({{{HUGE_VAL, 1.0}}}, {{{1.0, 1.0}}})));
}

}  // namespace
}  // namespace mle::testing
