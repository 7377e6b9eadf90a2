// The shape rule of every op kind: which outputs follow from which inputs and attributes. Importers
// use it to build nodes, graph/check.h to prove them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/graph/graph.h"

namespace mle::compiler {

// The fact of the node's output, or why there is none. Node inputs must exist in the graph.
Result<Fact> infer(const Graph& graph, const Node& node);

// infer() and Graph::add_node() in one.
Result<ValueId> add_inferred(Graph& graph, Node node, std::string value_name = {});

}  // namespace mle::compiler
