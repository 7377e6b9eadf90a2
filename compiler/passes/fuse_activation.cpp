// Dense, then Unary that is its only reader → Dense with that activation.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/all.h"
#include "compiler/passes/editor.h"

#include <utility>

namespace mle::compiler {

Status fuse_activation(Graph& graph) {
  Editor editor(graph);
  for (NodeId n = 0; n < editor.node_count(); ++n) {
    const Node& unary = editor.node(n);
    if (unary.kind != OpKind::Unary) continue;
    const Node* dense = editor.producer(unary.inputs[0]);
    if (dense == nullptr || dense->kind != OpKind::Dense || dense->act != Act::None) continue;
    if (editor.only_user(unary.inputs[0]) != n) continue;
    Node fused = *dense;
    fused.act = unary.act;
    fused.fattr = unary.fattr;
    editor.replace(n, std::move(fused));
  }
  editor.finish();
  return {};
}

}  // namespace mle::compiler
