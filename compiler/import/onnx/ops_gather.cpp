// Gather, GatherElements, GatherND. Constant indices are compared here, computed ones when the
// model runs.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/infer.h"
#include "compiler/import/onnx/compose.h"
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/rearrange.h"
#include "compiler/import/onnx/shapes.h"
#include "compiler/import/onnx/text.h"

#include <algorithm>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

// Constant indices into an axis of `length` elements as positions.
Result<std::vector<uint32_t>> positions(const OperatorNode& op, size_t input, uint32_t length) {
  MLE_TRY_ASSIGN(const std::vector<int64_t> indices, op.integers_of(input));
  const int64_t n = length;
  std::vector<uint32_t> picks;
  for (const int64_t index : indices) {
    if (index < -n || index >= n)
      return broken(C209_Attribute, op.type() + " of index " + std::to_string(index) + " from " +
                                        std::to_string(n) + " elements");
    picks.push_back(static_cast<uint32_t>(index < 0 ? index + n : index));
  }
  if (picks.empty()) return broken(C208_Shape, op.type() + " of nothing");
  return picks;
}

// The shape of the indices takes the place of the axis.
Dims gathered(const Dims& from, uint32_t axis, const Dims& indices) {
  Dims dims(from.begin(), from.begin() + axis);
  dims.insert(dims.end(), indices.begin(), indices.end());
  dims.insert(dims.end(), from.begin() + axis + 1, from.end());
  return dims;
}

Status gather_by_constant(OperatorNode& op, uint32_t axis) {
  const Dims dims = gathered(op.dims(0), axis, op.dims(1));
  MLE_TRY_ASSIGN(const std::vector<uint32_t> picks, positions(op, 1, op.dims(0)[axis]));
  RowLayout layout = op.layout(0);
  if (axis < layout.axis) layout.axis = static_cast<uint32_t>(layout.axis - 1 + op.dims(1).size());
  op.lay_out(layout);
  if (op.is_constant(0)) {
    MLE_TRY_ASSIGN(Tensor result, pick(op.tensor(0), axis, picks, op.budget()));
    MLE_TRY(check_limits({result.dtype, Rows::Whole, dims}));
    result.dims = dims;
    op.set(0, std::move(result));
    return {};
  }
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  MLE_TRY_ASSIGN(const ValueId y, picked(op, x, axis, picks));
  return op.emit_reshaped(y, dims);
}

// Indices as the file takes them.
Result<ValueId> index_value(OperatorNode& op, size_t input) {
  const DType dtype = op.dtype(input);
  if (dtype != DType::I32 && dtype != DType::I64)
    return broken(C207_UnsupportedType, "indices of " + op.type() + " are " + name_of(dtype));
  return op.value(input);
}

Result<ValueId> gather_node(OperatorNode& op, ValueId data, ValueId index, uint32_t axis,
                            OpKind kind = OpKind::Gather) {
  Node node;
  node.kind = kind;
  node.inputs = {data, index};
  node.iattr = {axis};
  return op.add(std::move(node));
}

// Computed indices. A whole table with indices per row gives the indices' rows where its first axis
// is meant; indices that are whole, too, may pick anywhere. Everything else would take elements of
// other rows.
Status read_gather(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t onnx_axis, op.integer("axis", 0));
  MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, onnx_axis));
  if (op.is_constant(1) && !op.per_row(1)) return gather_by_constant(op, axis);
  if (op.per_row(0) && op.per_row(1))
    return unsupported(
        C214_MixesRows,
        "Gather by indices of each row from every row, which pairs all rows with all",
        "use GatherElements, or GatherND with batch_dims = 1");
  MLE_TRY_ASSIGN(const ValueId index, index_value(op, 1));
  MLE_TRY_ASSIGN(ValueId data, op.value(0));
  if (!op.per_row(1)) {
    MLE_TRY_ASSIGN(const ValueId y, gather_node(op, data, index, axis));
    op.emit_value(y);
    return {};
  }
  RowLayout layout = op.layout(1);
  layout.axis += axis;
  op.lay_out(layout);
  MLE_TRY_ASSIGN(const ValueId y, gather_node(op, data, index, axis));
  op.emit_value(y);
  return {};
}

