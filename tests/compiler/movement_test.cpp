// Transpose, Expand, Gather and GatherElements: their shapes, the judge's answers, and rows made up
// for models that look things up.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/golden.h"
#include "compiler/graph/infer.h"
#include "compiler/graph/print.h"
#include "format/rules.h"
#include "tests/compiler/graphs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

namespace mle::testing {
namespace {

using namespace format::rule;

std::string shape_of(const GraphBuilder& g, ValueId id) { return text_of(g.graph.value(id).fact); }

int refusal(const GraphBuilder& g, OpKind kind, std::vector<ValueId> inputs,
            std::vector<uint32_t> iattr, std::vector<uint32_t> indices = {},
            const Fact* wanted = nullptr) {
  Node node;
  node.kind = kind;
  node.inputs = std::move(inputs);
  node.iattr = std::move(iattr);
  node.indices = std::move(indices);
  const auto fact = infer(g.graph, node, wanted);
  return fact ? 0 : fact.error().rule();
}

Elements answer(const Graph& graph, const Elements& x, size_t rows = 1) {
  const auto outputs = evaluate_outputs(graph, {x}, rows);
  REQUIRE_MESSAGE(outputs.has_value(), outputs.error().message());
  return (*outputs)[0];
}

ValueId ids_input(GraphBuilder& g, Dims dims) {
  const ValueId id = g.input(std::move(dims), "ids");
  g.graph.value(id).fact.dtype = DType::I64;
  return id;
}

TEST_CASE(
    "compiler: the shapes of Transpose, Expand, Gather and GatherElements follow from theirs") {
  GraphBuilder g;
  const ValueId x = g.input({2, 3, 4});
  const ValueId two = g.integers({2, 2}, {0, 1, 1, 0});
  CHECK(shape_of(g, g.transpose(x, {2, 0, 1})) == "[*, 4, 2, 3] f32");
  CHECK(shape_of(g, g.expand(x, {5, 2, 3, 4})) == "[*, 5, 2, 3, 4] f32");
  CHECK(shape_of(g, g.gather(x, two, 1)) == "[*, 2, 2, 2, 4] f32");
  CHECK(shape_of(g, g.gather(g.random_constant({9, 7}), ids_input(g, {3}), 0)) == "[*, 3, 7] f32");
  const ValueId elements = g.integers({1, 5, 4}, std::vector<int64_t>(20));
  CHECK(shape_of(g, g.gather(x, elements, 1, OpKind::GatherElements)) == "[*, 1, 5, 4] f32");
}

TEST_CASE("compiler: what has no such shape is refused") {
  GraphBuilder g;
  const ValueId x = g.input({2, 3});
  const ValueId two = g.integers({2}, {0, 1});
  CHECK(refusal(g, OpKind::Transpose, {x}, {}, {0}) == C213_GraphBroken);
  CHECK(refusal(g, OpKind::Transpose, {x}, {}, {1, 1}) == C213_GraphBroken);
  CHECK(refusal(g, OpKind::Transpose, {x}, {}, {1, 2}) == C213_GraphBroken);
  const Fact three{DType::F32, Rows::PerRow, {3}}, wide{DType::F32, Rows::PerRow, {4, 3}};
  CHECK(refusal(g, OpKind::Expand, {x}, {}, {}, &three) == C208_Shape);
  CHECK(refusal(g, OpKind::Expand, {x}, {}, {}, &wide) == C208_Shape);
  CHECK(refusal(g, OpKind::Gather, {x, x}, {0}) == C207_UnsupportedType);
  CHECK(refusal(g, OpKind::Gather, {x, two}, {2}) == C209_Attribute);
  CHECK(refusal(g, OpKind::GatherElements, {x, two}, {0}) == C208_Shape);
  const ValueId tall = g.integers({3, 1}, {0, 0, 0});
  CHECK(refusal(g, OpKind::GatherElements, {x, tall}, {0}) == 0);
  CHECK(refusal(g, OpKind::GatherElements, {x, tall}, {1}) == C208_Shape);
  const ValueId deep = g.integers({1, 1, 1, 1, 1, 1, 1, 1}, {0});
  CHECK(refusal(g, OpKind::Gather, {x, deep}, {0}) == C216_LimitReached);
}

TEST_CASE("compiler: the judge transposes, repeats and picks") {
  GraphBuilder t, e, columns, pairs;
  t.output(t.transpose(t.input({2, 3}), {1, 0}));
  CHECK(answer(t.finish(), {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 2) ==
        Elements{1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12});
  e.output(e.expand(e.input({2, 1}), {2, 2, 2}));
  CHECK(answer(e.finish(), {1, 2}) == Elements{1, 1, 2, 2, 1, 1, 2, 2});
  columns.output(columns.gather(columns.input({3}), columns.integers({4}, {2, -1, 0, -3}), 0));
  CHECK(answer(columns.finish(), {1, 2, 3, 4, 5, 6}, 2) == Elements{3, 3, 1, 1, 6, 6, 4, 4});
  const ValueId x = pairs.input({2, 2});
  pairs.output(pairs.gather(x, pairs.integers({1, 2}, {1, 0}), 0, OpKind::GatherElements));
  CHECK(answer(pairs.finish(), {1, 2, 3, 4}) == Elements{3, 2});
}

TEST_CASE("compiler: the judge names the row whose index lies outside its table") {
  GraphBuilder g;
  g.output(g.gather(g.random_constant({3, 2}), ids_input(g, {1}), 0));
  const auto outputs = evaluate_outputs(g.finish(), {{0, 2, 3}}, 3);
  REQUIRE_FALSE(outputs.has_value());
  CHECK(outputs.error().rule() == R117_NoAnswer);
  CHECK(std::string(outputs.error().message()).find("row 2") != std::string::npos);
}

TEST_CASE("compiler: golden rows of a model with tables hold indices of them") {
  GraphBuilder g;
  const ValueId ids = ids_input(g, {2});
  const ValueId small = g.slice(ids, 0, 0, 1, 1), large = g.slice(ids, 0, 1, 1, 1);
  g.output(g.concat({g.gather(g.random_constant({3, 2}), small, 0),
                     g.gather(g.random_constant({50, 2}), large, 0)},
                    0));
  const auto golden = judge_golden_rows(g.finish(), 8);
  REQUIRE(golden.has_value());
  CHECK((*golden)[0].rows == 8);
  CHECK(std::ranges::all_of((*golden)[0].inputs[0], [](double id) { return id >= 0 && id < 3; }));
}

TEST_CASE("compiler: a model whose computed indices leave their table has no golden rows") {
  GraphBuilder g;
  const ValueId x = g.input({4});
  const ValueId far = g.cast(g.binary(BinaryFn::Add, x, g.scalar(100)), DType::I64);
  g.output(g.gather(g.random_constant({3}), far, 0));
  const auto golden = judge_golden_rows(g.finish(), 8);
  REQUIRE(golden.has_value());
  CHECK((*golden)[0].rows == 0);
}

}  // namespace
}  // namespace mle::testing
