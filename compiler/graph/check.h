// Every invariant of a Graph; check() runs after every pass.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "compiler/graph/graph.h"

namespace mle::compiler {

// Ok; Corrupt where the source's names do not fit its columns; or Internal with the node and the
// broken invariant: indices in range, one producer per value, topological order, arities,
// attributes, facts equal to what infer() says, constants as long as their facts, entries with at
// least one input and output, unique names.
Status check(const Graph& graph);

// Unsupported where a source has texts that no file of ours holds. Once, behind the importer: no
// pass makes texts.
Status check_texts(const Graph& graph);

// Of one row, over all its axes: what features, labels and classes are about.
uint64_t columns_of(const Fact& fact);

}  // namespace mle::compiler
