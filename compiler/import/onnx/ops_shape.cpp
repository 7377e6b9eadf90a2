// Operators that only give the same elements another shape. Where the tensor is per row, the batch
// axis must stay the first one.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/infer.h"
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/rearrange.h"
#include "compiler/import/onnx/text.h"
#include "format/limits.h"

#include <algorithm>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

Status moves_rows(const char* what) {
  return unsupported(C214_MixesRows, std::string(what) + " moves or splits the batch axis",
                     "keep the batch axis first, or fix the number of rows with --shape NAME=N");
}

// Output 0 is input 0 with these dims (of one row where it is per row).
Status emit_shaped(OperatorNode& op, const Dims& dims) {
  if (!op.is_constant(0)) {
    MLE_TRY_ASSIGN(const ValueId x, op.value(0));
    return op.emit_reshaped(x, dims);
  }
  MLE_TRY(check_limits({op.dtype(0), Rows::Whole, dims}));
  Tensor result = op.tensor(0);
  if (element_count(dims) != result.count())
    return broken(C208_Shape, op.type() + " changes the number of elements");
  result.dims = dims;
  op.set(0, std::move(result));
  return {};
}

// The entries of a Reshape target from `first` on, which describe `count` elements; 0 copies an
// axis of `copied`, one -1 takes what is left.
Result<Dims> resolve(const std::vector<int64_t>& target, size_t first, const Dims& copied,
                     size_t copied_from, uint64_t count, bool allow_zero) {
  Dims dims;
  size_t open = target.size();
  uint64_t known = 1;
  for (size_t i = first; i < target.size(); ++i) {
    uint64_t length = 1;
    if (target[i] == -1) {
      if (open != target.size()) return broken(C208_Shape, "Reshape with two axes of -1");
      open = i;
    } else if (target[i] == 0 && !allow_zero) {
      if (i < copied_from || i - copied_from >= copied.size())
        return broken(C208_Shape, "Reshape copies an axis that is not there");
      length = copied[i - copied_from];
    } else if (target[i] <= 0 || static_cast<uint64_t>(target[i]) > format::kMaxDim) {
      return broken(C208_Shape, "Reshape to an axis of " + std::to_string(target[i]) + " elements");
    } else {
      length = static_cast<uint64_t>(target[i]);
    }
    if (known > count / length)
      return broken(C208_Shape, "Reshape to more elements than there are");
    known *= length;
    dims.push_back(static_cast<uint32_t>(length));
  }
  if (open != target.size()) dims[open - first] = static_cast<uint32_t>(count / known);
  if (element_count(dims) != count)
    return broken(C208_Shape, "Reshape of " + std::to_string(count) + " elements to " +
                                  std::to_string(element_count(dims)));
  return dims;
}

// The first entry of a row-wise target must stand for the rows; the others describe one row.
Result<Dims> resolve_row(const OperatorNode& op, const std::vector<int64_t>& target,
                         const std::vector<bool>& is_rows, bool allow_zero) {
  const bool is_marked = !is_rows.empty() && is_rows[0];
  if (target.empty()) return moves_rows("Reshape");
  if (std::count(is_rows.begin(), is_rows.end(), true) > (is_marked ? 1 : 0))
    return moves_rows("Reshape");
  if (!is_marked && target[0] != -1 && (target[0] != 0 || allow_zero))
    return unsupported(C214_MixesRows,
                       "Reshape to a fixed number of rows (" + std::to_string(target[0]) + ")",
                       "the batch size was baked in: export with a dynamic batch axis, or change "
                       "the first entry of the shape to -1");
  const bool open = !is_marked && target[0] == -1;
  if (open && std::count(target.begin() + 1, target.end(), -1) > 0)
    return broken(C208_Shape, "Reshape with two axes of -1");
  return resolve(target, 1, op.dims(0), 1, element_count(op.dims(0)), allow_zero);
}

Status read_reshape(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t allow_zero, op.opset() >= 14 ? op.integer("allowzero", 0) : 0);
  if (!op.is_constant(1))
    return unsupported(C210_DynamicShape, "Reshape to a shape that is computed from the data");
  Tensor shape = op.tensor(1);
  if (shape.dtype != DType::I64 || shape.dims.size() != 1 || shape.count() > format::kMaxRank)
    return broken(C208_Shape, "Reshape to a shape that is no short list of integers");
  std::vector<int64_t> target;
  for (uint64_t i = 0; i < shape.count(); ++i) target.push_back(shape.integer(i));

  if (op.per_row(0)) {
    MLE_TRY_ASSIGN(const Dims dims, resolve_row(op, target, shape.is_rows, allow_zero != 0));
    return emit_shaped(op, dims);
  }
  if (shape.has_rows()) return moves_rows("Reshape");
  MLE_TRY_ASSIGN(const Dims dims,
                 resolve(target, 0, op.dims(0), 0, element_count(op.dims(0)), allow_zero != 0));
  return emit_shaped(op, dims);
}

