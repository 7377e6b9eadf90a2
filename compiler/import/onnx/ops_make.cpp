// Constants made from constants: Range, EyeLike, NonZero; and masks: Trilu, OneHot.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/infer.h"
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/shapes.h"
#include "compiler/import/onnx/tensor_proto.h"
#include "compiler/import/onnx/text.h"
#include "format/limits.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

constexpr double kMostElements = 1 << 24;

Status want_numbers(const OperatorNode& op) {
  for (size_t i = 0; i < op.input_count(); ++i) {
    if (!op.is_constant(i))
      return unsupported(C210_DynamicShape,
                         op.type() + " of values that are computed while the model runs",
                         "what it makes must be fixed when the model is compiled");
    if (op.tensor_has_rows(i) || op.per_row(i))
      return unsupported(C214_MixesRows, op.type() + " depends on the number of rows",
                         "fix the batch axis with --shape NAME=N");
  }
  return {};
}

// start, start + delta, … before limit.
Status read_range(OperatorNode& op) {
  MLE_TRY(want_numbers(op));
  for (size_t i = 0; i < 3; ++i)
    if (op.tensor(i).count() != 1 || op.dtype(i) != op.dtype(0))
      return broken(C208_Shape, "Range wants three numbers of one type");
  const bool whole = is_integer(op.dtype(0));
  const double start = op.tensor(0).real(0), limit = op.tensor(1).real(0);
  const double delta = op.tensor(2).real(0);
  const double count = std::ceil((limit - start) / delta);
  if (!(count <= kMostElements)) return broken(C209_Attribute, "Range without an end");
  const auto n = static_cast<uint32_t>(std::max(count, 0.0));
  MLE_TRY(op.budget().spend(n * sizeof(double), n));
  Tensor numbers;
  if (whole) {
    std::vector<int64_t> elements(n);
    const int64_t first = op.tensor(0).integer(0), step = op.tensor(2).integer(0);
    for (uint32_t i = 0; i < n; ++i) elements[i] = first + i * step;
    numbers = make_tensor("", DType::I64, {n}, elements);
  } else {
    std::vector<double> elements(n);
    for (uint32_t i = 0; i < n; ++i) elements[i] = start + i * delta;
    numbers = make_tensor("", DType::F64, {n}, elements);
  }
  MLE_TRY_ASSIGN(Tensor result, cast(numbers, op.dtype(0)));
  op.set(0, std::move(result));
  return {};
}

// Ones on diagonal k of a matrix of the input's shape.
Status read_eye_like(OperatorNode& op) {
  MLE_TRY_ASSIGN(const auto* given, op.attribute("dtype", onnx_pb::AttributeProto::INT));
  MLE_TRY_ASSIGN(const int64_t k, op.integer("k", 0));
  if (op.per_row(0)) return moves_rows("EyeLike");
  if (op.rank(0) != 2) return broken(C208_Shape, "EyeLike of a tensor that is no matrix");
  const auto dtype =
      given == nullptr
          ? op.dtype(0)
          : computed_dtype_of(static_cast<int32_t>(std::clamp<int64_t>(given->i(), -1, 99)));
  if (!dtype) return broken(C207_UnsupportedType, "EyeLike of an unknown type");
  const Dims dims = op.dims(0);
  MLE_TRY(op.budget().spend(element_count(dims), element_count(dims)));
  std::vector<uint8_t> ones(element_count(dims));
  for (uint32_t row = 0; row < dims[0]; ++row) {
    const int64_t column = row + std::clamp<int64_t>(k, -(int64_t{1} << 32), int64_t{1} << 32);
    if (column >= 0 && column < dims[1])
      ones[size_t{row} * dims[1] + static_cast<size_t>(column)] = 1;
  }
  MLE_TRY_ASSIGN(Tensor result, cast(make_tensor("", DType::U8, dims, ones), *dtype));
  op.set(0, std::move(result));
  return {};
}

// [rank, n]: where the elements that are not zero are.
Status read_non_zero(OperatorNode& op) {
  MLE_TRY(want_numbers(op));
  const Tensor& x = op.tensor(0);
  MLE_TRY(op.budget().spend(x.count() * sizeof(int64_t) * std::max<size_t>(x.dims.size(), 1),
                            x.count()));
  std::vector<uint64_t> found;
  for (uint64_t i = 0; i < x.count(); ++i)
    if (x.real(i) != 0) found.push_back(i);
  std::vector<int64_t> places(x.dims.size() * found.size());
  for (size_t n = 0; n < found.size(); ++n) {
    uint64_t rest = found[n];
    for (size_t axis = x.dims.size(); axis-- > 0; rest /= x.dims[axis])
      places[axis * found.size() + n] = static_cast<int64_t>(rest % x.dims[axis]);
  }
  if (found.empty() && x.dims.size() != 1)
    return unsupported(C208_Shape, "NonZero of zeros, which has no elements");
  op.set(0, make_tensor("", DType::I64,
                        {static_cast<uint32_t>(x.dims.size()), static_cast<uint32_t>(found.size())},
                        places));
  return {};
}

Node select(ValueId condition, ValueId a, ValueId b) {
  Node node;
  node.kind = OpKind::Select;
  node.inputs = {condition, a, b};
  return node;
}

Result<ValueId> number_of(OperatorNode& op, double number, DType dtype) {
  MLE_TRY_ASSIGN(const Tensor tensor,
                 cast(make_tensor<double>("", DType::F64, {}, {number}), dtype));
  return op.constant(tensor);
}

