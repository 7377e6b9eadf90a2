// Golden rows that another implementation answered.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/evaluate.h"
#include "compiler/golden.h"
#include "tests/compiler/graphs.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace mle::testing;

namespace {

// x[3] → Dense [4] → y, and the place of the largest.
Graph scores_and_place() {
  GraphBuilder b;
  const ValueId y = b.dense(b.input({3}), 4);
  b.output(y, "y");
  b.output(b.argmax(y, 0), "place");
  return b.finish();
}

RecordedRows recorded_of(const Graph& graph, const Elements& x, size_t rows) {
  RecordedRows recorded;
  recorded.rows = rows;
  recorded.inputs = {x};
  recorded.outputs = {*evaluate_outputs(graph, recorded.inputs, rows)};
  recorded.reference = "somebody";
  return recorded;
}

}  // namespace

TEST_CASE("golden: what another implementation answered is what is stored") {
  const Graph graph = scores_and_place();
  RecordedRows recorded = recorded_of(graph, {0.5, -1, 2, 1, 0.25, -3}, 2);
  recorded.outputs[0][0][5] += 1e-7;
  const auto golden = recorded_golden_rows(graph, recorded);
  REQUIRE(golden.has_value());
  REQUIRE(golden->size() == 1);
  const GoldenRows& rows = (*golden)[0];
  CHECK(rows.rows == 2);
  CHECK(rows.reference == "somebody");
  CHECK(rows.inputs[0] == recorded.inputs[0]);
  CHECK(rows.outputs[0] == recorded.outputs[0][0]);
  CHECK(rows.outputs[1] == recorded.outputs[0][1]);
  // Enough for f32, and no more.
  double largest = 0;
  for (const double y : rows.outputs[0]) largest = std::max(largest, std::abs(y));
  CHECK(rows.atol > 2e-5 * largest);
  CHECK(rows.atol < 1e-4 * largest);
}

TEST_CASE("golden: a recorded row whose whole-number answer hangs on the last bits is left out") {
  GraphBuilder b;
  b.output(b.argmax(b.unary(Act::Neg, b.input({2})), 0), "place");
  const Graph graph = b.finish();
  RecordedRows recorded = recorded_of(graph, {1 + 1e-9, 1, 1, 2}, 2);
  const auto golden = recorded_golden_rows(graph, recorded);
  REQUIRE(golden.has_value());
  CHECK((*golden)[0].rows == 1);
  CHECK((*golden)[0].inputs[0] == Elements{1, 2});
}

TEST_CASE("golden: the judge answers what nobody recorded") {
  const Graph graph = scores_and_place();
  RecordedRows recorded = recorded_of(graph, {0.5, -1, 2}, 1);
  recorded.outputs = {{}};
  const auto golden = recorded_golden_rows(graph, recorded);
  REQUIRE(golden.has_value());
  CHECK((*golden)[0].rows == 1);
  CHECK((*golden)[0].reference == "judge");
  recorded.rows = 0;
  CHECK((*recorded_golden_rows(graph, recorded))[0].rows == 0);
}
