// One walk from the tables back to the inputs.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/index_bounds.h"

#include <algorithm>

namespace mle::compiler {
namespace {

// Whether what bounds the output of such an op bounds its inputs.
bool hands_on(OpKind kind) {
  switch (kind) {
    case OpKind::Unary:
    case OpKind::Binary:
    case OpKind::Select:
    case OpKind::Clip:
    case OpKind::Concat:
    case OpKind::Slice:
    case OpKind::Reshape:
    case OpKind::Cast:
    case OpKind::Transpose:
    case OpKind::Expand:
    case OpKind::Gather:
    case OpKind::GatherElements: return true;
    default: return false;
  }
}

}  // namespace

std::vector<uint64_t> index_bounds(const Graph& graph) {
  std::vector<uint64_t> bounds(graph.value_count(), kNoBound);
  const auto lower = [&](ValueId id, uint64_t bound) { bounds[id] = std::min(bounds[id], bound); };
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) {
    const uint64_t bound = bounds[node->outputs[0]];
    const bool picks = node->kind == OpKind::Gather || node->kind == OpKind::GatherElements;
    if (picks) {
      lower(node->inputs[0], bound);
      lower(node->inputs[1], graph.value(node->inputs[0]).fact.dims[node->iattr[0]]);
    } else if (hands_on(node->kind)) {
      for (const ValueId id : node->inputs) lower(id, bound);
    }
  }
  return bounds;
}

}  // namespace mle::compiler
