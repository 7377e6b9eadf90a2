// Operators that take elements by their place: Slice, Split, Concat, ArgMax and ArgMin.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/infer.h"
#include "compiler/import/onnx/compose.h"
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/rearrange.h"
#include "compiler/import/onnx/shapes.h"
#include "compiler/import/onnx/text.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

// Entries along an axis of a row, in their order.
struct Entries {
  uint32_t axis = 0;
  std::vector<uint32_t> picks;
};

// What a Slice says about one axis.
struct Bounds {
  int64_t axis, start, end, step;
};

Result<std::vector<Bounds>> join(const std::vector<int64_t>& starts,
                                 const std::vector<int64_t>& ends,
                                 const std::optional<std::vector<int64_t>>& axes,
                                 const std::optional<std::vector<int64_t>>& steps) {
  if (ends.size() != starts.size() || (axes && axes->size() != starts.size()) ||
      (steps && steps->size() != starts.size()))
    return broken(C209_Attribute, "Slice whose starts, ends, axes and steps differ in number");
  std::vector<Bounds> all;
  for (size_t i = 0; i < starts.size(); ++i)
    all.push_back(
        {axes ? (*axes)[i] : static_cast<int64_t>(i), starts[i], ends[i], steps ? (*steps)[i] : 1});
  return all;
}

Result<std::vector<Bounds>> slice_bounds(OperatorNode& op) {
  if (op.opset() < 10) {
    MLE_TRY_ASSIGN(const auto starts, op.integers("starts"));
    MLE_TRY_ASSIGN(const auto ends, op.integers("ends"));
    MLE_TRY_ASSIGN(const auto axes, op.integers("axes"));
    if (!starts || !ends) return broken(C209_Attribute, "Slice without starts or ends");
    return join(*starts, *ends, axes, {});
  }
  MLE_TRY_ASSIGN(const auto starts, op.integers_of(1));
  MLE_TRY_ASSIGN(const auto ends, op.integers_of(2));
  std::optional<std::vector<int64_t>> axes, steps;
  if (op.has(3)) {
    MLE_TRY_ASSIGN(axes, op.integers_of(3));
  }
  if (op.has(4)) {
    MLE_TRY_ASSIGN(steps, op.integers_of(4));
  }
  return join(starts, ends, axes, steps);
}

// Clamped as numpy does. Nothing if all rows are taken, which is the only slice of the batch axis
// that does not look at it.
Result<std::optional<Entries>> entries_of(OperatorNode& op, const Bounds& bounds) {
  constexpr int64_t kEndless = 0x7fffffff;
  if (bounds.step == 0) return broken(C209_Attribute, "Slice with step 0");
  const auto rank = static_cast<int64_t>(op.rank(0));
  const int64_t onnx_axis = bounds.axis < 0 ? bounds.axis + rank : bounds.axis;
  const bool is_rows = op.per_row(0) && onnx_axis == op.layout(0).axis;
  if (is_rows && bounds.start == 0 && bounds.step == 1 && bounds.end >= kEndless)
    return std::optional<Entries>();
  MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, bounds.axis));
  const auto length = static_cast<int64_t>(op.dims(0)[axis]);
  const bool forwards = bounds.step > 0;
  const auto clamped = [&](int64_t at) {
    at = at < 0 ? std::max(at, -length - 1) + length : at;
    return forwards ? std::clamp(at, int64_t{0}, length) : std::clamp(at, int64_t{-1}, length - 1);
  };
  const int64_t start = std::max<int64_t>(clamped(bounds.start), 0);
  const int64_t end = clamped(bounds.end);
  const int64_t step = std::clamp(bounds.step, -length - 1, length + 1);
  MLE_TRY(op.budget().spend(0, static_cast<uint64_t>(std::abs(end - start))));
  Entries entries{axis, {}};
  for (int64_t at = start; forwards ? at < end : at > end; at += step)
    entries.picks.push_back(static_cast<uint32_t>(at));
  if (entries.picks.empty() && !(op.is_constant(0) && op.rank(0) == 1))
    return broken(C208_Shape, "Slice takes no elements");
  return std::optional(std::move(entries));
}

Status read_slice(OperatorNode& op) {
  MLE_TRY_ASSIGN(const std::vector<Bounds> all, slice_bounds(op));
  std::vector<Entries> taken;
  for (const Bounds& bounds : all) {
    MLE_TRY_ASSIGN(std::optional<Entries> entries, entries_of(op, bounds));
    if (!entries) continue;
    for (const Entries& earlier : taken)
      if (earlier.axis == entries->axis)
        return broken(C209_Attribute, "Slice twice along one axis");
    taken.push_back(*std::move(entries));
  }
  if (op.is_constant(0)) {
    Tensor result = op.tensor(0);
    for (const Entries& entries : taken) {
      MLE_TRY_ASSIGN(result, pick(result, entries.axis, entries.picks, op.budget()));
    }
    op.set(0, std::move(result));
    return {};
  }
  MLE_TRY_ASSIGN(ValueId x, op.value(0));
  for (const Entries& entries : taken) {
    MLE_TRY_ASSIGN(x, picked(op, x, entries.axis, entries.picks));
  }
  op.emit_value(x);
  return {};
}

