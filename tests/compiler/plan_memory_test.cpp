// The memory plan: nobody's bytes are overwritten while they are needed.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/plan_memory.h"

#include "tests/compiler/graphs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

namespace mle::testing {
namespace {

bool overlap(const Block& a, uint64_t at_a, const Block& b, uint64_t at_b) {
  const bool in_time = a.first <= b.last && b.first <= a.last;
  const bool in_space = at_a < at_b + b.bytes && at_b < at_a + a.bytes;
  return in_time && in_space;
}

std::vector<Block> random_blocks(Random& random, size_t count) {
  std::vector<Block> blocks(count);
  for (Block& block : blocks) {
    block.bytes = 64 * (1 + random.bits() % 40);
    block.first = random.bits() % 50;
    block.last = block.first + random.bits() % 12;
  }
  return blocks;
}

TEST_CASE("compiler: blocks that are needed at the same time never share a byte") {
  Random random(5);
  for (int round = 0; round < 200; ++round) {
    const std::vector<Block> blocks = random_blocks(random, 1 + random.bits() % 60);
    const Places places = place_blocks(blocks);
    uint64_t end = 0;
    bool clash = false;
    for (size_t i = 0; i < blocks.size(); ++i) {
      CHECK(places.offsets[i] % 64 == 0);
      end = std::max(end, places.offsets[i] + blocks[i].bytes);
      for (size_t j = 0; j < i; ++j)
        clash |= overlap(blocks[i], places.offsets[i], blocks[j], places.offsets[j]);
    }
    CHECK_FALSE(clash);
    CHECK(places.bytes == end);
  }
}

TEST_CASE("compiler: a chain of layers needs room for two neighbours, not for all") {
  GraphBuilder g;
  ValueId x = g.input({16});
  for (uint32_t width : {64u, 128u, 64u, 32u, 64u}) x = g.dense(x, width);
  g.output(g.dense(x, 4));
  const Graph graph = g.finish();
  std::vector<bool> outside(graph.value_count());
  outside[graph.entries[0].outputs[0].value] = true;
  CHECK(plan_memory(graph, outside).bytes == (64 + 128) * sizeof(float));
}

TEST_CASE("compiler: element-wise ops and reshapes write where they read") {
  GraphBuilder g;
  const ValueId a = g.dense(g.input({16}), 32);
  const ValueId b = g.unary(Act::Exp, a);
  const ValueId c = g.reshape(b, {4, 8});
  const ValueId d = g.softmax(c, 1);
  g.output(g.unary(Act::Log, d));
  const Graph graph = g.finish();
  std::vector<bool> outside(graph.value_count());
  outside[graph.entries[0].outputs[0].value] = true;
  const MemoryPlan plan = plan_memory(graph, outside);
  CHECK(plan.bytes == 32 * sizeof(float));
  CHECK(plan.offsets[a] == plan.offsets[d]);
}

TEST_CASE("compiler: what is needed later is not written over") {
  GraphBuilder g;
  const ValueId a = g.dense(g.input({16}), 32);
  const ValueId b = g.unary(Act::Exp, a);
  g.output(g.binary(BinaryFn::Add, a, b));
  const Graph graph = g.finish();
  std::vector<bool> outside(graph.value_count());
  outside[graph.entries[0].outputs[0].value] = true;
  const MemoryPlan plan = plan_memory(graph, outside);
  CHECK(plan.offsets[a] != plan.offsets[b]);
}

}  // namespace
}  // namespace mle::testing
