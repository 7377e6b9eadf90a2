// Affine nodes in a row become one Scale, y = fma(x, s, t). In f64 they stay as they are: there the
// source's own digits are asked for, and those are of a sum and a product rounded one by one. So
// they do where something behind them jumps: (x - 3) 0.7 is 0 at 3, and the rounded fma is not.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/affine.h"
#include "compiler/passes/all.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace mle::compiler {
namespace {

// Whether the answer may jump where input `place` moves by its last digit: at a threshold, at a
// whole number, at zero where a root or a quotient ends.
bool jumps(const Editor& editor, const Node& node, size_t place) {
  switch (node.kind) {
    case OpKind::Compare:
    case OpKind::ArgMax:
    case OpKind::TopK:
    case OpKind::MapKeys:
    case OpKind::Piecewise: return true;
    case OpKind::Cast: {
      const DType to = editor.value(node.outputs[0]).fact.dtype;
      return to != DType::F32 && to != DType::F64;
    }
    case OpKind::Binary: {
      const auto fn = static_cast<BinaryFn>(node.iattr[0]);
      return (fn == BinaryFn::Div && place == 1) || fn == BinaryFn::Pow || fn == BinaryFn::Mod ||
             fn == BinaryFn::Fmod;
    }
    case OpKind::Unary: {
      static constexpr Act kJump[] = {Act::Floor, Act::Ceil,       Act::Round, Act::Sign,
                                      Act::Sqrt,  Act::Reciprocal, Act::Log,   Act::Log1p,
                                      Act::Asin,  Act::Acos,       Act::Acosh, Act::Atanh};
      return std::find(std::begin(kJump), std::end(kJump), node.act) != std::end(kJump);
    }
    default: return false;
  }
}

// Behind a sum the last digits are those of its order, whatever went in.
bool sums_up(const Node& node) {
  switch (node.kind) {
    case OpKind::Dense:
    case OpKind::MatMul:
    case OpKind::Softmax:
    case OpKind::LogSoftmax:
    case OpKind::LayerNorm:
    case OpKind::CumSum: return true;
    case OpKind::Reduce: {
      const auto fn = static_cast<ReduceFn>(node.iattr[0]);
      return fn == ReduceFn::Sum || fn == ReduceFn::Mean || fn == ReduceFn::SumSquare;
    }
    default: return false;
  }
}

// By value: whether its last digit may decide an answer.
std::vector<bool> decisive_values(const Editor& editor) {
  std::vector<bool> decisive(editor.graph().value_count());
  for (NodeId n = static_cast<NodeId>(editor.node_count()); n-- > 0;) {
    const Node& node = editor.node(n);
    const bool passed_on = !sums_up(node) && std::any_of(node.outputs.begin(), node.outputs.end(),
                                                         [&](ValueId y) { return decisive[y]; });
    for (size_t i = 0; i < node.inputs.size(); ++i)
      if (passed_on || jumps(editor, node, i)) decisive[node.inputs[i]] = true;
  }
  return decisive;
}

}  // namespace

Status merge_affine(Graph& graph) {
  Editor editor(graph);
  const std::vector<bool> decisive = decisive_values(editor);
  for (NodeId n = static_cast<NodeId>(editor.node_count()); n-- > 0;) {
    size_t length = 0;
    const auto chain = affine_chain_to(editor, n, &length);
    if (length < 2 || decisive[editor.output(n)]) continue;
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