// data[index[i, j], j]. Indices per row with a whole table: each row of them looks at all of the
// table where its first axis is meant.
Status read_gather_elements(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t onnx_axis, op.integer("axis", 0));
  if (op.rank(0) != op.rank(1))
    return broken(C208_Shape, "GatherElements of tensors of different ranks");
  MLE_TRY_ASSIGN(const ValueId data, op.value(0));
  MLE_TRY_ASSIGN(ValueId index, index_value(op, 1));
  if (op.per_row(0) == op.per_row(1)) {
    MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, onnx_axis));
    MLE_TRY_ASSIGN(const ValueId y, gather_node(op, data, index, axis, OpKind::GatherElements));
    op.emit_value(y);
    return {};
  }
  const auto rank = static_cast<int64_t>(op.rank(0));
  if (op.per_row(0) || (onnx_axis != 0 && onnx_axis != -rank))
    return unsupported(C214_MixesRows,
                       "GatherElements of rows with a tensor of a fixed number of rows",
                       "export the model with a dynamic batch axis");
  const Dims of_row = op.dims(1);
  Dims with_axis = of_row;
  with_axis.insert(with_axis.begin(), 1);
  MLE_TRY_ASSIGN(index, op.reshaped(index, with_axis));
  MLE_TRY_ASSIGN(const ValueId y, gather_node(op, data, index, 0, OpKind::GatherElements));
  return op.emit_reshaped(y, of_row);
}

// The last axis of constant indices as places in the axes [first, first + depth) of the data taken
// as one.
Result<std::vector<uint32_t>> flat_positions(const OperatorNode& op, const Dims& axes) {
  MLE_TRY_ASSIGN(const std::vector<int64_t> indices, op.integers_of(1));
  std::vector<uint32_t> picks;
  for (size_t i = 0; i < indices.size(); i += axes.size()) {
    uint64_t at = 0;
    for (size_t axis = 0; axis < axes.size(); ++axis) {
      const int64_t n = axes[axis], index = indices[i + axis];
      if (index < -n || index >= n)
        return broken(C209_Attribute, "GatherND of index " + std::to_string(index) + " from " +
                                          std::to_string(n) + " elements");
      at = at * axes[axis] + static_cast<uint64_t>(index < 0 ? index + n : index);
    }
    picks.push_back(static_cast<uint32_t>(at));
  }
  return picks;
}

// Computed indices [.., depth] as places in the axes taken as one, [..]: an index outside its own
// axis becomes a place outside of all.
Result<ValueId> flat_index(OperatorNode& op, ValueId indices, const Dims& axes) {
  const Dims from = op.fact(indices).dims;
  const auto last = static_cast<uint32_t>(from.size() - 1);
  const Dims dims(from.begin(), from.end() - 1);
  if (axes.size() == 1) return op.reshaped(indices, dims);
  ValueId place = kNone, is_inside = kNone;
  for (uint32_t i = 0; i < axes.size(); ++i) {
    MLE_TRY_ASSIGN(const ValueId column, picked(op, indices, last, {i}));
    MLE_TRY_ASSIGN(ValueId index, op.reshaped(column, dims));
    MLE_TRY_ASSIGN(const ValueId zero, number_like(op, index, 0));
    MLE_TRY_ASSIGN(const ValueId length, number_like(op, index, axes[i]));
    MLE_TRY_ASSIGN(const ValueId is_negative, op.add(compare(CompareFn::Less, index, zero)));
    MLE_TRY_ASSIGN(const ValueId from_end, op.add(binary(BinaryFn::Add, index, length)));
    MLE_TRY_ASSIGN(index, op.add(select(is_negative, from_end, index)));
    MLE_TRY_ASSIGN(const ValueId above, op.add(compare(CompareFn::GreaterEqual, index, zero)));
    MLE_TRY_ASSIGN(const ValueId below, op.add(compare(CompareFn::Less, index, length)));
    MLE_TRY_ASSIGN(const ValueId fits, op.add(binary(BinaryFn::And, above, below)));
    if (place == kNone) {
      place = index;
      is_inside = fits;
      continue;
    }
    MLE_TRY_ASSIGN(place, op.add(binary(BinaryFn::Mul, place, length)));
    MLE_TRY_ASSIGN(place, op.add(binary(BinaryFn::Add, place, index)));
    MLE_TRY_ASSIGN(is_inside, op.add(binary(BinaryFn::And, is_inside, fits)));
  }
  MLE_TRY_ASSIGN(const ValueId outside,
                 number_like(op, place, static_cast<double>(element_count(axes))));
  return op.add(select(is_inside, place, outside));
}

