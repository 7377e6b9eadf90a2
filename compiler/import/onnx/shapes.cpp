// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/shapes.h"

#include "compiler/graph/infer.h"
#include "compiler/import/onnx/text.h"
#include "format/limits.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace mle::compiler::onnx {

using enum format::rule::Rule;

Result<std::vector<Length>> shape_of(const OperatorNode& op, size_t input) {
  if (!op.is_constant(input))
    return unsupported(C210_DynamicShape, op.type() + " to a shape that is computed from the data",
                       "shapes must be fixed when the model is compiled, but for the rows");
  const Tensor& shape = op.tensor(input);
  if (op.per_row(input) || shape.dims.size() != 1 || shape.count() > format::kMaxRank ||
      (shape.dtype != DType::I64 && shape.dtype != DType::I32))
    return broken(C208_Shape, op.type() + " to a shape that is no short list of integers");
  std::vector<Length> lengths;
  for (uint64_t i = 0; i < shape.count(); ++i)
    lengths.push_back({shape.integer(i), shape.rows_at(i)});
  return lengths;
}

Status moves_rows(const std::string& what) {
  return unsupported(C214_MixesRows, what + " moves or splits the batch axis",
                     "keep the batch axis first, or fix the number of rows with --shape NAME=N");
}

int64_t rows_times(const OperatorNode& op) {
  const RowLayout layout = op.layout(0);
  int64_t times = 1;
  for (uint32_t m = 0; m < layout.merged; ++m) times *= op.dims(0)[layout.axis + m];
  return times;
}

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

Result<ValueId> expanded(OperatorNode& op, ValueId x, const Dims& dims) {
  if (op.fact(x).dims == dims) return x;
  if (element_count(op.fact(x).dims) == element_count(dims)) return op.reshaped(x, dims);
  Node node;
  node.kind = OpKind::Expand;
  node.inputs = {x};
  const Fact wanted{op.fact(x).dtype, op.fact(x).rows, dims};
  MLE_TRY(check_limits(wanted));
  return op.add(std::move(node), &wanted);
}

Result<ValueId> transposed(OperatorNode& op, ValueId x, const std::vector<uint32_t>& order) {
  const Dims& from = op.fact(x).dims;
  Dims dims;
  std::vector<uint32_t> moving;  // the axes of more than one element
  for (const uint32_t axis : order) {
    dims.push_back(from[axis]);
    if (from[axis] != 1) moving.push_back(axis);
  }
  if (std::is_sorted(moving.begin(), moving.end())) return op.reshaped(x, dims);
  Node node;
  node.kind = OpKind::Transpose;
  node.inputs = {x};
  node.indices = order;
  return op.add(std::move(node));
}

Result<ValueId> picked(OperatorNode& op, ValueId x, uint32_t axis,
                       const std::vector<uint32_t>& picks) {
  const auto count = static_cast<uint32_t>(picks.size());
  Fact wanted = op.fact(x);
  wanted.dims[axis] = count;
  MLE_TRY(check_limits(wanted));
  const uint32_t step = count > 1 ? picks[1] - picks[0] : 1;
  bool even = step >= 1 && step <= op.fact(x).dims[axis];
  for (size_t i = 1; even && i < picks.size(); ++i)
    even = picks[i] > picks[i - 1] && picks[i] - picks[i - 1] == step;
  if (even && wanted == op.fact(x)) return x;
  if (!even) MLE_TRY(op.budget().spend(count * sizeof(int32_t), count));
  Node node;
  if (even) {
    node.kind = OpKind::Slice;
    node.inputs = {x};
    node.iattr = {axis, picks[0], step};
    return op.add(std::move(node), &wanted);
  }
  MLE_TRY_ASSIGN(const ValueId index,
                 op.constant(make_tensor("", DType::I32, {count},
                                         std::vector<int32_t>(picks.begin(), picks.end()))));
  node.kind = OpKind::Gather;
  node.inputs = {x, index};
  node.iattr = {axis};
  return op.add(std::move(node));
}

}  // namespace mle::compiler::onnx