// Lengths of the parts: given, or as equal as can be with the last one shorter.
Result<std::vector<int64_t>> split_lengths(OperatorNode& op, int64_t length) {
  if (op.opset() < 13) {
    MLE_TRY_ASSIGN(const auto given, op.integers("split"));
    if (given) return *given;
  } else if (op.has(1)) {
    return op.integers_of(1);
  }
  const auto parts = static_cast<int64_t>(op.output_count());
  MLE_TRY_ASSIGN(const int64_t asked, op.opset() >= 18 ? op.integer("num_outputs", parts) : parts);
  if (asked != parts)
    return broken(C209_Attribute, "Split whose num_outputs is not that of its outputs");
  if (op.opset() < 18 && length % parts != 0)
    return broken(C208_Shape, "Split of " + std::to_string(length) + " elements into " +
                                  std::to_string(parts) + " equal parts");
  const int64_t each = (length + parts - 1) / parts;
  std::vector<int64_t> lengths(static_cast<size_t>(parts), each);
  lengths.back() = length - each * (parts - 1);
  return lengths;
}

Status read_split(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t onnx_axis, op.integer("axis", 0));
  MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, onnx_axis));
  const auto length = static_cast<int64_t>(op.dims(0)[axis]);
  MLE_TRY_ASSIGN(const std::vector<int64_t> lengths, split_lengths(op, length));
  if (lengths.size() != op.output_count())
    return broken(C209_Attribute, "Split into " + std::to_string(lengths.size()) + " parts for " +
                                      std::to_string(op.output_count()) + " outputs");
  MLE_TRY(op.budget().spend(0, static_cast<uint64_t>(length)));
  int64_t start = 0;
  for (size_t i = 0; i < lengths.size(); ++i) {
    if (lengths[i] < 1 || lengths[i] > length - start)
      return broken(C208_Shape, "Split whose parts do not add up");
    std::vector<uint32_t> picks(static_cast<size_t>(lengths[i]));
    std::iota(picks.begin(), picks.end(), static_cast<uint32_t>(start));
    start += lengths[i];
    if (op.is_constant(0)) {
      MLE_TRY_ASSIGN(Tensor part, pick(op.tensor(0), axis, picks, op.budget()));
      op.set(i, std::move(part));
    } else if (op.output_is_used(i)) {
      MLE_TRY_ASSIGN(const ValueId x, op.value(0));
      MLE_TRY_ASSIGN(const ValueId part, picked(op, x, axis, picks));
      op.emit_value(part, i);
    }
  }
  return start == length ? Status() : broken(C208_Shape, "Split whose parts do not add up");
}

Node concat_node(std::vector<ValueId> values, uint32_t axis) {
  Node node;
  node.kind = OpKind::Concat;
  node.inputs = std::move(values);
  node.iattr = {axis};
  return node;
}

Status concat_constants(OperatorNode& op, uint32_t axis) {
  std::vector<const Tensor*> tensors;
  for (size_t i = 0; i < op.input_count(); ++i) {
    Dims dims = op.dims(i);
    if (dims.size() == op.dims(0).size()) dims[axis] = op.dims(0)[axis];
    if (dims != op.dims(0) || op.dtype(i) != op.dtype(0))
      return broken(C208_Shape, "Concat of constants that do not fit together");
    tensors.push_back(&op.tensor(i));
  }
  MLE_TRY_ASSIGN(Tensor result, concat(tensors, axis, op.budget()));
  op.set(0, std::move(result));
  return {};
}

// Along the batch axis, of rows of one shape.
bool joins_rows(const OperatorNode& op, int64_t axis) {
  for (size_t i = 0; i < op.input_count(); ++i)
    if (!op.per_row(i) || op.is_constant(i) || op.dims(i) != op.dims(0) ||
        op.layout(i) != op.layout(0) || op.layout(i).led != 0)
      return false;
  return op.rows_axis(0) == axis || op.rows_axis(0) == axis + static_cast<int64_t>(op.rank(0));
}

// First all rows of the first, then all of the second: an axis ahead of the batch axis that is
// multiplied into it.
Status concat_rows(OperatorNode& op) {
  RowLayout layout = op.layout(0);
  Dims dims = op.dims(0);
  dims.insert(dims.begin() + layout.axis, 1);
  std::vector<ValueId> values;
  for (size_t i = 0; i < op.input_count(); ++i) {
    MLE_TRY_ASSIGN(const ValueId x, op.value(i));
    MLE_TRY_ASSIGN(const ValueId of_row, op.reshaped(x, dims));
    values.push_back(of_row);
  }
  const uint32_t axis = layout.axis;
  ++layout.axis;
  layout.led = 1;
  op.lay_out(layout);
  return op.emit(concat_node(std::move(values), axis));
}

