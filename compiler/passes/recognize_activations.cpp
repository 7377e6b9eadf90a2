// Activations that exporters write as trees of simple nodes. Each has one transcendental node in
// its middle: t = f(u), where u is a polynomial in x, and the result is one in x and t.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/all.h"
#include "compiler/passes/polynomial.h"

#include <array>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

namespace mle::compiler {
namespace {

constexpr int kLongestPath = 6;     // nodes between t and the result
constexpr size_t kMostPlaces = 16;  // values below u that may be x

bool is_act(const Node* node, Act act) {
  return node != nullptr && node->kind == OpKind::Unary && node->act == act;
}

// u of a node in the middle, or kNone if the node is of another kind.
using Middle = ValueId (*)(const Editor&, const Node&);

template <Act kAct>
ValueId unary(const Editor&, const Node& node) {
  return is_act(&node, kAct) ? node.inputs[0] : kNone;
}

ValueId hard_sigmoid(const Editor& editor, const Node& node) {
  const double rounding = rounding_of(editor.value(node.inputs[0]).fact.dtype);
  const bool fits = is_act(&node, Act::HardSigmoid) && node.fattr.size() == 2 &&
                    std::abs(node.fattr[0] - 1.0 / 6) < rounding && node.fattr[1] == 0.5;
  return fits ? node.inputs[0] : kNone;
}

template <int kHighest>
ValueId clip_from_0(const Editor&, const Node& node) {
  const bool fits = node.kind == OpKind::Clip && node.fattr[0] == 0 && node.fattr[1] == kHighest;
  return fits ? node.inputs[0] : kNone;
}

ValueId tanh_of_softplus(const Editor& editor, const Node& node) {
  if (!is_act(&node, Act::Tanh)) return kNone;
  const Node* before = editor.producer(node.inputs[0]);
  return is_act(before, Act::Softplus) ? before->inputs[0] : kNone;
}

struct Pattern {
  Act act;
  Middle middle;
  Polynomial u;       // in x
  Polynomial result;  // in x and t
};

const std::vector<Pattern>& patterns() {
  const auto x = [](double factor) { return Polynomial::term(1, 0, factor); };
  const auto xt = [](double factor) { return Polynomial::term(1, 1, factor); };
  const double k = std::sqrt(2 / std::numbers::pi);
  static const std::vector<Pattern> kPatterns = {
      {Act::Gelu, unary<Act::Erf>, x(1 / std::numbers::sqrt2), x(0.5) + xt(0.5)},
      {Act::GeluTanh, unary<Act::Tanh>, x(k) + Polynomial::term(3, 0, 0.044715 * k),
       x(0.5) + xt(0.5)},
      {Act::Silu, unary<Act::Sigmoid>, x(1), xt(1)},
      {Act::Silu, unary<Act::Tanh>, x(0.5), x(0.5) + xt(0.5)},
      {Act::HardSwish, hard_sigmoid, x(1), xt(1)},
      {Act::HardSwish, clip_from_0<6>, x(1) + Polynomial::constant(3), xt(1.0 / 6)},
      {Act::HardSwish, clip_from_0<1>, x(1.0 / 6) + Polynomial::constant(0.5), xt(1)},
      {Act::Mish, tanh_of_softplus, x(1), xt(1)},
  };
  return kPatterns;
}

// u itself and what it is made of: one of these is x.
std::vector<ValueId> places_of_x(const Editor& editor, ValueId u) {
  std::vector<ValueId> places = {u};
  for (size_t i = 0; i < places.size() && places.size() < kMostPlaces; ++i) {
    const Node* node = editor.producer(places[i]);
    if (node == nullptr || !is_polynomial_node(*node)) continue;
    for (ValueId id : node->inputs)
      if (!editor.value(id).is_constant) places.push_back(id);
  }
  return places;
}

// The node on the way up from t that computes `result`, or kNone.
NodeId find_result(const Editor& editor, ValueId x, ValueId t, const Polynomial& result) {
  ValueId at = t;
  for (int i = 0; i < kLongestPath; ++i) {
    const NodeId user = editor.only_user(at);
    if (user == kNone || !is_polynomial_node(editor.node(user))) return kNone;
    at = editor.output(user);
    const auto polynomial = expand(editor, at, {x, t});
    const Fact& fact = editor.value(at).fact;
    if (polynomial && polynomial->is_near(result, fact.dtype) && fact == editor.value(x).fact)
      return user;
  }
  return kNone;
}

bool recognize(Editor& editor, NodeId n, const Pattern& pattern) {
  const ValueId u = pattern.middle(editor, editor.node(n));
  if (u == kNone) return false;
  for (ValueId x : places_of_x(editor, u)) {
    const auto polynomial = expand(editor, u, {x, kNone});
    const DType dtype = editor.value(u).fact.dtype;
    if (!polynomial || !polynomial->is_near(pattern.u, dtype)) continue;
    const NodeId result = find_result(editor, x, editor.output(n), pattern.result);
    if (result == kNone) continue;
    Node whole;
    whole.kind = OpKind::Unary;
    whole.act = pattern.act;
    whole.inputs = {x};
    editor.replace(result, std::move(whole));
    return true;
  }
  return false;
}

}  // namespace

Status recognize_activations(Graph& graph) {
  Editor editor(graph);
  for (NodeId n = 0; n < editor.node_count(); ++n)
    for (const Pattern& pattern : patterns())
      if (recognize(editor, n, pattern)) break;
  editor.finish();
  return {};
}

}  // namespace mle::compiler
