// Scaling and shifting in front of a dense layer (a scaler) or behind it (a bias, batch
// normalisation) become part of its weights: one product in double, rounded once. In f64 only a
// lone bias does: (x - m) w keeps digits that x w - m w has lost, and there those are asked for.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/affine.h"
#include "compiler/passes/all.h"
#include "compiler/passes/dense_weights.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
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

bool is_one(const Elements& elements) {
  return std::all_of(elements.begin(), elements.end(), [](double e) { return e == 1; });
}

bool is_zero(const Elements& elements) {
  return std::all_of(elements.begin(), elements.end(), [](double e) { return e == 0; });
}

DType dtype_of(const Editor& editor, NodeId dense) {
  return editor.value(editor.node(dense).inputs[1]).fact.dtype;
}

// The last node of the surroundings becomes the layer, on weights `w` and bias `b`.
void put_in_place(Editor& editor, NodeId dense, const Surroundings& around, ValueId w,
                  const Elements& b) {
  const Node& before = editor.node(dense);
  Node folded;
  folded.kind = OpKind::Dense;
  folded.act = before.act;
  folded.fattr = before.fattr;
  folded.name = before.name;
  folded.inputs = {around.before ? around.before->x : before.inputs[0], w};
  const std::string name = editor.value(before.inputs[1]).name + ".bias";
  if (!is_zero(b))
    folded.inputs.push_back(
        editor.add_float(name, dtype_of(editor, dense), {static_cast<uint32_t>(b.size())}, b));
  editor.replace(around.last, std::move(folded));
}

void put_in_place(Editor& editor, NodeId dense, const Surroundings& around,
                  const DenseWeights& weights) {
  const std::string name = editor.value(editor.node(dense).inputs[1]).name;
  const Dims dims = {static_cast<uint32_t>(weights.k), static_cast<uint32_t>(weights.n)};
  const ValueId w = editor.add_float(name, weights.dtype, dims, weights.w);
  put_in_place(editor, dense, around, w, weights.b);
}

// A bias written as a node of its own: the weights stay untouched, and unread.
Status add_bias(Editor& editor, NodeId dense, const Surroundings& around) {
  const Node& node = editor.node(dense);
  Elements b = around.after->shift;
  if (node.inputs.size() == 3) {
    MLE_TRY_ASSIGN(const Elements present, read_constant(editor.value(node.inputs[2])));
    for (size_t j = 0; j < b.size(); ++j) b[j] += present[j];
  }
  const DType dtype = dtype_of(editor, dense);
  const auto fits = [&](double e) { return std::isfinite(convert(e, dtype)); };
  if (std::all_of(b.begin(), b.end(), fits)) put_in_place(editor, dense, around, node.inputs[1], b);
  return {};
}

Status fold_around(Editor& editor, NodeId dense) {
  Surroundings around = look_around(editor, dense);
  const DType dtype = dtype_of(editor, dense);
  if (around.before && !(around.before->is_finite(dtype) && around.before->may_be_reordered()))
    around.before.reset();
  if (dtype == DType::F64) {
    around.before.reset();
    if (around.after && !(is_one(around.after->scale) && editor.node(dense).inputs.size() < 3))
      around.after.reset();
  }
  if (!around.before && !around.after) return {};
  if (!around.before && is_one(around.after->scale)) return add_bias(editor, dense, around);

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
