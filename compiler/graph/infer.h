// The shape rule of every op kind: which outputs follow from which inputs and attributes. Importers
// use it to build nodes, graph/check.h to prove them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/graph/graph.h"

namespace mle::compiler {

// The fact of the node's output, or why there is none. Node inputs must exist in the graph.
// Slice, Reshape, Expand and Cast do not say what comes out: `wanted` does (the dims of the first
// three, the dtype of the last), and infer() proves that it fits. Without it, the node's present
// output is taken.
Result<Fact> infer(const Graph& graph, const Node& node, const Fact* wanted = nullptr);

// infer() and Graph::add_node() in one.
Result<ValueId> add_inferred(Graph& graph, Node node, std::string value_name = {},
                             const Fact* wanted = nullptr);

// Rank, dims and bytes within format/limits.h, no empty axis.
Status check_limits(const Fact& fact);

}  // namespace mle::compiler
