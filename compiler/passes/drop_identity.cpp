// Nodes that give back what they get, and reshapes of reshapes.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/all.h"
#include "compiler/passes/editor.h"

#include <cmath>
#include <utility>

namespace mle::compiler {
namespace {

bool is_identity(const Editor& editor, const Node& node) {
  const Fact& from = editor.value(node.inputs[0]).fact;
  const Fact& to = editor.value(node.outputs[0]).fact;
  if (from != to) return false;
  switch (node.kind) {
    case OpKind::Unary: return node.act == Act::None;
    case OpKind::Clip: return node.fattr[0] == -INFINITY && node.fattr[1] == INFINITY;
    case OpKind::Concat: return node.inputs.size() == 1;
    case OpKind::Slice:
    case OpKind::Reshape:
    case OpKind::Cast: return true;
    default: return false;
  }
}

// Reshape of a reshape: only the last one counts.
void skip_reshape(Editor& editor, NodeId n) {
  const Node& node = editor.node(n);
  if (node.kind != OpKind::Reshape) return;
  const Node* before = editor.producer(node.inputs[0]);
  if (before == nullptr || before->kind != OpKind::Reshape) return;
  Node direct = node;
  direct.inputs = before->inputs;
  editor.replace(n, std::move(direct));
}

}  // namespace

Status drop_identity(Graph& graph) {
  Editor editor(graph);
  for (NodeId n = 0; n < editor.node_count(); ++n) {
    if (editor.node(n).kind == OpKind::None) continue;
    skip_reshape(editor, n);
    const Node& node = editor.node(n);
    if (is_identity(editor, node)) editor.redirect(editor.output(n), node.inputs[0]);
  }
  editor.finish();
  return {};
}

}  // namespace mle::compiler
