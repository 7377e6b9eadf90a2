// Graph, its shape rules, its invariants and its text form.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/check.h"
#include "compiler/graph/infer.h"
#include "compiler/graph/print.h"
#include "format/rules.h"
#include "tests/compiler/graphs.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace mle::testing {
namespace {

using namespace format::rule;

Node node_of(OpKind kind, std::vector<ValueId> inputs, std::vector<uint32_t> iattr = {},
             std::vector<double> fattr = {}) {
  Node node;
  node.kind = kind;
  node.inputs = std::move(inputs);
  node.iattr = std::move(iattr);
  node.fattr = std::move(fattr);
  return node;
}

// The rule that refuses the node, 0 if none does.
int refusal(const GraphBuilder& g, const Node& node, const Fact* wanted = nullptr) {
  const auto fact = infer(g.graph, node, wanted);
  return fact ? 0 : fact.error().rule();
}

TEST_CASE("compiler: dense takes the last axis and keeps the others") {
  GraphBuilder g;
  const ValueId x = g.input({5, 8});
  const ValueId y = g.dense(x, 3);
  CHECK(text_of(g.graph.value(y).fact) == "[*, 5, 3] f32");
  const ValueId w = g.random_constant({7, 3}), b = g.random_constant({4});
  CHECK(refusal(g, node_of(OpKind::Dense, {x, w})) == C208_Shape);
  const ValueId good = g.random_constant({8, 3});
  CHECK(refusal(g, node_of(OpKind::Dense, {x, good, b})) == C208_Shape);
  CHECK(refusal(g, node_of(OpKind::Dense, {x, y})) == C205_UnsupportedOp);
}

TEST_CASE("compiler: broadcasting aligns right and refuses what does not fit") {
  GraphBuilder g;
  const ValueId x = g.input({4, 3});
  const auto dims_with = [&](Dims dims) {
    return text_of(g.graph.value(g.binary(BinaryFn::Add, x, g.random_constant(dims))).fact);
  };
  CHECK(dims_with({3}) == "[*, 4, 3] f32");
  CHECK(dims_with({4, 1}) == "[*, 4, 3] f32");
  CHECK(dims_with({}) == "[*, 4, 3] f32");
  CHECK(refusal(g, node_of(OpKind::Binary, {x, g.random_constant({4})}, {0})) == C208_Shape);
}

TEST_CASE("compiler: a constant or an input that reaches the row axis is refused as mixing rows") {
  GraphBuilder g;
  const ValueId x = g.input({3}), z = g.input({4, 3}, "z");
  const ValueId along_rows = g.random_constant({5, 3});
  CHECK(refusal(g, node_of(OpKind::Binary, {x, along_rows}, {0})) == C214_MixesRows);
  CHECK(refusal(g, node_of(OpKind::Binary, {along_rows, x}, {0})) == C214_MixesRows);
  CHECK(refusal(g, node_of(OpKind::Compare, {x, z}, {0})) == C214_MixesRows);
  const ValueId condition = g.compare(CompareFn::Less, x, g.scalar(0));
  CHECK(refusal(g, node_of(OpKind::Select, {condition, x, along_rows})) == C214_MixesRows);
}

TEST_CASE("compiler: a whole model has no rows to mix") {
  GraphBuilder g(Rows::Whole);
  const ValueId x = g.input({3});
  const ValueId y = g.binary(BinaryFn::Add, x, g.random_constant({5, 3}));
  CHECK(text_of(g.graph.value(y).fact) == "[5, 3] f32");
}

TEST_CASE("compiler: slices stay inside their axis") {
  GraphBuilder g;
  const ValueId x = g.input({10});
  CHECK(text_of(g.graph.value(g.slice(x, 0, 1, 3, 3)).fact) == "[*, 3] f32");
  const Fact four{DType::F32, Rows::PerRow, {4}};
  CHECK(refusal(g, node_of(OpKind::Slice, {x}, {0, 1, 3}), &four) == C208_Shape);
  CHECK(refusal(g, node_of(OpKind::Slice, {x}, {0, 0, 0}), &four) == C208_Shape);
  CHECK(refusal(g, node_of(OpKind::Slice, {x}, {1, 0, 1}), &four) == C209_Attribute);
  CHECK(refusal(g, node_of(OpKind::Slice, {x}, {0, 0xFFFFFFFF, 0xFFFFFFFF}), &four) == C208_Shape);
}

TEST_CASE("compiler: reshape keeps the elements, concat adds one axis, arg-max drops one") {
  GraphBuilder g;
  const ValueId x = g.input({4, 6});
  CHECK(text_of(g.graph.value(g.reshape(x, {3, 8})).fact) == "[*, 3, 8] f32");
  CHECK(text_of(g.graph.value(g.concat({x, x, x}, 1)).fact) == "[*, 4, 18] f32");
  CHECK(text_of(g.graph.value(g.argmax(x, 0)).fact) == "[*, 6] i64");
  CHECK(text_of(g.graph.value(g.argmax(x, 1, false, true)).fact) == "[*, 4, 1] i64");
  const Fact wrong{DType::F32, Rows::PerRow, {5, 5}};
  CHECK(refusal(g, node_of(OpKind::Reshape, {x}), &wrong) == C208_Shape);
  CHECK(refusal(g, node_of(OpKind::Concat, {x, g.input({4, 5}, "z")}, {0})) == C208_Shape);
}

TEST_CASE("compiler: limits of the format are limits of the graph") {
  CHECK(check_limits({DType::F32, Rows::Whole, Dims(9, 1)}).rule() == C216_LimitReached);
  CHECK(check_limits({DType::F32, Rows::Whole, {0}}).rule() == C208_Shape);
  CHECK(check_limits({DType::F32, Rows::Whole, {(1u << 24) + 1}}).rule() == C216_LimitReached);
  const Dims huge = {1u << 24, 1u << 24, 1u << 24, 1u << 24};
  CHECK(check_limits({DType::F32, Rows::Whole, huge}).rule() == C216_LimitReached);
  CHECK(check_limits({DType::F32, Rows::Whole, {1u << 24, 16}}).ok());
}

TEST_CASE("compiler: parameters must be numbers a float32 can hold") {
  GraphBuilder g;
  const ValueId x = g.input({2});
  CHECK(refusal(g, node_of(OpKind::Clip, {x}, {}, {NAN, 1})) == C209_Attribute);
  CHECK(refusal(g, node_of(OpKind::Clip, {x}, {}, {-1e300, 1})) == C209_Attribute);
  CHECK(refusal(g, node_of(OpKind::Clip, {x}, {}, {-INFINITY, INFINITY})) == 0);
  Node leaky = node_of(OpKind::Unary, {x}, {}, {INFINITY, 0});
  leaky.act = Act::LeakyRelu;
  CHECK(refusal(g, leaky) == C209_Attribute);
}

TEST_CASE(
    "compiler: texts that no file holds, and constants of texts, are refused as the source's") {
  GraphBuilder g;
  g.output(g.unary(Act::Tanh, g.dense(g.input({4}), 3)));
  const Graph good = g.finish();
  Graph graph = good;
  graph.nodes()[0].strings = {"", "gr\xC3\xBCn"};
  CHECK(check_texts(graph).ok());
  for (const std::string& text :
       {std::string("a\0b", 3), std::string("gr\xFC"), std::string(1, '\0')}) {
    graph.nodes()[0].strings = {"red", text};
    const Status refused = check_texts(graph);
    CHECK(refused.code() == Code::Unsupported);
    CHECK(refused.rule() == C207_UnsupportedType);
    CHECK(std::string(refused.message()).find("text 1 of its table") != std::string::npos);
  }
  graph = good;
  graph.value(graph.nodes()[0].inputs[1]).fact.dtype = DType::Str;
  CHECK(check_texts(graph).rule() == C207_UnsupportedType);
}

TEST_CASE("compiler: check finds what a broken pass leaves behind") {
  const auto good = [] {
    GraphBuilder g;
    g.output(g.unary(Act::Tanh, g.dense(g.input({4}), 3)));
    return g.finish();
  };
  CHECK(check(good()).ok());

  Graph graph = good();
  std::swap(graph.nodes()[0], graph.nodes()[1]);
  CHECK_FALSE(check(graph).ok());

  graph = good();
  graph.value(graph.nodes()[1].outputs[0]).fact.dims = {4};
  CHECK_FALSE(check(graph).ok());

  graph = good();
  graph.nodes()[0].inputs[1] = 1000;
  CHECK_FALSE(check(graph).ok());

  graph = good();
  graph.value(graph.nodes()[0].inputs[1]).constant = Constant::from_f32({1, 2});
  CHECK_FALSE(check(graph).ok());

  graph = good();
  graph.entries[0].outputs.clear();
  CHECK_FALSE(check(graph).ok());

  graph = good();
  graph.entries[0].outputs.push_back(graph.entries[0].outputs[0]);
  CHECK_FALSE(check(graph).ok());

  graph = good();
  graph.entries[0].outputs[0].labels = {"one", "two"};
  CHECK(check(graph).code() == Code::Corrupt);  // names are the source's

  GraphBuilder g;
  g.output(g.reshape(g.input({6}), {2, 3}));
  graph = g.finish();
  graph.entries[0].outputs[0].labels = {"a", "b", "c"};  // of the last axis alone
  CHECK(check(graph).code() == Code::Corrupt);
  graph.entries[0].outputs[0].labels = {"a", "b", "c", "d", "e", "f"};
  CHECK(check(graph).ok());

  graph = good();
  graph.add_input("forgotten", {DType::F32, Rows::PerRow, {2}});
  CHECK_FALSE(check(graph).ok());
}

TEST_CASE("compiler: compact keeps what is used and the order of it") {
  GraphBuilder g;
  const ValueId x = g.input({4});
  g.random_constant({9});
  const ValueId dead = g.unary(Act::Exp, x);
  g.output(g.unary(Act::Tanh, x));
  g.graph.nodes()[g.graph.value(dead).producer].kind = OpKind::None;
  g.graph.compact();
  CHECK(g.graph.nodes().size() == 1);
  CHECK(g.graph.value_count() == 2);
  CHECK(check(g.graph).ok());
}

TEST_CASE("compiler: the text form names functions, attributes and shapes") {
  GraphBuilder g;
  const ValueId x = g.input({4});
  const ValueId h = g.unary(Act::LeakyRelu, x, {0.25, 0});
  g.output(g.slice(g.binary(BinaryFn::Mul, h, g.constant({4}, {1, 2, 3, 4}, "w")), 0, 1, 2, 2));
  CHECK(text(g.finish()) ==
        "  entry predict: x -> y=%4\n"
        "  input x [*, 4] f32\n"
        "  constant w [4] f32\n"
        "  %1 = Unary.LeakyRelu(x) {0.25, 0} [*, 4] f32\n"
        "  %3 = Binary.Mul(%1, w) [*, 4] f32\n"
        "  %4 = Slice(%3) {0, 1, 2} [*, 2] f32\n");
}

}  // namespace
}  // namespace mle::testing
