// Softplus as torch writes it: x above a threshold, log(1 + e^x) below, with or without a factor
// beta. Far enough out both are the same number, so that the threshold can go. Also log(1 + e^x)
// and log(sigmoid x) spelled out, which overflow where softplus does not.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/all.h"
#include "compiler/passes/polynomial.h"

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mle::compiler {
namespace {

// From here on log(1 + e^-x) < x * 2^-25 (f64: 2^-54).
double same_from(DType dtype) { return dtype == DType::F64 ? 34 : 15; }
constexpr int kDepth = 4;

bool is_act(const Node* node, Act act) {
  return node != nullptr && node->kind == OpKind::Unary && node->act == act;
}

Node unary(Act act, ValueId x, const std::string& name) {
  Node node;
  node.kind = OpKind::Unary;
  node.act = act;
  node.inputs = {x};
  node.name = name;
  return node;
}

// The softplus that `value` is a multiple of, if it is.
std::optional<ValueId> softplus_below(const Editor& editor, ValueId value, int depth) {
  const Node* node = editor.producer(value);
  if (is_act(node, Act::Softplus)) return value;
  if (node == nullptr || depth == 0 || !is_polynomial_node(*node)) return std::nullopt;
  for (ValueId id : node->inputs)
    if (const auto found = softplus_below(editor, id, depth - 1)) return found;
  return std::nullopt;
}

// From which x on the condition chooses x; nothing if it does anything else.
std::optional<double> threshold(const Editor& editor, const Node& compare, ValueId x,
                                bool chooses_if_true) {
  const auto fn = static_cast<CompareFn>(compare.iattr[0]);
  const bool greater = fn == CompareFn::Greater || fn == CompareFn::GreaterEqual;
  const bool less = fn == CompareFn::Less || fn == CompareFn::LessEqual;
  const auto a = expand(editor, compare.inputs[0], {x, kNone});
  const auto b = expand(editor, compare.inputs[1], {x, kNone});
  if (!(greater || less) || !a || !b) return std::nullopt;
  // x is chosen where slope * x + level > 0 (or >= 0: both branches agree at the threshold).
  const Polynomial excess = (*a + *b * -1) * (greater == chooses_if_true ? 1 : -1);
  const double slope = excess.c[1][0], level = excess.c[0][0];
  if (!(slope > 0) || excess.c[2][0] != 0 || excess.c[3][0] != 0) return std::nullopt;
  return -level / slope;
}

// Select(condition, x, softplus(beta x) / beta) does what its softplus branch does.
bool drop_threshold(Editor& editor, NodeId n, size_t x_input) {
  const Node& select = editor.node(n);
  const ValueId x = select.inputs[x_input], soft = select.inputs[3 - x_input];
  const Node* compare = editor.producer(select.inputs[0]);
  if (compare == nullptr || compare->kind != OpKind::Compare) return false;
  const auto t = softplus_below(editor, soft, kDepth);
  if (!t || editor.value(soft).fact != editor.value(editor.output(n)).fact) return false;

  const auto u = expand(editor, editor.producer(*t)->inputs[0], {x, kNone});
  const double beta = u ? u->c[1][0] : 0;
  const DType dtype = editor.value(x).fact.dtype;
  if (!(beta > 0) || !u->is_near(Polynomial::term(1, 0, beta), dtype)) return false;
  const auto branch = expand(editor, soft, {x, *t});
  if (!branch || !branch->is_near(Polynomial::term(0, 1, 1 / beta), dtype)) return false;
  const auto from = threshold(editor, *compare, x, x_input == 1);
  if (!from || !(beta * *from >= same_from(dtype))) return false;
  editor.redirect(editor.output(n), soft);
  return true;
}

// Log(1 + Exp(x)), in either order.
void join_log_exp(Editor& editor, NodeId n) {
  const ValueId sum = editor.node(n).inputs[0];
  const Node* add = editor.producer(sum);
  if (add == nullptr || add->kind != OpKind::Binary) return;
  for (ValueId t : add->inputs) {
    const Node* exp = editor.producer(t);
    if (!is_act(exp, Act::Exp)) continue;
    const auto polynomial = expand(editor, sum, {kNone, t});
    const Polynomial wanted = Polynomial::constant(1) + Polynomial::term(0, 1);
    if (!polynomial || !polynomial->is_near(wanted, editor.value(sum).fact.dtype)) continue;
    const ValueId x = exp->inputs[0];
    if (editor.value(x).fact != editor.value(editor.output(n)).fact) continue;
    editor.replace(n, unary(Act::Softplus, x, {}));
    return;
  }
}

// log(sigmoid x) = -softplus(-x). Rebuilds the list of nodes, because it gets longer.
void split_log_sigmoid(Graph& graph) {
  const std::vector<Node> nodes = std::exchange(graph.nodes(), {});
  const auto sigmoid_before = [&](const Node& node) {
    const NodeId n = is_act(&node, Act::Log) ? graph.value(node.inputs[0]).producer : kNone;
    return n != kNone && is_act(&nodes[n], Act::Sigmoid) ? &nodes[n] : nullptr;
  };
  for (const Node& node : nodes) {
    const Node* sigmoid = sigmoid_before(node);
    if (sigmoid == nullptr) {
      graph.nodes().push_back(node);
      continue;
    }
    const Fact fact = graph.value(node.outputs[0]).fact;
    const ValueId negative = graph.add_node(unary(Act::Neg, sigmoid->inputs[0], node.name), fact);
    const ValueId soft = graph.add_node(unary(Act::Softplus, negative, node.name), fact);
    Node result = unary(Act::Neg, soft, node.name);
    result.outputs = node.outputs;
    graph.nodes().push_back(std::move(result));
  }
}

}  // namespace

Status recognize_softplus(Graph& graph) {
  Editor editor(graph);
  for (NodeId n = 0; n < editor.node_count(); ++n) {
    if (editor.node(n).kind == OpKind::Select && !drop_threshold(editor, n, 1))
      drop_threshold(editor, n, 2);
    if (is_act(&editor.node(n), Act::Log)) join_log_exp(editor, n);
  }
  editor.finish();
  split_log_sigmoid(graph);
  return drop_dead(graph);
}

}  // namespace mle::compiler
