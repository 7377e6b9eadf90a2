// Layer normalisation spelled out: (x - mean) / sqrt(mean of squares + eps), with factors behind
// it; and the same without the mean, as RMS normalisation has it.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/all.h"
#include "compiler/passes/polynomial.h"

#include <limits>
#include <optional>
#include <utility>

namespace mle::compiler {
namespace {

bool is_binary(const Node* node, BinaryFn fn) {
  return node != nullptr && node->kind == OpKind::Binary &&
         node->iattr[0] == static_cast<uint32_t>(fn);
}
bool is_unary(const Node* node, Act act) {
  return node != nullptr && node->kind == OpKind::Unary && node->act == act;
}

// The mean over the last axes that stay as axes of 1: where they begin.
std::optional<uint32_t> mean_from(const Editor& editor, const Node* node) {
  if (node == nullptr || node->kind != OpKind::Reduce ||
      node->iattr[0] != static_cast<uint32_t>(ReduceFn::Mean) || node->iattr[1] != 1)
    return std::nullopt;
  const size_t rank = editor.value(node->inputs[0]).fact.dims.size();
  const uint32_t first = node->indices[0];
  // Ascending and none twice: the last ones if there are as many as from the first one on.
  if (node->indices.size() != rank - first) return std::nullopt;
  return first;
}

// What 1 / value is a root of: v, for sqrt(v) or v^0.5.
std::optional<ValueId> under_root(const Editor& editor, ValueId value) {
  const Node* node = editor.producer(value);
  if (is_unary(node, Act::Sqrt)) return node->inputs[0];
  if (is_binary(node, BinaryFn::Pow) && uniform_constant(editor.value(node->inputs[1])) == 0.5)
    return node->inputs[0];
  return std::nullopt;
}

// What a factor is the inverse root of: v, for 1 / sqrt(v) or v^-0.5.
std::optional<ValueId> under_inverse_root(const Editor& editor, ValueId value) {
  const Node* node = editor.producer(value);
  if (is_unary(node, Act::Reciprocal)) return under_root(editor, node->inputs[0]);
  if (is_binary(node, BinaryFn::Div) && uniform_constant(editor.value(node->inputs[0])) == 1)
    return under_root(editor, node->inputs[1]);
  if (is_binary(node, BinaryFn::Pow) && uniform_constant(editor.value(node->inputs[1])) == -0.5)
    return node->inputs[0];
  return std::nullopt;
}

// `numerator` / sqrt(`raised`) as one node, if it is a normalisation.
std::optional<Node> normalisation(const Editor& editor, ValueId numerator, ValueId raised) {
  const Node* sum = editor.producer(raised);
  if (!is_binary(sum, BinaryFn::Add)) return std::nullopt;
  if (editor.value(raised).fact.dtype != DType::F32) return std::nullopt;  // the op has no f64
  for (const ValueId variance : sum->inputs) {
    const Node* mean_of_squares = editor.producer(variance);
    const auto axis = mean_from(editor, mean_of_squares);
    const auto eps = expand(editor, raised, {variance, kNone});
    if (!axis || !eps) continue;
    const double epsilon = eps->c[0][0];
    const auto wanted = Polynomial::term(1, 0) + Polynomial::constant(epsilon);
    if (!(epsilon >= 0) || !eps->is_near(wanted, DType::F32)) continue;
    const auto square = expand(editor, mean_of_squares->inputs[0], {numerator, kNone});
    if (!square || !square->is_near(Polynomial::term(2, 0), DType::F32)) continue;

    Node node;
    node.kind = OpKind::LayerNorm;
    node.inputs = {numerator};
    node.iattr = {*axis, 1};
    node.fattr = {epsilon};
    const Node* centred = editor.producer(numerator);
    if (is_binary(centred, BinaryFn::Sub)) {
      const Node* mean = editor.producer(centred->inputs[1]);
      if (mean_from(editor, mean) == axis && mean->inputs[0] == centred->inputs[0]) {
        node.inputs = {centred->inputs[0]};
        node.iattr[1] = 0;
      }
    }
    return node;
  }
  return std::nullopt;
}

std::optional<Node> normalisation_in(const Editor& editor, const Node& node) {
  if (is_binary(&node, BinaryFn::Div)) {
    if (const auto raised = under_root(editor, node.inputs[1]))
      return normalisation(editor, node.inputs[0], *raised);
  }
  if (is_binary(&node, BinaryFn::Mul)) {
    for (const size_t i : {size_t{0}, size_t{1}})
      if (const auto raised = under_inverse_root(editor, node.inputs[i]))
        if (auto found = normalisation(editor, node.inputs[1 - i], *raised)) return found;
  }
  return std::nullopt;
}

// The constant among the operands of `node` beside `x`, as a factor of those dims.
std::optional<ValueId> factor_beside(Editor& editor, const Node& node, ValueId x,
                                     const Dims& normalised) {
  const Value& value = editor.value(node.inputs[node.inputs[0] == x ? 1 : 0]);
  if (!value.is_constant || value.fact.dtype != editor.value(x).fact.dtype) return std::nullopt;
  Dims dims = value.fact.dims;
  while (dims.size() > normalised.size() && dims[0] == 1) dims.erase(dims.begin());
  if (dims != normalised) return std::nullopt;
  return editor.add_constant(value.name, value.fact.dtype, dims, value.constant);
}

// A product with a constant, then a sum with one, behind a normalisation become part of it.
void take_factors(Editor& editor, NodeId n) {
  for (const BinaryFn fn : {BinaryFn::Mul, BinaryFn::Add}) {
    Node node = editor.node(n);
    if (node.inputs.size() != (fn == BinaryFn::Mul ? 1 : 2)) return;
    const ValueId y = editor.output(n);
    const NodeId user = editor.only_user(y);
    if (user == kNone || !is_binary(&editor.node(user), fn) ||
        editor.value(editor.output(user)).fact != editor.value(y).fact)
      return;
    const Dims& dims = editor.value(y).fact.dims;
    const auto factor =
        factor_beside(editor, editor.node(user), y, {dims.begin() + node.iattr[0], dims.end()});
    if (!factor) return;
    node.inputs.push_back(*factor);
    editor.replace(user, std::move(node));
    n = user;
  }
}

}  // namespace

Status recognize_layer_norm(Graph& graph) {
  Editor editor(graph);
  for (NodeId n = 0; n < editor.node_count(); ++n) {
    auto found = normalisation_in(editor, editor.node(n));
    if (!found) continue;
    if (editor.value(found->inputs[0]).fact != editor.value(editor.output(n)).fact) continue;
    editor.replace(n, *std::move(found));
  }
  for (NodeId n = 0; n < editor.node_count(); ++n)
    if (editor.node(n).kind == OpKind::LayerNorm) take_factors(editor, n);
  editor.finish();
  return {};
}

}  // namespace mle::compiler