// 0, 1, .. times `step` along the first axes, `batch`, of `dims`, in the dtype of `like`.
Result<ValueId> batch_offsets(OperatorNode& op, ValueId like, const Dims& batch, size_t rank,
                              uint64_t step) {
  const uint64_t count = element_count(batch);
  MLE_TRY(op.budget().spend(count * sizeof(double), count));
  std::vector<int64_t> offsets(count);
  for (uint64_t i = 0; i < count; ++i) offsets[i] = static_cast<int64_t>(i * step);
  Dims dims = batch;
  dims.resize(rank, 1);
  MLE_TRY_ASSIGN(const Tensor numbers,
                 cast(make_tensor("", DType::I64, dims, offsets), op.fact(like).dtype));
  return op.constant(numbers);
}

// The first `batch_dims` axes of both pair up: they become part of the table, and their places part
// of the index.
Status gather_nd_in_batches(OperatorNode& op, size_t batch_dims) {
  const Dims data = op.dims(0), indices = op.dims(1);
  const uint32_t depth = indices.empty() ? 0 : indices.back();
  if (op.per_row(0) || op.per_row(1)) return moves_rows("GatherND");
  if (indices.size() <= batch_dims || depth < 1 || batch_dims + depth > data.size() ||
      !std::equal(data.begin(), data.begin() + static_cast<ptrdiff_t>(batch_dims), indices.begin()))
    return broken(C208_Shape, "GatherND whose batch axes do not fit");
  const auto axes_begin = data.begin() + static_cast<ptrdiff_t>(batch_dims);
  const Dims batch(data.begin(), axes_begin);
  const Dims axes(axes_begin, axes_begin + depth), behind(axes_begin + depth, data.end());
  MLE_TRY_ASSIGN(const ValueId index, index_value(op, 1));
  MLE_TRY_ASSIGN(ValueId place, flat_index(op, index, axes));
  const uint64_t table_rows = element_count(axes);
  // An index outside its axes must not reach another batch's.
  MLE_TRY_ASSIGN(const ValueId low, number_like(op, place, 0));
  MLE_TRY_ASSIGN(const ValueId high, number_like(op, place, static_cast<double>(table_rows)));
  MLE_TRY_ASSIGN(const ValueId is_negative, op.add(compare(CompareFn::Less, place, low)));
  MLE_TRY_ASSIGN(const ValueId from_end, op.add(binary(BinaryFn::Add, place, high)));
  MLE_TRY_ASSIGN(place, op.add(select(is_negative, from_end, place)));
  MLE_TRY_ASSIGN(const ValueId above, op.add(compare(CompareFn::GreaterEqual, place, low)));
  MLE_TRY_ASSIGN(const ValueId below, op.add(compare(CompareFn::Less, place, high)));
  MLE_TRY_ASSIGN(const ValueId fits, op.add(binary(BinaryFn::And, above, below)));
  MLE_TRY_ASSIGN(const ValueId offsets,
                 batch_offsets(op, place, batch, op.fact(place).dims.size(), table_rows));
  MLE_TRY_ASSIGN(const ValueId moved, op.add(binary(BinaryFn::Add, place, offsets)));
  const uint64_t all = element_count(batch) * table_rows;
  MLE_TRY_ASSIGN(const ValueId outside, number_like(op, place, static_cast<double>(all)));
  MLE_TRY_ASSIGN(place, op.add(select(fits, moved, outside)));
  Dims flat{static_cast<uint32_t>(all)};
  flat.insert(flat.end(), behind.begin(), behind.end());
  MLE_TRY_ASSIGN(const ValueId data_value, op.value(0));
  MLE_TRY_ASSIGN(const ValueId table, op.reshaped(data_value, flat));
  MLE_TRY_ASSIGN(const ValueId y, gather_node(op, table, place, 0));
  op.emit_value(y);
  return {};
}

