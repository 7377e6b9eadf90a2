// Memory plan: who lies where in the arena.
// Promise: two blocks that are needed at the same time share no byte; every offset is a multiple of
// 64; the same input gives the same plan.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/graph/graph.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mle::compiler {

// One place in the arena and when it is needed: from op `first` to op `last`, both included.
struct Block {
  uint64_t bytes = 0;
  size_t first = 0, last = 0;
};

struct Places {
  std::vector<uint64_t> offsets;  // one per block
  uint64_t bytes = 0;             // of the arena
};

// First fit, largest block first.
Places place_blocks(std::span<const Block> blocks);

// The plan of a graph: an offset for each value that a node makes, except those in `outside`, which
// lie in the caller's memory. Values that may overwrite an input (format/README.md) do so.
struct MemoryPlan {
  std::vector<uint64_t> offsets;  // by ValueId; 0 for values that have no place
  uint64_t bytes = 0;             // per row where the graph is row-wise
};
MemoryPlan plan_memory(const Graph& graph, const std::vector<bool>& outside);

// Bytes a value takes in the arena: from one row to the next, or of the whole tensor.
uint64_t arena_bytes(const Fact& fact);

}  // namespace mle::compiler
