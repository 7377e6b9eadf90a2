// Which inputs of a model are indices into its tables: rows made up for it must hold such.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/graph/graph.h"

#include <cstdint>
#include <vector>

namespace mle::compiler {

// For each value the number of entries of the smallest table that its elements, moved or cast but
// not computed with otherwise, are indices of; kNoBound where there is none.
inline constexpr uint64_t kNoBound = ~uint64_t{0};
std::vector<uint64_t> index_bounds(const Graph& graph);

}  // namespace mle::compiler
