// Affine nodes in a row become one Scale, y = fma(x, s, t). In f64 they stay as they are: there the
// source's own digits are asked for, and those are of a sum and a product rounded one by one.
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
    if (length < 2) continue;
    const DType dtype = editor.value(editor.output(n)).fact.dtype;
    if (dtype == DType::F64 || !chain->is_finite(dtype)) continue;
    if (chain->shifts_first && !chain->may_be_reordered()) continue;
    const std::string& name = editor.value(editor.output(n)).name;
    const Dims columns = {static_cast<uint32_t>(chain->scale.size())};
    Node scale;
    scale.kind = OpKind::Scale;
    scale.inputs = {chain->x, editor.add_float(name + ".scale", dtype, columns, chain->scale),
                    editor.add_float(name + ".shift", dtype, columns, chain->shift)};
    editor.replace(n, std::move(scale));
  }
  editor.finish();
  return {};
}

}  // namespace mle::compiler
