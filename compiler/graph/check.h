// Every invariant of a Graph. Runs after every pass.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "compiler/graph/graph.h"

namespace mle::compiler {

// Ok; Unsupported where the source has texts that no file of ours holds; Corrupt where its names do
// not fit its columns; or Internal with the node and the broken invariant: indices in range, one
// producer per value, topological order, arities, attributes, facts equal to what infer() says,
// constants as long as their facts, entries with at least one input and output, unique names.
Status check(const Graph& graph);

// Of one row, over all its axes: what features, labels and classes are about.
uint64_t columns_of(const Fact& fact);

}  // namespace mle::compiler
