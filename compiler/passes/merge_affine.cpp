// Affine nodes in a row become one Scale, y = fma(x, s, t).
// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/affine.h"
#include "compiler/passes/all.h"

#include <utility>

namespace mle::compiler {

Status merge_affine(Graph& graph) {
  Editor editor(graph);
  for (NodeId n = static_cast<NodeId>(editor.node_count()); n-- > 0;) {
    size_t length = 0;
    const auto chain = affine_chain_to(editor, n, &length);
    if (length < 2 || !chain->is_finite()) continue;
    if (chain->shifts_first && !chain->may_be_reordered()) continue;
    const std::string& name = editor.value(editor.output(n)).name;
    const Dims columns = {static_cast<uint32_t>(chain->scale.size())};
    Node scale;
    scale.kind = OpKind::Scale;
    scale.inputs = {chain->x, editor.add_f32(name + ".scale", columns, chain->scale),
                    editor.add_f32(name + ".shift", columns, chain->shift)};
    editor.replace(n, std::move(scale));
  }
  editor.finish();
  return {};
}

}  // namespace mle::compiler