// Some axes of the data are indexed at once: they become one, picked from by one index each.
Status read_gather_nd(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t batch_dims, op.opset() >= 12 ? op.integer("batch_dims", 0) : 0);
  const bool by_row = op.per_row(0) && op.per_row(1) && batch_dims == 1;
  if (batch_dims < 0) return broken(C209_Attribute, "GatherND with negative batch_dims");
  if (batch_dims != 0 && !by_row) return gather_nd_in_batches(op, static_cast<size_t>(batch_dims));
  if (op.dims(1).empty() || (op.per_row(0) != op.per_row(1) && op.per_row(1) && !op.is_constant(0)))
    return moves_rows("GatherND");
  // The last axis of the indices is no batch axis, and batch_dims counts from the first.
  if (op.per_row(1) && op.axes_behind_rows(1) == 0) return moves_rows("GatherND");
  if (by_row && (op.layout(0) != RowLayout{} || op.layout(1) != RowLayout{}))
    return moves_rows("GatherND");
  const Dims& data = op.dims(0);
  const uint32_t depth = op.dims(1).back();
  RowLayout layout = op.layout(by_row || !op.per_row(0) ? 1 : 0);
  // Which axes of a row the indices are for: those ONNX counts first.
  if (op.per_row(0) && !by_row && layout.axis < depth)
    return unsupported(C214_MixesRows, "GatherND picks along the batch axis",
                       "fix the number of rows with --shape NAME=N");
  if (op.per_row(0) && op.per_row(1) && !by_row) return moves_rows("GatherND");
  if (depth > data.size())
    return broken(C208_Shape, "GatherND by " + std::to_string(depth) + " indices into " +
                                  std::to_string(data.size()) + " axes");
  const Dims axes(data.begin(), data.begin() + depth);
  const Dims behind(data.begin() + depth, data.end());
  Dims flat{static_cast<uint32_t>(element_count(axes))};
  flat.insert(flat.end(), behind.begin(), behind.end());
  Dims dims = op.dims(1);
  dims.pop_back();
  const Dims picks_dims = dims;
  dims.insert(dims.end(), behind.begin(), behind.end());
  if (op.per_row(0) && !by_row)
    layout.axis = static_cast<uint32_t>(layout.axis - depth + picks_dims.size());

  MLE_TRY_ASSIGN(const ValueId data_value, op.value(0));
  MLE_TRY_ASSIGN(const ValueId table, op.reshaped(data_value, flat));
  op.lay_out(layout);
  if (op.is_constant(1) && !op.per_row(1)) {
    MLE_TRY_ASSIGN(const std::vector<uint32_t> picks, flat_positions(op, axes));
    if (picks.empty()) return broken(C208_Shape, "GatherND of nothing");
    MLE_TRY_ASSIGN(const ValueId y, picked(op, table, 0, picks));
    return op.emit_reshaped(y, dims);
  }
  MLE_TRY_ASSIGN(const ValueId index, index_value(op, 1));
  MLE_TRY_ASSIGN(const ValueId place, flat_index(op, index, axes));
  MLE_TRY_ASSIGN(const ValueId y, gather_node(op, table, place, 0));
  op.emit_value(y);
  return {};
}

constexpr Operator kOperators[] = {
    {"Gather", 7, kNow, 2, 2, 1, read_gather},
    {"GatherElements", 11, kNow, 2, 2, 1, read_gather_elements},
    {"GatherND", 11, kNow, 2, 2, 1, read_gather_nd},
};

}  // namespace

std::span<const Operator> gather_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
