// Rows of our own to ask a graph: numbers, and where it looks keys up, keys that it knows.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/evaluate/elements.h"
#include "compiler/graph/graph.h"
#include "compiler/random.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mle::compiler {

class RandomInputs {
 public:
  explicit RandomInputs(const Graph& graph);

  // Nearly N(0, 1); of a whole-number dtype, small numbers from 0 on; indices of what they index;
  // of strings, and of every other number where the graph has keys of the dtype, one of its keys.
  Elements make(Random& random, ValueId input, size_t rows) const;
  // Its elements are indices into something.
  bool is_index(ValueId input) const;

 private:
  Elements texts(Random& random, size_t count) const;
  void put_keys(Random& random, DType dtype, Elements& elements) const;

  const Graph& graph_;
  std::vector<uint64_t> bounds_;
  std::vector<std::string> texts_;
  std::vector<std::pair<DType, Elements>> numbers_;
};

}  // namespace mle::compiler
