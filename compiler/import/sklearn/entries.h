// The questions a fitted estimator answers, as entries of a graph.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/sklearn/reading.h"

#include <map>
#include <string>
#include <vector>

namespace mle::compiler::sklearn {

// The columns a model takes: their number, where the user has not told it, and their names where it
// knows them.
struct Columns {
  size_t count = 0;
  std::vector<std::string> names;
  bool apart = false;  // an input for each, though they are numbers
  // How many is not known, and does not matter: each number is answered for itself.
  bool each = false;
};
Columns columns_of_model(const Estimator& e, size_t told);

// Writes inputs, nodes and entries for the estimator. Types that its encoders want are returned:
// where some are not those that were given, the graph is of no use and has to be made once more.
std::map<uint32_t, DType> write_entries(Graph& graph, const Estimator& e, const Columns& columns,
                                        const std::map<uint32_t, DType>& types, bool typed,
                                        uint64_t constant_bytes, std::vector<std::string>& path);

}  // namespace mle::compiler::sklearn
