// Scaling and shifting in front of a dense layer (a scaler) or behind it (a bias, batch
// normalisation) become part of its weights: one product in double, rounded once.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/affine.h"
#include "compiler/passes/all.h"
#include "compiler/passes/dense_weights.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace mle::compiler {
namespace {

// The layer with what stands around it.
struct Surroundings {
  std::optional<Affine> before, after;
  NodeId last;  // the node whose output is that of the whole
};

Surroundings look_around(const Editor& editor, NodeId dense) {
  const Node& node = editor.node(dense);
  Surroundings around{{}, {}, dense};
  const NodeId producer = editor.value(node.inputs[0]).producer;
  if (producer != kNone && editor.use_count(node.inputs[0]) == 1)
    around.before = affine_chain_to(editor, producer);
  if (node.act != Act::None) return around;
  for (;;) {
    const NodeId user = editor.only_user(editor.output(around.last));
    if (user == kNone) return around;
    const auto affine = affine_of(editor, editor.node(user));
    if (!affine || affine->x != editor.output(around.last)) return around;
    around.after = around.after ? compose(*around.after, *affine) : *affine;
    around.last = user;
  }
}

bool is_zero(const Elements& elements) {
  return std::all_of(elements.begin(), elements.end(), [](double e) { return e == 0; });
}

void put_in_place(Editor& editor, NodeId dense, const Surroundings& around,
                  const DenseWeights& weights) {
  const Node& before = editor.node(dense);
  const std::string& name = editor.value(before.inputs[1]).name;
  const auto k = static_cast<uint32_t>(weights.k), n = static_cast<uint32_t>(weights.n);
  Node folded;
  folded.kind = OpKind::Dense;
  folded.act = before.act;
  folded.fattr = before.fattr;
  folded.name = before.name;
  folded.inputs = {around.before ? around.before->x : before.inputs[0],
                   editor.add_f32(name, {k, n}, weights.w)};
  if (!is_zero(weights.b)) folded.inputs.push_back(editor.add_f32(name + ".bias", {n}, weights.b));
  editor.replace(around.last, std::move(folded));
}

Status fold_around(Editor& editor, NodeId dense) {
  Surroundings around = look_around(editor, dense);
  if (around.before && !(around.before->is_finite() && around.before->may_be_reordered()))
    around.before.reset();
  if (!around.before && !around.after) return {};

  MLE_TRY_ASSIGN(DenseWeights weights, DenseWeights::of(editor, editor.node(dense)));
  if (around.after) weights.put_after(*around.after);
  if (around.before) {
    DenseWeights with_scaler = weights;
    with_scaler.put_before(*around.before);
    if (with_scaler.keeps_digits(&*around.before)) {
      put_in_place(editor, dense, around, with_scaler);
      return {};
    }
    around.before.reset();
  }
  if (around.after && weights.keeps_digits()) put_in_place(editor, dense, around, weights);
  return {};
}

}  // namespace

Status fold_affine(Graph& graph) {
  Editor editor(graph);
  for (NodeId n = 0; n < editor.node_count(); ++n)
    if (editor.node(n).kind == OpKind::Dense) MLE_TRY(fold_around(editor, n));
  editor.finish();
  return {};
}

}  // namespace mle::compiler
