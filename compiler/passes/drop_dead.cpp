// What no output needs, directly or through others, goes.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/all.h"

#include <vector>

namespace mle::compiler {

Status drop_dead(Graph& graph) {
  std::vector<bool> needed(graph.value_count());
  for (const GraphEntry& entry : graph.entries)
    for (const GraphPort& port : entry.outputs) needed[port.value] = true;
  for (size_t n = graph.nodes().size(); n-- > 0;) {
    Node& node = graph.nodes()[n];
    if (!needed[node.outputs[0]])
      node.kind = OpKind::None;
    else
      for (ValueId id : node.inputs) needed[id] = true;
  }
  graph.compact();
  return {};
}

}  // namespace mle::compiler