// What lies above or below diagonal k of the last two axes becomes zero.
Status read_trilu(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t upper, op.integer("upper", 1));
  int64_t k = 0;
  if (op.has(1)) {
    MLE_TRY_ASSIGN(const std::vector<int64_t> given, op.integers_of(1));
    if (given.size() != 1) return broken(C208_Shape, "Trilu of more than one diagonal");
    k = std::clamp<int64_t>(given[0], -(int64_t{1} << 32), int64_t{1} << 32);
  }
  if (op.rank(0) < 2) return broken(C208_Shape, "Trilu of a tensor that is no matrix");
  const Dims& dims = op.dims(0);
  if (op.per_row(0) && dims.size() < 2) return moves_rows("Trilu");
  const Dims mask_dims(dims.end() - 2, dims.end());
  MLE_TRY(op.budget().spend(element_count(mask_dims), element_count(mask_dims)));
  std::vector<uint8_t> kept;
  for (int64_t row = 0; row < mask_dims[0]; ++row)
    for (int64_t column = 0; column < mask_dims[1]; ++column)
      kept.push_back(upper != 0 ? column - row >= k : column - row <= k);
  MLE_TRY_ASSIGN(const ValueId mask, op.constant(make_tensor("", DType::Bool, mask_dims, kept)));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  MLE_TRY_ASSIGN(const ValueId zero, number_of(op, 0, op.dtype(0)));
  return op.emit(select(mask, x, zero));
}

// 0, 1, … or -n, 1 - n, … along one axis, to be compared with f32.
Result<ValueId> numbers_from(OperatorNode& op, double first, Dims dims) {
  std::vector<float> numbers(element_count(dims));
  for (size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = static_cast<float>(first + static_cast<double>(i));
  return op.constant(make_tensor("", DType::F32, std::move(dims), numbers));
}

// Compared in f32: exact below 2^24, and beyond no index is one of the depth's.
Status read_one_hot(OperatorNode& op) {
  MLE_TRY_ASSIGN(int64_t onnx_axis, op.integer("axis", -1));
  if (!op.is_constant(1) || op.tensor_has_rows(1))
    return unsupported(C210_DynamicShape, "OneHot of a depth that is computed",
                       "it must be fixed when the model is compiled");
  if (op.tensor(1).count() != 1 || op.per_row(2) || op.dims(2) != Dims{2})
    return broken(C208_Shape, "OneHot wants one depth and two values");
  const double depth = std::trunc(op.tensor(1).real(0));
  if (!(depth >= 1 && depth < 1 << 24))
    return broken(C209_Attribute, "OneHot of depth " + std::to_string(depth));
  const auto rank = static_cast<int64_t>(op.rank(0)) + 1;
  if (onnx_axis < -rank || onnx_axis >= rank) return broken(C209_Attribute, "OneHot at no axis");
  if (onnx_axis < 0) onnx_axis += rank;
  RowLayout layout = op.layout(0);
  auto at = static_cast<size_t>(onnx_axis);
  if (op.per_row(0) && at <= layout.axis)
    ++layout.axis;
  else if (op.per_row(0))
    at = at - 1 + layout.merged;
  op.lay_out(layout);

  MLE_TRY_ASSIGN(ValueId x, op.value(0));
  if (op.dtype(0) != DType::F32) {
    Fact wanted = op.fact(x);
    wanted.dtype = DType::F32;
    Node node;
    node.kind = OpKind::Cast;
    node.inputs = {x};
    MLE_TRY_ASSIGN(x, op.add(std::move(node), &wanted));
  }
  Dims dims = op.fact(x).dims;
  dims.insert(dims.begin() + static_cast<ptrdiff_t>(at), 1);
  MLE_TRY_ASSIGN(x, op.reshaped(x, dims));
  Dims along(dims.size() - at, 1);
  along[0] = static_cast<uint32_t>(depth);
  MLE_TRY_ASSIGN(const ValueId values, op.value(2));
  MLE_TRY_ASSIGN(ValueId off, picked(op, values, 0, {0}));
  MLE_TRY_ASSIGN(ValueId on, picked(op, values, 0, {1}));
  MLE_TRY_ASSIGN(off, op.reshaped(off, {}));
  MLE_TRY_ASSIGN(on, op.reshaped(on, {}));
  ValueId y = off;
  for (const double first : {0.0, -depth}) {
    MLE_TRY_ASSIGN(const ValueId numbers, numbers_from(op, first, along));
    Node equal;
    equal.kind = OpKind::Compare;
    equal.inputs = {x, numbers};
    equal.iattr = {static_cast<uint32_t>(CompareFn::Equal)};
    MLE_TRY_ASSIGN(const ValueId hot, op.add(std::move(equal)));
    MLE_TRY_ASSIGN(y, op.add(select(hot, on, y)));
  }
  op.emit_value(y);
  return {};
}

constexpr Operator kOperators[] = {
    {"EyeLike", 9, kNow, 1, 1, 1, read_eye_like}, {"NonZero", 9, kNow, 1, 1, 1, read_non_zero},
    {"OneHot", 9, kNow, 3, 3, 1, read_one_hot},   {"Range", 11, kNow, 3, 3, 1, read_range},
    {"Trilu", 14, kNow, 1, 2, 1, read_trilu},
};

}  // namespace

std::span<const Operator> make_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
