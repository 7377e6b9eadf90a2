// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/plan_memory.h"

#include "format/layout.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace mle::compiler {
namespace {

bool meet(const Block& a, const Block& b) { return a.first <= b.last && b.first <= a.last; }

// A block that has its place.
struct Placed {
  uint64_t offset;
  const Block* block;
};

// The lowest offset where `block` fits between those of `placed`, which are in order of offset,
// that are needed at the same time.
uint64_t lowest_gap(const Block& block, const std::vector<Placed>& placed) {
  uint64_t offset = 0;
  for (const Placed& other : placed) {
    if (!meet(block, *other.block)) continue;
    if (offset + block.bytes <= other.offset) break;
    offset = std::max(offset, other.offset + other.block->bytes);
  }
  return offset;
}

// The list of format/README.md. Reshape keeps the bytes, the others the dims.
bool may_overwrite(const Graph& graph, const Node& node, ValueId input) {
  const Fact& from = graph.value(input).fact;
  const Fact& to = graph.value(node.outputs[0]).fact;
  if (from.dtype != to.dtype || from.rows != to.rows) return false;
  switch (node.kind) {
    case OpKind::Reshape: return true;
    case OpKind::Unary:
    case OpKind::Binary:
    case OpKind::Select:
    case OpKind::Scale:
    case OpKind::Clip:
    case OpKind::Softmax:
    case OpKind::LogSoftmax:
    case OpKind::CumSum:
    case OpKind::LayerNorm: return from.dims == to.dims;
    default: return false;
  }
}

std::vector<size_t> last_uses(const Graph& graph) {
  std::vector<size_t> last(graph.value_count());
  for (NodeId n = 0; n < graph.nodes().size(); ++n) {
    last[graph.nodes()[n].outputs[0]] = n;  // even if nobody reads it
    for (ValueId id : graph.nodes()[n].inputs) last[id] = n;
  }
  return last;
}

}  // namespace

uint64_t arena_bytes(const Fact& fact) {
  return format::row_stride_bytes(element_count(fact.dims), size_of(fact.dtype));
}

Places place_blocks(std::span<const Block> blocks) {
  std::vector<size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return blocks[a].bytes > blocks[b].bytes; });

  Places places;
  places.offsets.resize(blocks.size());
  std::vector<Placed> placed;
  for (size_t i : order) {
    const uint64_t offset = lowest_gap(blocks[i], placed);
    const auto behind =
        std::upper_bound(placed.begin(), placed.end(), offset,
                         [](uint64_t at, const Placed& p) { return at < p.offset; });
    placed.insert(behind, {offset, &blocks[i]});
    places.offsets[i] = offset;
    places.bytes = std::max(places.bytes, offset + blocks[i].bytes);
  }
  return places;
}

MemoryPlan plan_memory(const Graph& graph, const std::vector<bool>& outside) {
  const std::vector<size_t> last = last_uses(graph);
  // Where rows mix, what is one for all rows stays while tile after tile is computed.
  const bool rows_mix = graph.rows_mix();
  const auto stays = [&](ValueId id) {
    return rows_mix && graph.value(id).fact.rows == Rows::Whole;
  };
  std::vector<Block> blocks;
  std::vector<size_t> block_of(graph.value_count(), SIZE_MAX);
  for (NodeId n = 0; n < graph.nodes().size(); ++n) {
    const Node& node = graph.nodes()[n];
    const ValueId out = node.outputs[0];
    if (outside[out]) continue;
    // An input whose last use this is leaves its place to the output.
    for (ValueId id : node.inputs) {
      if (block_of[id] == SIZE_MAX || last[id] != n || !may_overwrite(graph, node, id)) continue;
      if (stays(id)) continue;
      block_of[out] = block_of[id];
      break;
    }
    if (block_of[out] == SIZE_MAX) {
      block_of[out] = blocks.size();
      blocks.push_back({arena_bytes(graph.value(out).fact), stays(out) ? 0 : n, n});
    }
    blocks[block_of[out]].last = stays(out) ? graph.nodes().size() : last[out];
  }

  const Places places = place_blocks(blocks);
  MemoryPlan plan;
  plan.offsets.resize(graph.value_count());
  for (ValueId v = 0; v < graph.value_count(); ++v)
    if (block_of[v] != SIZE_MAX) plan.offsets[v] = places.offsets[block_of[v]];
  plan.bytes = places.bytes;
  return plan;
}

}  // namespace mle::compiler
