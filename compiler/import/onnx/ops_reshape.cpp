// Reshape, Expand and Tile: shapes that may name the number of rows. Where the tensor is per row
// the elements of a row stay together.
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

constexpr size_t kNowhere = ~size_t{0};

// The axes of input 0 that a 0 in the target stands for.
Result<uint32_t> copied(const OperatorNode& op, size_t onnx_axis) {
  if (onnx_axis >= op.rank(0))
    return broken(C208_Shape, "Reshape copies an axis that is not there");
  MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, static_cast<int64_t>(onnx_axis)));
  return op.dims(0)[axis];
}

// The entries [first, last) of a target, which describe `count` elements; 0 copies an axis, one -1
// takes what is left.
Result<Dims> resolve(const OperatorNode& op, const std::vector<Length>& target, size_t first,
                     size_t last, uint64_t count, bool allow_zero) {
  Dims dims;
  size_t open = kNowhere;
  uint64_t known = 1;
  for (size_t i = first; i < last; ++i) {
    const int64_t entry = target[i].length;
    uint64_t length = 1;
    if (entry == -1) {
      if (open != kNowhere) return broken(C208_Shape, "Reshape with two axes of -1");
      open = i;
    } else if (entry == 0 && !allow_zero) {
      MLE_TRY_ASSIGN(length, copied(op, i));
    } else if (entry <= 0 || static_cast<uint64_t>(entry) > format::kMaxDim) {
      return broken(C208_Shape, "Reshape to an axis of " + std::to_string(entry) + " elements");
    } else {
      length = static_cast<uint64_t>(entry);
    }
    if (known > count / length)
      return broken(C208_Shape, "Reshape to more elements than there are");
    known *= length;
    dims.push_back(static_cast<uint32_t>(length));
  }
  if (open != kNowhere) dims[open - first] = static_cast<uint32_t>(count / known);
  if (element_count(dims) != count)
    return broken(C208_Shape, "Reshape of " + std::to_string(count) + " elements to " +
                                  std::to_string(element_count(dims)));
  return dims;
}

uint64_t product(const Dims& dims, size_t first, size_t last) {
  return element_count(
      {dims.begin() + static_cast<ptrdiff_t>(first), dims.begin() + static_cast<ptrdiff_t>(last)});
}

// The elements the entries [first, last) describe, or 0 where one is open or copies an axis.
uint64_t fixed_product(const std::vector<Length>& target, size_t first, size_t last) {
  uint64_t count = 1;
  for (size_t i = first; i < last; ++i) {
    if (target[i].length < 1 || target[i].times_rows != 0) return 0;
    if (__builtin_mul_overflow(count, static_cast<uint64_t>(target[i].length), &count)) return 0;
  }
  return count;
}

// Where the rows are in the target: the entry that names them, copies their axis, or is open.
// kNowhere: a number stands in their place.
Result<size_t> rows_entry(const OperatorNode& op, const std::vector<Length>& target,
                          bool allow_zero) {
  const RowLayout layout = op.layout(0);
  size_t named = kNowhere, open = kNowhere;
  for (size_t i = 0; i < target.size(); ++i) {
    if (target[i].times_rows != 0) {
      if (named != kNowhere || target[i].length != 0) return moves_rows("Reshape");
      named = i;
    } else if (target[i].length == -1) {
      if (open != kNowhere) return broken(C208_Shape, "Reshape with two axes of -1");
      open = i;
    }
  }
  if (named != kNowhere) return named;
  if (!allow_zero && layout.axis < target.size() && target[layout.axis].length == 0)
    return size_t{layout.axis};
  // The axes before the rows must be those that were there, or new ones of one element.
  const uint64_t ahead = product(op.dims(0), 0, layout.axis);
  if (open == kNowhere || fixed_product(target, 0, open) != ahead) return kNowhere;
  if (open == 0 || layout.axis > 0) return open;
  // [1, -1, ..] with all of a row behind: else the 1 may be a batch size.
  const bool is_row = fixed_product(target, open + 1, target.size()) == element_count(op.dims(0)) &&
                      !op.free_batch();
  return is_row ? open : kNowhere;
}

Status baked_in(const std::vector<Length>& target) {
  return unsupported(
      C214_MixesRows,
      "Reshape to a fixed number of rows (" + std::to_string(target[0].length) + ")",
      "the batch size was baked in: convert with --free-batch, export with a dynamic "
      "batch axis, or change the first entry of the shape to -1");
}

// A number where the rows should be. If the others describe one row, nothing but rows can be meant;
// with an open entry only the user knows.
Status read_baked(OperatorNode& op, std::vector<Length> target, bool allow_zero) {
  const uint64_t count = element_count(op.dims(0));
  const bool is_plain = op.layout(0) == RowLayout{};
  if (!is_plain || target[0].length < 1) return moves_rows("Reshape");
  const bool certain = fixed_product(target, 1, target.size()) == count;
  if (!certain && !op.free_batch()) return baked_in(target);
  MLE_TRY_ASSIGN(const Dims dims, resolve(op, target, 1, target.size(), count, allow_zero));
  op.note("takes the batch size " + std::to_string(target[0].length) +
          " in the shape of Reshape for the number of rows");
  return emit_shaped(op, dims);
}

