// Operators that add or drop axes, and those that ask for shapes.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/infer.h"
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/shapes.h"
#include "compiler/import/onnx/text.h"
#include "format/limits.h"

#include <algorithm>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

// Axes before `axis` become one, the others another one.
Status read_flatten(OperatorNode& op) {
  MLE_TRY_ASSIGN(int64_t axis, op.integer("axis", 1));
  const auto rank = static_cast<int64_t>(op.rank(0));
  if (axis < -rank || axis > rank)
    return broken(C209_Attribute, "Flatten at axis " + std::to_string(axis));
  if (axis < 0) axis += rank;
  const Dims& dims = op.dims(0);
  const auto product = [&dims](size_t first, size_t last) {
    return static_cast<uint32_t>(element_count({dims.begin() + static_cast<ptrdiff_t>(first),
                                                dims.begin() + static_cast<ptrdiff_t>(last)}));
  };
  if (!op.per_row(0)) {
    const auto split = static_cast<size_t>(axis);
    return emit_shaped(op, {product(0, split), product(split, dims.size())});
  }
  // What lies before the batch axis in its part of the two must be of one element: then rows stay
  // together, with what lies behind multiplied into their axis.
  const RowLayout from = op.layout(0);
  const bool rows_first = axis > from.axis;
  const size_t split =
      rows_first ? static_cast<size_t>(axis) - 1 + from.merged : static_cast<size_t>(axis);
  if (product(rows_first ? 0 : split, from.axis) != 1) return moves_rows("Flatten");
  // Rows that become several are left to Reshape.
  if (rows_first && product(from.axis + from.merged, split) != 1) return moves_rows("Flatten");
  const uint32_t times = product(from.axis, rows_first ? split : dims.size());
  const uint32_t merged = times == 1 ? 0 : 1;
  Dims result(merged, times);
  if (rows_first)
    result.push_back(product(split, dims.size()));
  else
    result.insert(result.begin(), product(0, split));
  op.lay_out({rows_first ? 0u : 1u, merged});
  return emit_shaped(op, result);
}

// The attribute `axes` before opset 13, the second input from then on; nothing where it is absent.
Result<std::optional<std::vector<int64_t>>> axes_of(OperatorNode& op) {
  if (op.opset() < 13) return op.integers("axes");
  if (!op.has(1)) return std::optional<std::vector<int64_t>>();
  MLE_TRY_ASSIGN(std::vector<int64_t> axes, op.integers_of(1));
  return std::optional(std::move(axes));
}

Status read_squeeze(OperatorNode& op) {
  MLE_TRY_ASSIGN(const auto axes, axes_of(op));
  const Dims& dims = op.dims(0);
  RowLayout layout = op.layout(0);
  std::vector<bool> gone(dims.size());
  if (!axes) {
    for (size_t i = 0; i < dims.size(); ++i)
      gone[i] = dims[i] == 1 && (i < layout.axis || i >= layout.axis + layout.merged);
  } else {
    for (const int64_t onnx_axis : *axes) {
      MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, onnx_axis));
      if (dims[axis] != 1)
        return broken(C208_Shape,
                      "Squeeze of an axis of " + std::to_string(dims[axis]) + " elements");
      gone[axis] = true;
    }
  }
  Dims left;
  const uint32_t batch = layout.axis;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (!gone[i]) left.push_back(dims[i]);
    if (gone[i] && i < batch) --layout.axis;
  }
  op.lay_out(layout);
  return emit_shaped(op, left);
}

Status read_unsqueeze(OperatorNode& op) {
  MLE_TRY_ASSIGN(const auto axes, axes_of(op));
  if (!axes) return broken(C209_Attribute, "Unsqueeze without axes");
  const auto rank = static_cast<int64_t>(op.rank(0) + axes->size());
  if (rank > static_cast<int64_t>(format::kMaxRank))
    return unsupported(C216_LimitReached, "Unsqueeze to more than eight axes");
  std::vector<bool> is_new(static_cast<size_t>(rank));
  for (int64_t axis : *axes) {
    if (axis < -rank || axis >= rank)
      return broken(C209_Attribute, "Unsqueeze at axis " + std::to_string(axis));
    const auto at = static_cast<size_t>(axis < 0 ? axis + rank : axis);
    if (is_new[at]) return broken(C209_Attribute, "Unsqueeze twice at one axis");
    is_new[at] = true;
  }
  RowLayout layout = op.layout(0);
  Dims dims;
  const Dims& old = op.dims(0);
  size_t from = 0;  // axes of `old` that are done
  for (size_t i = 0, onnx_axis = 0; i < is_new.size(); ++i) {
    if (is_new[i]) {
      dims.push_back(1);
    } else if (op.per_row(0) && onnx_axis++ == op.layout(0).axis) {
      layout.axis = static_cast<uint32_t>(dims.size());
      for (uint32_t m = 0; m < layout.merged; ++m) dims.push_back(old[from++]);
    } else {
      dims.push_back(old[from++]);
    }
  }
  op.lay_out(layout);
  return emit_shaped(op, dims);
}

Status read_identity(OperatorNode& op) {
  op.forward(0);
  return {};
}

// In a row-wise model the length of the batch axis is a mark, not a number.
Status read_shape(OperatorNode& op) {
  const auto rank = static_cast<int64_t>(op.rank(0));
  MLE_TRY_ASSIGN(int64_t start, op.opset() >= 15 ? op.integer("start", 0) : 0);
  MLE_TRY_ASSIGN(int64_t end, op.opset() >= 15 ? op.integer("end", rank) : rank);
  const auto in_range = [rank](int64_t axis) {
    return std::clamp(axis < 0 ? std::max(axis, -rank) + rank : axis, int64_t{0}, rank);
  };
  start = in_range(start);
  end = in_range(end);
  const RowLayout layout = op.layout(0);
  std::vector<int64_t> lengths, times;
  for (int64_t axis = start; axis < end; ++axis) {
    if (op.per_row(0) && axis == layout.axis) {
      lengths.push_back(0);
      times.push_back(rows_times(op));
    } else {
      MLE_TRY_ASSIGN(const uint32_t at, op.axis(0, axis));
      lengths.push_back(op.dims(0)[at]);
      times.push_back(0);
    }
  }
  Tensor result = make_tensor("", DType::I64, {static_cast<uint32_t>(lengths.size())}, lengths);
  result.times_rows = std::move(times);
  op.set_whole(0, std::move(result));
  return {};
}

Status read_size(OperatorNode& op) {
  const auto count = static_cast<int64_t>(element_count(op.dims(0)));
  Tensor result = make_tensor<int64_t>("", DType::I64, {}, {op.per_row(0) ? 0 : count});
  if (op.per_row(0)) result.times_rows = {count};
  op.set_whole(0, std::move(result));
  return {};
}

constexpr Operator kOperators[] = {
    {"Flatten", 7, kNow, 1, 1, 1, read_flatten},   {"Identity", 7, kNow, 1, 1, 1, read_identity},
    {"Shape", 7, kNow, 1, 1, 1, read_shape},       {"Size", 7, kNow, 1, 1, 1, read_size},
    {"Squeeze", 7, 12, 1, 1, 1, read_squeeze},     {"Squeeze", 13, kNow, 1, 2, 1, read_squeeze},
    {"Unsqueeze", 7, 12, 1, 1, 1, read_unsqueeze}, {"Unsqueeze", 13, kNow, 2, 2, 1, read_unsqueeze},
};

}  // namespace

std::span<const Operator> shape_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
