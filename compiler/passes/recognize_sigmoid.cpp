// 1 / (1 + e^-x) in its parts, of f32. In f64 they stay: who wrote each step down may want what is
// lost in it, because 1 - p of a p near 1 is nothing else.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/all.h"
#include "compiler/passes/polynomial.h"

#include <utility>

namespace mle::compiler {
namespace {

bool is_act(const Node* node, Act act) {
  return node != nullptr && node->kind == OpKind::Unary && node->act == act;
}

bool is_binary(const Node* node, BinaryFn fn) {
  return node != nullptr && node->kind == OpKind::Binary &&
         static_cast<BinaryFn>(node->iattr[0]) == fn;
}

// y of 1 / y, or kNone.
ValueId inverted(const Editor& editor, const Node& node) {
  if (is_act(&node, Act::Reciprocal)) return node.inputs[0];
  if (!is_binary(&node, BinaryFn::Div)) return kNone;
  return uniform_constant(editor.value(node.inputs[0])) == 1.0 ? node.inputs[1] : kNone;
}

// x of 1 + e^-x, or kNone.
ValueId below_one_plus_exp(const Editor& editor, const Node* sum) {
  if (!is_binary(sum, BinaryFn::Add)) return kNone;
  for (const size_t one : {size_t{0}, size_t{1}}) {
    if (uniform_constant(editor.value(sum->inputs[one])) != 1.0) continue;
    const Node* exp = editor.producer(sum->inputs[1 - one]);
    const Node* minus = is_act(exp, Act::Exp) ? editor.producer(exp->inputs[0]) : nullptr;
    if (is_act(minus, Act::Neg)) return minus->inputs[0];
  }
  return kNone;
}

}  // namespace

Status recognize_sigmoid(Graph& graph) {
  Editor editor(graph);
  for (NodeId n = 0; n < editor.node_count(); ++n) {
    const ValueId y = inverted(editor, editor.node(n));
    if (y == kNone) continue;
    const ValueId x = below_one_plus_exp(editor, editor.producer(y));
    if (x == kNone) continue;
    const Fact& fact = editor.value(editor.output(n)).fact;
    if (fact.dtype != DType::F32 || editor.value(x).fact != fact) continue;
    Node whole;
    whole.kind = OpKind::Unary;
    whole.act = Act::Sigmoid;
    whole.inputs = {x};
    editor.replace(n, std::move(whole));
  }
  editor.finish();
  return {};
}

}  // namespace mle::compiler