// [ahead.., rows * k, behind..]: the rows keep their place, k elements of each go into the batch
// axis.
Status reshape_rows(OperatorNode& op, const std::vector<Length>& target, bool allow_zero) {
  if (target.empty()) return moves_rows("Reshape");
  MLE_TRY_ASSIGN(const size_t at, rows_entry(op, target, allow_zero));
  if (at == kNowhere) return read_baked(op, target, allow_zero);
  const RowLayout layout = op.layout(0);
  const Dims& from = op.dims(0);
  const uint64_t ahead = product(from, 0, layout.axis);
  const uint64_t rest = product(from, layout.axis, from.size());
  auto in_front = resolve(op, target, 0, at, ahead, allow_zero);
  if (!in_front) return moves_rows("Reshape");
  Dims dims = *std::move(in_front);

  uint64_t times = static_cast<uint64_t>(rows_times(op));
  if (target[at].times_rows != 0) {
    times = static_cast<uint64_t>(target[at].times_rows);
  } else if (target[at].length == -1) {
    uint64_t behind = 1;
    for (size_t i = at + 1; i < target.size(); ++i) {
      int64_t length = target[i].length;
      if (length == 0 && !allow_zero) {
        MLE_TRY_ASSIGN(length, copied(op, i));
      }
      if (length < 1 || __builtin_mul_overflow(behind, static_cast<uint64_t>(length), &behind))
        return broken(C208_Shape, "Reshape to an axis of " + std::to_string(length) + " elements");
    }
    if (rest % behind != 0)
      return broken(C208_Shape, "Reshape of rows of " + std::to_string(rest) +
                                    " elements to rows of " + std::to_string(behind));
    times = rest / behind;
  }
  if (times < 1 || times > rest || rest % times != 0) return moves_rows("Reshape");
  MLE_TRY_ASSIGN(const Dims behind,
                 resolve(op, target, at + 1, target.size(), rest / times, allow_zero));
  const RowLayout result{static_cast<uint32_t>(dims.size()), times > 1 ? 1u : 0u};
  if (times > 1) dims.push_back(static_cast<uint32_t>(times));
  dims.insert(dims.end(), behind.begin(), behind.end());
  op.lay_out(result);
  return emit_shaped(op, dims);
}

Status read_reshape(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t allow_zero, op.opset() >= 14 ? op.integer("allowzero", 0) : 0);
  MLE_TRY_ASSIGN(const std::vector<Length> target, shape_of(op, 1));
  if (op.per_row(0)) return reshape_rows(op, target, allow_zero != 0);
  if (op.tensor_has_rows(1)) return moves_rows("Reshape");
  const uint64_t count = element_count(op.dims(0));
  MLE_TRY_ASSIGN(const Dims dims, resolve(op, target, 0, target.size(), count, allow_zero != 0));
  return emit_shaped(op, dims);
}

// numpy's rule for one axis.
Result<uint32_t> broadcast_axis(uint32_t from, const Length& to) {
  if (to.times_rows != 0) return moves_rows("Expand");
  if (to.length < 1 || to.length > static_cast<int64_t>(format::kMaxDim))
    return broken(C208_Shape, "Expand to an axis of " + std::to_string(to.length) + " elements");
  const auto length = static_cast<uint32_t>(to.length);
  if (from != 1 && length != 1 && from != length)
    return broken(C208_Shape, "Expand of an axis of " + std::to_string(from) + " elements to " +
                                  std::to_string(length));
  return std::max(from, length);
}

// `dims` broadcast to the last axes of `target` from `first` on, aligned right.
Result<Dims> broadcast_dims(const Dims& dims, const std::vector<Length>& target) {
  Dims result;
  const size_t rank = std::max(dims.size(), target.size());
  for (size_t i = 0; i < rank; ++i) {
    const size_t of_dims = i + dims.size(), of_target = i + target.size();
    const uint32_t from = of_dims < rank ? 1 : dims[of_dims - rank];
    const Length to = of_target < rank ? Length{1, 0} : target[of_target - rank];
    MLE_TRY_ASSIGN(const uint32_t length, broadcast_axis(from, to));
    result.push_back(length);
  }
  return result;
}