Status read_concat(OperatorNode& op) {
  MLE_TRY_ASSIGN(const auto* given, op.attribute("axis", onnx_pb::AttributeProto::INT));
  if (given == nullptr) return broken(C209_Attribute, "Concat without an axis");
  size_t leader = 0;  // a computed input, if there is one
  for (size_t i = 0; i < op.input_count(); ++i)
    if (!op.is_constant(i)) leader = i;
  if (joins_rows(op, given->i())) return concat_rows(op);
  MLE_TRY_ASSIGN(const uint32_t axis, op.axis(leader, given->i()));
  if (op.all_constant()) return concat_constants(op, axis);
  std::vector<ValueId> values;
  for (size_t i = 0; i < op.input_count(); ++i) {
    if (op.per_row(i) && (op.rank(i) != op.rank(leader) || op.layout(i) != op.layout(leader)))
      return unsupported(C214_MixesRows, "Concat of inputs whose batch axes lie apart",
                         "give all inputs the same axes before exporting");
    if (op.per_row(i) != op.per_row(leader))
      return unsupported(C214_MixesRows,
                         "Concat of rows with constant " + quoted(op.tensor(i).name) +
                             ", which has a fixed number of rows",
                         "export the model with a dynamic batch axis");
    MLE_TRY_ASSIGN(const ValueId id, op.value(i));
    values.push_back(id);
  }
  return op.emit(concat_node(std::move(values), axis));
}

// Of 64-bit numbers every digit counts: the first place of TopK, from the other end for the last of
// equals.
Result<ValueId> place_among_longs(OperatorNode& op, ValueId x, uint32_t axis, bool last,
                                  bool smallest) {
  const uint32_t length = op.fact(x).dims[axis];
  MLE_TRY_ASSIGN(ValueId ranked, in_order_type(op, x));
  if (last) {
    std::vector<uint32_t> picks(length);
    for (uint32_t i = 0; i < length; ++i) picks[i] = length - 1 - i;
    MLE_TRY_ASSIGN(ranked, picked(op, ranked, axis, picks));
  }
  Fact wanted = op.fact(ranked);
  wanted.dims[axis] = 1;
  Node node;
  node.kind = OpKind::TopK;
  node.inputs = {ranked};
  node.iattr = {axis, smallest ? 0u : 1u};
  MLE_TRY_ASSIGN(const ValueId place, op.add(std::move(node), &wanted));
  if (!last) return place;
  MLE_TRY_ASSIGN(const ValueId highest, number_like(op, place, length - 1));
  return op.add(binary(BinaryFn::Sub, highest, place));
}

// The smallest is the largest of the negatives.
template <bool smallest>
Status read_arg(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t onnx_axis, op.integer("axis", 0));
  MLE_TRY_ASSIGN(const int64_t keep, op.integer("keepdims", 1));
  MLE_TRY_ASSIGN(const int64_t last, op.opset() >= 12 ? op.integer("select_last_index", 0) : 0);
  MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, onnx_axis));
  RowLayout layout = op.layout(0);
  if (keep == 0 && axis < layout.axis) --layout.axis;
  op.lay_out(layout);
  MLE_TRY_ASSIGN(ValueId x, op.value(0));
  const DType dtype = op.dtype(0);
  if (dtype == DType::I64 || dtype == DType::U64) {
    MLE_TRY_ASSIGN(const ValueId place, place_among_longs(op, x, axis, last != 0, smallest));
    Dims dims = op.fact(place).dims;
    if (keep == 0) dims.erase(dims.begin() + axis);
    return op.emit_reshaped(place, dims);
  }
  if (is_integer(dtype)) {  // a double holds the whole numbers of 32 bits
    MLE_TRY_ASSIGN(x, converted(op, x, DType::F64));
  }
  if (smallest) {
    MLE_TRY_ASSIGN(x, op.add(unary(Act::Neg, x)));
  }
  Node node;
  node.kind = OpKind::ArgMax;
  node.inputs = {x};
  node.iattr = {axis, last != 0 ? 1u : 0u, keep != 0 ? 1u : 0u};
  return op.emit(std::move(node));
}

constexpr Operator kOperators[] = {
    {"ArgMax", 7, kNow, 1, 1, 1, read_arg<false>}, {"ArgMin", 7, kNow, 1, 1, 1, read_arg<true>},
    {"Concat", 7, kNow, 1, kAny, 1, read_concat},  {"Slice", 7, 9, 1, 1, 1, read_slice},
    {"Slice", 10, kNow, 3, 5, 1, read_slice},      {"Split", 7, 12, 1, 1, kAny, read_split},
    {"Split", 13, kNow, 1, 2, kAny, read_split},
};

}  // namespace

std::span<const Operator> pick_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
