// Functions of two with a constant that are functions of one: a dense layer can take those over.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/all.h"
#include "compiler/passes/polynomial.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace mle::compiler {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Node node_of(OpKind kind, Act act, ValueId x, std::vector<double> fattr) {
  Node node;
  node.kind = kind;
  node.act = act;
  node.inputs = {x};
  node.fattr = std::move(fattr);
  return node;
}

// fn(x, c), c the same for all columns; `x_is_left` matters for PRelu only.
std::optional<Node> simplified(BinaryFn fn, ValueId x, bool x_is_left, double c) {
  if (!std::isfinite(c)) return std::nullopt;
  switch (fn) {
    case BinaryFn::PRelu:
      if (!x_is_left) return std::nullopt;
      return node_of(OpKind::Unary, Act::LeakyRelu, x, {c, 0});
    case BinaryFn::Max:
      if (c == 0) return node_of(OpKind::Unary, Act::Relu, x, {});
      return node_of(OpKind::Clip, Act::None, x, {c, kInfinity});
    case BinaryFn::Min: return node_of(OpKind::Clip, Act::None, x, {-kInfinity, c});
    default: return std::nullopt;
  }
}

void simplify(Editor& editor, NodeId n) {
  const Node& node = editor.node(n);
  for (size_t left : {size_t{0}, size_t{1}}) {
    const ValueId x = node.inputs[left];
    const auto c = uniform_constant(editor.value(node.inputs[1 - left]));
    if (!c || editor.value(x).fact != editor.value(editor.output(n)).fact) continue;
    if (auto simple = simplified(static_cast<BinaryFn>(node.iattr[0]), x, left == 0, *c)) {
      editor.replace(n, *std::move(simple));
      return;
    }
  }
}

// Clip of a clip: both bounds in one, if they leave room for each other.
void join_clips(Editor& editor, NodeId n) {
  const Node& clip = editor.node(n);
  const Node* before = editor.producer(clip.inputs[0]);
  if (before == nullptr || before->kind != OpKind::Clip) return;
  const double lowest = std::max(clip.fattr[0], before->fattr[0]);
  const double highest = std::min(clip.fattr[1], before->fattr[1]);
  if (lowest <= highest)
    editor.replace(n, node_of(OpKind::Clip, Act::None, before->inputs[0], {lowest, highest}));
}

}  // namespace

Status recognize_simple(Graph& graph) {
  Editor editor(graph);
  for (NodeId n = 0; n < editor.node_count(); ++n) {
    if (editor.node(n).kind == OpKind::Binary) simplify(editor, n);
    if (editor.node(n).kind == OpKind::Clip) join_clips(editor, n);
  }
  editor.finish();
  return {};
}

}  // namespace mle::compiler