// The entry of the batch axis says "rows" or 1; the others are those of a row.
Status expand_rows(OperatorNode& op, std::vector<Length> target) {
  RowLayout layout = op.layout(0);
  const Dims& from = op.dims(0);
  const size_t behind = op.axes_behind_rows(0);
  const Dims merged(from.begin() + layout.axis, from.begin() + layout.axis + layout.merged);
  std::vector<Length> merged_lengths;
  for (const uint32_t length : merged) merged_lengths.push_back({length, 0});
  if (target.size() > behind) {
    const auto batch = target.end() - static_cast<ptrdiff_t>(behind) - 1;
    const bool fits = batch->times_rows != 0
                          ? batch->times_rows == rows_times(op) && batch->length == 0
                          : batch->length == 1;
    if (!fits) return moves_rows("Expand");
    const auto place = target.erase(batch);
    layout.axis = static_cast<uint32_t>(
        std::max<size_t>(layout.axis, static_cast<size_t>(place - target.begin())));
    target.insert(place, merged_lengths.begin(), merged_lengths.end());
  }
  MLE_TRY_ASSIGN(const Dims dims, broadcast_dims(from, target));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  MLE_TRY_ASSIGN(const ValueId y, expanded(op, x, dims));
  op.lay_out(layout);
  op.emit_value(y);
  return {};
}

// A constant, once per row.
Status expand_to_rows(OperatorNode& op, std::vector<Length> target) {
  const auto names_rows = [](const Length& length) { return length.times_rows != 0; };
  const auto batch = std::ranges::find_if(target, names_rows);
  const size_t behind = static_cast<size_t>(target.end() - batch) - 1;
  if (batch->times_rows != 1 || batch->length != 0 || !op.is_constant(0))
    return moves_rows("Expand");
  Dims of_row = op.dims(0);
  if (of_row.size() > behind) {
    const auto place = of_row.end() - static_cast<ptrdiff_t>(behind) - 1;
    if (*place != 1) return moves_rows("Expand");
    of_row.erase(place);
  }
  const RowLayout layout{static_cast<uint32_t>(batch - target.begin()), 0};
  target.erase(batch);
  MLE_TRY_ASSIGN(const Dims dims, broadcast_dims(of_row, target));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  MLE_TRY_ASSIGN(const ValueId row, op.reshaped(x, of_row));
  MLE_TRY_ASSIGN(const ValueId y, expanded(op, row, dims));
  op.lay_out(layout);
  op.set_each_row(0, op.tensor_of(y));
  return {};
}

Status read_expand(OperatorNode& op) {
  MLE_TRY_ASSIGN(std::vector<Length> target, shape_of(op, 1));
  if (op.per_row(0)) return expand_rows(op, std::move(target));
  if (op.tensor_has_rows(1)) return expand_to_rows(op, std::move(target));
  MLE_TRY_ASSIGN(const Dims dims, broadcast_dims(op.dims(0), target));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  MLE_TRY_ASSIGN(const ValueId y, expanded(op, x, dims));
  op.emit_value(y);
  return {};
}

// Along an axis of length 1 an Expand; else the whole block behind is repeated, as an axis before
// it.
Result<ValueId> repeated(OperatorNode& op, ValueId x, uint32_t axis, uint32_t times) {
  Dims dims = op.fact(x).dims;
  const auto outer = static_cast<uint32_t>(product(dims, 0, axis));
  const auto inner = static_cast<uint32_t>(product(dims, axis, dims.size()));
  dims[axis] *= times;
  MLE_TRY_ASSIGN(const ValueId block, op.reshaped(x, {outer, 1, inner}));
  MLE_TRY_ASSIGN(const ValueId blocks, expanded(op, block, {outer, times, inner}));
  return op.reshaped(blocks, dims);
}

Status read_tile(OperatorNode& op) {
  MLE_TRY_ASSIGN(const std::vector<Length> repeats, shape_of(op, 1));
  if (repeats.size() != op.rank(0))
    return broken(C208_Shape, "Tile of " + std::to_string(op.rank(0)) + " axes by " +
                                  std::to_string(repeats.size()) + " numbers");
  MLE_TRY_ASSIGN(ValueId x, op.value(0));
  for (size_t i = 0; i < repeats.size(); ++i) {
    const auto [times, times_rows] = repeats[i];
    if (times == 1 && times_rows == 0) continue;
    MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, static_cast<int64_t>(i)));
    if (times_rows != 0) return moves_rows("Tile");
    Fact wide = op.fact(x);
    if (times < 1 || times > static_cast<int64_t>(format::kMaxDim / wide.dims[axis]))
      return unsupported(C216_LimitReached, "Tile of an axis " + std::to_string(times) + " times");
    wide.dims[axis] *= static_cast<uint32_t>(times);
    MLE_TRY(check_limits(wide));
    MLE_TRY_ASSIGN(x, repeated(op, x, axis, static_cast<uint32_t>(times)));
  }
  op.emit_value(x);
  return {};
}

constexpr Operator kOperators[] = {
    {"Expand", 8, kNow, 2, 2, 1, read_expand},
    {"Reshape", 7, kNow, 2, 2, 1, read_reshape},
    {"Tile", 7, kNow, 2, 2, 1, read_tile},
};

}  // namespace

std::span<const Operator> reshape_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
