// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/affine.h"

#include "format/op_dtypes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace mle::compiler {
namespace {

constexpr double kMostShift = 8;
constexpr size_t kLongestChain = 64;  // longer ones are a stranger's, and walked again and again

bool all_fit(const Elements& elements, double most) {
  return std::all_of(elements.begin(), elements.end(),
                     [&](double e) { return std::abs(e) <= most; });  // false for NaN
}

// A constant as one number per column, or nothing if it differs between the lines of a row.
std::optional<Elements> per_column(const Value& value, size_t columns) {
  const Dims& dims = value.fact.dims;
  if (!value.is_constant) return std::nullopt;
  for (size_t axis = 0; axis + 1 < dims.size(); ++axis)
    if (dims[axis] != 1) return std::nullopt;
  Result<Elements> elements = read_constant(value);
  if (!elements) return std::nullopt;
  if (elements->size() == 1) elements->resize(columns, elements->front());
  if (elements->size() != columns) return std::nullopt;
  return *std::move(elements);
}

std::optional<Affine> binary_affine(BinaryFn fn, ValueId x, bool x_is_left, const Elements& c) {
  Affine affine{x, Elements(c.size(), 1), Elements(c.size(), 0)};
  const auto set = [&](Elements& list, auto function) {
    std::transform(c.begin(), c.end(), list.begin(), function);
  };
  switch (fn) {
    case BinaryFn::Add: affine.shift = c; return affine;
    case BinaryFn::Mul: affine.scale = c; return affine;
    case BinaryFn::Sub:
      if (x_is_left) {
        set(affine.shift, [](double e) { return -e; });
      } else {
        affine.scale.assign(c.size(), -1);
        affine.shift = c;
      }
      return affine;
    case BinaryFn::Div:
      if (!x_is_left) return std::nullopt;
      set(affine.scale, [](double e) { return 1 / e; });
      return affine;
    default: return std::nullopt;
  }
}

}  // namespace

bool Affine::is_finite(DType dtype) const {
  const double most = dtype == DType::F64 ? std::numeric_limits<double>::max()
                                          : double{std::numeric_limits<float>::max()};
  return all_fit(scale, most) && all_fit(shift, most);
}

bool Affine::may_be_reordered() const {
  return std::all_of(shift.begin(), shift.end(),
                     [](double t) { return std::abs(t) <= kMostShift; });
}

// Whole numbers are made of it: its last digit decides, so it is computed as the source does.
static bool is_rounded(const Editor& editor, const Node& node) {
  const NodeId user = editor.only_user(node.outputs[0]);
  return user != kNone && editor.node(user).kind == OpKind::Unary &&
         editor.node(user).act == Act::Round;
}

std::optional<Affine> affine_of(const Editor& editor, const Node& node) {
  const bool can_be = node.kind == OpKind::Scale || node.kind == OpKind::Binary ||
                      (node.kind == OpKind::Unary && node.act == Act::Neg);
  if (!can_be || is_rounded(editor, node)) return std::nullopt;
  const Fact& out = editor.value(node.outputs[0]).fact;
  const bool is_float = out.dtype == DType::F32 || out.dtype == DType::F64;
  if (out.dims.empty() || !is_float) return std::nullopt;
  const size_t columns = out.dims.back();
  if (node.kind == OpKind::Unary)
    return Affine{node.inputs[0], Elements(columns, -1), Elements(columns, 0)};
  if (node.kind == OpKind::Scale) {
    auto scale = per_column(editor.value(node.inputs[1]), columns);
    auto shift = per_column(editor.value(node.inputs[2]), columns);
    if (!scale || !shift) return std::nullopt;
    return Affine{node.inputs[0], *std::move(scale), *std::move(shift)};
  }
  for (size_t left : {size_t{0}, size_t{1}}) {
    const ValueId x = node.inputs[left];
    if (editor.value(x).is_constant || editor.value(x).fact != out) continue;
    const auto c = per_column(editor.value(node.inputs[1 - left]), columns);
    if (c) return binary_affine(static_cast<BinaryFn>(node.iattr[0]), x, left == 0, *c);
  }
  return std::nullopt;
}

Affine compose(const Affine& first, const Affine& second) {
  Affine both = second;
  both.x = first.x;
  both.shifts_first = first.shifts_first || second.shifts_first;
  for (size_t j = 0; j < both.scale.size(); ++j) {
    both.shifts_first |= first.shift[j] != 0 && second.scale[j] != 1;
    both.scale[j] = first.scale[j] * second.scale[j];
    both.shift[j] = first.shift[j] * second.scale[j] + second.shift[j];
  }
  return both;
}

std::optional<Affine> affine_chain_to(const Editor& editor, NodeId last, size_t* length) {
  std::optional<Affine> chain = affine_of(editor, editor.node(last));
  size_t nodes = chain ? 1 : 0;
  while (chain && nodes < kLongestChain) {
    const Node* before = editor.producer(chain->x);
    if (before == nullptr || editor.use_count(chain->x) != 1) break;
    const auto earlier = affine_of(editor, *before);
    if (!earlier) break;
    chain = compose(*earlier, *chain);
    ++nodes;
  }
  if (length != nullptr) *length = nodes;
  return chain;
}

}  // namespace mle::compiler