// Axes before `axis` become one, the others another one.
Status read_flatten(OperatorNode& op) {
  MLE_TRY_ASSIGN(int64_t axis, op.integer("axis", 1));
  const auto rank = static_cast<int64_t>(op.rank(0));
  if (axis < -rank || axis > rank)
    return broken(C209_Attribute, "Flatten at axis " + std::to_string(axis));
  if (axis < 0) axis += rank;
  const Dims& dims = op.dims(0);
  const auto split = dims.begin() + (op.per_row(0) ? axis - 1 : axis);
  if (op.per_row(0)) {
    if (axis == 0 || element_count({dims.begin(), split}) != 1) return moves_rows("Flatten");
    return emit_shaped(op, {static_cast<uint32_t>(element_count({split, dims.end()}))});
  }
  return emit_shaped(op, {static_cast<uint32_t>(element_count({dims.begin(), split})),
                          static_cast<uint32_t>(element_count({split, dims.end()}))});
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
  std::vector<bool> gone(dims.size());
  if (!axes) {
    for (size_t i = 0; i < dims.size(); ++i) gone[i] = dims[i] == 1;
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
  for (size_t i = 0; i < dims.size(); ++i)
    if (!gone[i]) left.push_back(dims[i]);
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
  const size_t rows = op.per_row(0) ? 1 : 0;
  if (rows == 1 && is_new[0]) return moves_rows("Unsqueeze");
  Dims dims;
  auto old = op.dims(0).begin();
  for (size_t i = rows; i < is_new.size(); ++i) dims.push_back(is_new[i] ? 1 : *old++);
  return emit_shaped(op, dims);
}

Result<std::vector<uint32_t>> permutation(OperatorNode& op) {
  const size_t rank = op.rank(0);
  MLE_TRY_ASSIGN(const auto given, op.integers("perm"));
  std::vector<uint32_t> perm(rank);
  for (size_t i = 0; i < rank; ++i) perm[i] = static_cast<uint32_t>(rank - 1 - i);
  if (!given) return perm;
  if (given->size() != rank)
    return broken(C209_Attribute, "Transpose whose perm is no permutation of the axes");
  std::vector<bool> seen(rank);
  for (size_t i = 0; i < rank; ++i) {
    const int64_t axis = (*given)[i];
    if (axis < 0 || axis >= static_cast<int64_t>(rank) || seen[static_cast<size_t>(axis)])
      return broken(C209_Attribute, "Transpose whose perm is no permutation of the axes");
    seen[static_cast<size_t>(axis)] = true;
    perm[i] = static_cast<uint32_t>(axis);
  }
  return perm;
}

// Constants are transposed here; a computed tensor only where no element moves.
Status read_transpose(OperatorNode& op) {
  MLE_TRY_ASSIGN(const std::vector<uint32_t> perm, permutation(op));
  if (op.is_constant(0)) {
    MLE_TRY_ASSIGN(Tensor result, transpose(op.tensor(0), perm, op.budget()));
    op.set(0, std::move(result));
    return {};
  }
  const uint32_t rows = op.per_row(0) ? 1 : 0;
  if (rows == 1 && (perm.empty() || perm[0] != 0)) return moves_rows("Transpose");
  Dims dims;
  uint32_t largest = 0;  // axis of more than one element so far, plus one
  for (size_t i = rows; i < perm.size(); ++i) {
    const uint32_t axis = perm[i] - rows;
    dims.push_back(op.dims(0)[axis]);
    if (dims.back() == 1) continue;
    if (axis + 1 < largest)
      return unsupported(C205_UnsupportedOp, "Transpose of a computed tensor",
                         "only constants can be transposed: change the order of the model's axes");
    largest = axis + 1;
  }
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
  std::vector<int64_t> lengths;
  std::vector<bool> is_rows;
  for (int64_t axis = start; axis < end; ++axis) {
    is_rows.push_back(op.per_row(0) && axis == 0);
    const auto at = static_cast<size_t>(axis - (op.per_row(0) ? 1 : 0));
    lengths.push_back(is_rows.back() ? -1 : op.dims(0)[at]);
  }
  Tensor result = make_tensor("", DType::I64, {static_cast<uint32_t>(lengths.size())}, lengths);
  if (std::ranges::find(is_rows, true) != is_rows.end()) result.is_rows = std::move(is_rows);
  op.set(0, std::move(result));
  return {};
}

constexpr Operator kOperators[] = {
    {"Flatten", 7, kNow, 1, 1, 1, read_flatten},      {"Identity", 7, kNow, 1, 1, 1, read_identity},
    {"Reshape", 7, kNow, 2, 2, 1, read_reshape},      {"Shape", 7, kNow, 1, 1, 1, read_shape},
    {"Squeeze", 7, 12, 1, 1, 1, read_squeeze},        {"Squeeze", 13, kNow, 1, 2, 1, read_squeeze},
    {"Transpose", 7, kNow, 1, 1, 1, read_transpose},  {"Unsqueeze", 7, 12, 1, 1, 1, read_unsqueeze},
    {"Unsqueeze", 13, kNow, 2, 2, 1, read_unsqueeze},
};

}  // namespace

std::span<const Operator> shape_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
