// Rows of our own to ask a graph: numbers, and where it looks keys up, keys that it knows.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/evaluate/elements.h"
#include "compiler/graph/graph.h"
#include "compiler/random.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mle::compiler {

// A column of a vector.
using InputColumn = std::pair<ValueId, uint32_t>;

// Where a column comes from, one node further up; nothing where it is computed.
std::optional<InputColumn> one_column_up(const Graph& graph, const Node& node, uint32_t column);

class RandomInputs {
 public:
  explicit RandomInputs(const Graph& graph);

  // Nearly N(0, 1); of a whole-number dtype, small numbers from 0 on; indices of what they index;
  // where a column is looked up in a list of keys, mostly those keys, and nothing else where others
  // have no answer; other strings are some of the graph's.
  Elements make(Random& random, ValueId input, size_t rows) const;
  // Its elements are indices into something.
  bool is_index(ValueId input) const;

 private:
  // What a column is looked up in.
  struct Keys {
    Elements list;
    bool strict = false;  // what is not in the list has no answer
  };

  void add_keys(const Node& node);
  Elements texts(Random& random, size_t count) const;
  Elements with_keys(Random& random, ValueId input, size_t width, const Elements& drawn) const;

  const Graph& graph_;
  std::vector<uint64_t> bounds_;
  std::vector<std::string> texts_;
  std::map<InputColumn, Keys> keys_;  // by input and column
};

}  // namespace mle::compiler
