// Pad along axes of fixed length: constants beside, or elements picked once more.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/infer.h"
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/shapes.h"
#include "compiler/import/onnx/text.h"

#include <algorithm>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

constexpr int64_t kMostAdded = int64_t{1} << 24;

Node concat(std::vector<ValueId> parts, uint32_t axis) {
  Node node;
  node.kind = OpKind::Concat;
  node.inputs = std::move(parts);
  node.iattr = {axis};
  return node;
}

// How much to add before and behind each axis as ONNX counts.
struct Padding {
  std::vector<int64_t> before, behind;
};

Result<Padding> read_padding(OperatorNode& op) {
  const size_t rank = op.rank(0);
  std::vector<int64_t> pads, axes;
  if (op.opset() < 11) {
    MLE_TRY_ASSIGN(const auto given, op.integers("pads"));
    if (!given) return broken(C209_Attribute, "Pad without pads");
    pads = *given;
  } else {
    MLE_TRY_ASSIGN(pads, op.integers_of(1));
  }
  if (op.has(3)) {
    MLE_TRY_ASSIGN(axes, op.integers_of(3));
  } else {
    for (size_t i = 0; i < rank; ++i) axes.push_back(static_cast<int64_t>(i));
  }
  if (pads.size() != 2 * axes.size())
    return broken(C208_Shape, "Pad whose pads do not fit its axes");
  Padding padding{std::vector<int64_t>(rank), std::vector<int64_t>(rank)};
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t axis = axes[i] < 0 ? axes[i] + static_cast<int64_t>(rank) : axes[i];
    if (axis < 0 || axis >= static_cast<int64_t>(rank))
      return broken(C209_Attribute, "Pad at axis " + std::to_string(axes[i]));
    for (const int64_t pad : {pads[i], pads[axes.size() + i]})
      if (pad > kMostAdded || pad < -kMostAdded)
        return broken(C209_Attribute, "Pad by " + std::to_string(pad) + " elements");
    padding.before[static_cast<size_t>(axis)] = pads[i];
    padding.behind[static_cast<size_t>(axis)] = pads[axes.size() + i];
  }
  return padding;
}

// The fill value, of the dtype of input 0, without axes.
Result<ValueId> fill_value(OperatorNode& op) {
  if (op.opset() >= 11 && op.has(2) && !op.is_constant(2)) {
    if (op.per_row(2) || element_count(op.dims(2)) != 1)
      return unsupported(C214_MixesRows, "Pad with a value for each row",
                         "fill with one number for all rows");
    MLE_TRY_ASSIGN(const ValueId given, op.value(2));
    return op.reshaped(given, {});
  }
  Tensor value = make_tensor<float>("", DType::F32, {}, {0.0f});
  if (op.opset() < 11) {
    MLE_TRY_ASSIGN(const auto* given, op.attribute("value", onnx_pb::AttributeProto::FLOAT));
    if (given != nullptr) value = make_tensor<float>("", DType::F32, {}, {given->f()});
  } else if (op.has(2)) {
    if (op.tensor(2).count() != 1) return broken(C208_Shape, "Pad with more than one value");
    value = op.tensor(2);
    value.dims = {};
  }
  MLE_TRY_ASSIGN(const Tensor same_type, cast(value, op.dtype(0)));
  return op.constant(same_type);
}

Result<ValueId> filled(OperatorNode& op, ValueId value, const Dims& dims) {
  Dims ones(dims.size(), 1);
  MLE_TRY_ASSIGN(const ValueId shaped, op.reshaped(value, ones));
  return expanded(op, shaped, dims);
}

// Constants before and behind; negative padding cuts off.
Result<ValueId> pad_constant(OperatorNode& op, ValueId x, uint32_t axis, int64_t before,
                             int64_t behind, ValueId value) {
  const int64_t length = op.fact(x).dims[axis];
  const int64_t first = std::max<int64_t>(-before, 0);
  const int64_t last = length - std::max<int64_t>(-behind, 0);
  if (first >= last) return broken(C208_Shape, "Pad that cuts all elements off");
  MLE_TRY(op.budget().spend(0, static_cast<uint64_t>(length)));
  std::vector<uint32_t> kept;
  for (int64_t i = first; i < last; ++i) kept.push_back(static_cast<uint32_t>(i));
  MLE_TRY_ASSIGN(x, picked(op, x, axis, kept));
  if (before <= 0 && behind <= 0) return x;
  Dims dims = op.fact(x).dims;
  std::vector<ValueId> parts = {x};
  if (before > 0) {
    dims[axis] = static_cast<uint32_t>(before);
    MLE_TRY_ASSIGN(const ValueId part, filled(op, value, dims));
    parts.insert(parts.begin(), part);
  }
  if (behind > 0) {
    dims[axis] = static_cast<uint32_t>(behind);
    MLE_TRY_ASSIGN(const ValueId part, filled(op, value, dims));
    parts.push_back(part);
  }
  return op.add(concat(std::move(parts), axis));
}

// Where in 0 … length - 1 place `at` outside is mirrored, repeated or continued.
int64_t inside(std::string_view mode, int64_t at, int64_t length) {
  if (mode == "edge") return std::clamp<int64_t>(at, 0, length - 1);
  if (mode == "wrap") return ((at % length) + length) % length;
  if (length == 1) return 0;
  const int64_t period = 2 * (length - 1);  // reflect
  const int64_t folded = ((at % period) + period) % period;
  return folded < length ? folded : period - folded;
}

Status read_pad(OperatorNode& op) {
  MLE_TRY_ASSIGN(const std::string_view mode, op.text("mode", "constant"));
  if (mode != "constant" && mode != "edge" && mode != "reflect" && mode != "wrap")
    return broken(C209_Attribute, "Pad in mode " + quoted(mode));
  MLE_TRY_ASSIGN(const ValueId value, fill_value(op));
  MLE_TRY_ASSIGN(const Padding padding, read_padding(op));
  MLE_TRY_ASSIGN(ValueId x, op.value(0));
  for (size_t i = 0; i < padding.before.size(); ++i) {
    const int64_t before = padding.before[i], behind = padding.behind[i];
    if (before == 0 && behind == 0) continue;
    MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, static_cast<int64_t>(i)));
    if (mode == "constant") {
      MLE_TRY_ASSIGN(x, pad_constant(op, x, axis, before, behind, value));
      continue;
    }
    const int64_t length = op.fact(x).dims[axis];
    const int64_t whole = std::max<int64_t>(before + length + behind, 0);
    MLE_TRY(op.budget().spend(static_cast<uint64_t>(whole) * sizeof(int32_t),
                              static_cast<uint64_t>(whole)));
    std::vector<uint32_t> picks;
    // What is cut off is gone before the rest is continued.
    const int64_t first = mode == "wrap" ? std::max<int64_t>(-before, 0) : 0;
    const int64_t last = mode == "wrap" ? length - std::max<int64_t>(-behind, 0) : length;
    for (int64_t at = -before; at < length + behind && first < last; ++at)
      picks.push_back(static_cast<uint32_t>(first + inside(mode, at - first, last - first)));
    if (picks.empty()) return broken(C208_Shape, "Pad that cuts all elements off");
    MLE_TRY_ASSIGN(x, picked(op, x, axis, picks));
  }
  op.emit_value(x);
  return {};
}

constexpr Operator kOperators[] = {
    {"Pad", 7, 10, 1, 1, 1, read_pad},
    {"Pad", 11, kNow, 2, 4, 1, read_pad},
};

}  // namespace

std::span<const Operator> pad_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
