// Several questions of one model: scores, odds and the class, from one list of ops.
// SPDX-License-Identifier: Apache-2.0
#include <mle/model.h>
#include <mle/session.h>

#include "compiler/emit/emit.h"
#include "compiler/golden.h"
#include "compiler/passes/passes.h"
#include "format/file_view.h"
#include "format/mle_generated.h"
#include "tests/compiler/graphs.h"
#include "tests/support/tiny_models.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace mle::testing {
namespace {

constexpr size_t kRows = 5;

struct Classifier {
  Graph graph;
  AlignedBytes bytes;
  std::vector<GoldenRows> golden;
  Model model;
};

Classifier classifier() {
  GraphBuilder g;
  const ValueId x = g.input({4}, "X");
  const ValueId scores = g.dense(x, 3);
  const ValueId odds = g.softmax(scores, 0);
  g.output(g.argmax(scores, 0), "predict");
  g.graph.entries.push_back(
      {"predict_proba", g.graph.entries[0].inputs, {{odds, "predict_proba", {}, {}}}});
  g.graph.entries.push_back(
      {"decision_function", g.graph.entries[0].inputs, {{scores, "decision_function", {}, {}}}});
  Graph graph = g.finish();
  REQUIRE(run_passes(graph).ok());
  EmitOptions options;
  options.golden = judge_golden_rows(graph, 6).or_exit();
  const auto writer = emit(graph, options).or_exit();
  AlignedBytes bytes(writer.size());
  REQUIRE(writer.write(bytes.span()).ok());
  Model model = Model::from_memory(bytes.span()).or_exit();
  return {std::move(graph), std::move(bytes), options.golden, std::move(model)};
}

std::vector<float> some_rows() {
  Random random{3};
  std::vector<float> rows(kRows * 4);
  for (float& x : rows) x = static_cast<float>(random.normal());
  return rows;
}

TEST_CASE("compiler and runtime: every entry has golden rows with its own answers") {
  const Classifier c = classifier();
  REQUIRE(c.golden.size() == 3);
  const auto view = format::FileView::open(c.bytes.span()).or_exit();
  for (flatbuffers::uoffset_t e = 0; e < 3; ++e) {
    CAPTURE(e);
    const fb::Entry& entry = *view.model().entries()->Get(e);
    REQUIRE(entry.golden() < view.model().goldens()->size());
    CHECK(view.model().goldens()->Get(entry.golden())->rows() == 6);
    CHECK(c.golden[e].outputs.size() == 1);
    CHECK(c.golden[e].outputs[0].size() == (e == 0 ? 6 : 18));
  }
  // The rows of all are the same ones here, so the odds are those of the scores.
  const auto judged = evaluate_outputs(c.graph, c.golden[2].inputs, 6).or_exit();
  CHECK(judged[1] == c.golden[1].outputs[0]);
}

TEST_CASE("compiler and runtime: asked together, entries answer as they do alone, each op once") {
  const Classifier c = classifier();
  const std::vector<float> rows = some_rows();
  const std::array<std::string_view, 3> names = {"decision_function", "predict", "predict_proba"};
  SessionOptions all;
  all.outputs = names;
  Session together = Session::make(c.model, all).or_exit();
  REQUIRE(together.outputs().size() == 3);
  std::vector<float> scores(kRows * 3), odds(kRows * 3);
  std::vector<int64_t> classes(kRows);
  together.set_profiling(true);
  REQUIRE(together.run({In(rows)}, {Out(scores), Out(classes), Out(odds)}).ok());
  size_t dense = 0;
  for (const StepProfile& step : together.profile()) dense += step.kind == "dense";
  CHECK(dense == 1);

  for (const std::string_view name : {names[0], names[2]}) {
    SessionOptions one;
    one.entry = name;
    Session alone = Session::make(c.model, one).or_exit();
    std::vector<float> answers(kRows * 3);
    REQUIRE(alone.run(rows, answers).ok());
    CHECK(answers == (name == names[0] ? scores : odds));
  }
  Session first = Session::make(c.model).or_exit();
  std::vector<int64_t> alone(kRows);
  REQUIRE(first.run({In(rows)}, {Out(alone)}).ok());
  CHECK(alone == classes);
}

}  // namespace
}  // namespace mle::testing
