// Reduce*, and the normalisations by a norm or a deviation that are made of them.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/compose.h"
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/text.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;
using Axes = std::vector<uint32_t>;

bool is_real(DType dtype) { return dtype == DType::F32 || dtype == DType::F64; }

// What ONNX reduces by; the first five are functions of the format.
enum class By : uint8_t { Sum, Mean, Max, Min, Prod, SumSquare, L1, L2, LogSum, LogSumExp };

// The largest that takes part in e^x: 0 where it is infinite, so that x - shift is not NaN.
Result<ValueId> finite_or_zero(OperatorNode& op, ValueId x) {
  MLE_TRY_ASSIGN(const ValueId size, op.add(unary(Act::Abs, x)));
  MLE_TRY_ASSIGN(const ValueId infinity,
                 number_like(op, x, std::numeric_limits<double>::infinity()));
  MLE_TRY_ASSIGN(const ValueId zero, number_like(op, x, 0));
  MLE_TRY_ASSIGN(const ValueId finite, op.add(compare(CompareFn::Less, size, infinity)));
  return op.add(select(finite, x, zero));
}

Result<ValueId> log_sum_exp(OperatorNode& op, ValueId x, const Axes& axes, bool keep) {
  MLE_TRY_ASSIGN(const ValueId largest, op.add(reduce(ReduceFn::Max, x, axes, true)));
  MLE_TRY_ASSIGN(ValueId shift, finite_or_zero(op, largest));
  MLE_TRY_ASSIGN(const ValueId shifted, op.add(binary(BinaryFn::Sub, x, shift)));
  MLE_TRY_ASSIGN(const ValueId powers, op.add(unary(Act::Exp, shifted)));
  MLE_TRY_ASSIGN(const ValueId sum, op.add(reduce(ReduceFn::Sum, powers, axes, keep)));
  MLE_TRY_ASSIGN(const ValueId log, op.add(unary(Act::Log, sum)));
  MLE_TRY_ASSIGN(shift, op.reshaped(shift, op.fact(log).dims));
  return op.add(binary(BinaryFn::Add, log, shift));
}

Result<ValueId> reduced(OperatorNode& op, By by, ValueId x, const Axes& axes, bool keep) {
  ReduceFn fn = ReduceFn::Sum;
  switch (by) {
    case By::Sum:
    case By::LogSum: break;
    case By::Mean: fn = ReduceFn::Mean; break;
    case By::Max: fn = ReduceFn::Max; break;
    case By::Min: fn = ReduceFn::Min; break;
    case By::Prod: fn = ReduceFn::Prod; break;
    case By::SumSquare:
    case By::L2: fn = ReduceFn::SumSquare; break;
    case By::LogSumExp: return log_sum_exp(op, x, axes, keep);
    case By::L1: {
      MLE_TRY_ASSIGN(x, op.add(unary(Act::Abs, x)));
      break;
    }
  }
  MLE_TRY_ASSIGN(const ValueId y, op.add(reduce(fn, x, axes, keep)));
  if (by == By::L2) return op.add(unary(Act::Sqrt, y));
  if (by == By::LogSum) return op.add(unary(Act::Log, y));
  return y;
}

// The type to compute in: what the format reduces, which holds all numbers of the input's type.
Result<DType> working_type(const OperatorNode& op, By by) {
  const DType dtype = op.dtype(0);
  const bool of_integers = by == By::Sum || by == By::Prod || by == By::Max || by == By::Min;
  if (is_real(dtype)) return dtype;
  if (of_integers) {
    switch (dtype) {
      case DType::I32:
      case DType::I64: return dtype;
      case DType::Bool:
      case DType::I8:
      case DType::U8:
      case DType::I16:
      case DType::U16: return DType::I32;
      case DType::U32: return DType::I64;
      default: break;
    }
  }
  return unsupported(C207_UnsupportedType, op.type() + " of " + name_of(dtype),
                     "cast to float32 before");
}

// All axes where none are named; the batch axis among them is refused.
Result<Axes> resolved(const OperatorNode& op, const std::optional<std::vector<int64_t>>& given) {
  std::vector<int64_t> onnx_axes;
  if (given && !given->empty()) {
    onnx_axes = *given;
  } else {
    for (size_t i = 0; i < op.rank(0); ++i) onnx_axes.push_back(static_cast<int64_t>(i));
  }
  Axes axes;
  for (const int64_t onnx_axis : onnx_axes) {
    MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, onnx_axis));
    axes.push_back(axis);
  }
  std::sort(axes.begin(), axes.end());
  if (std::adjacent_find(axes.begin(), axes.end()) != axes.end())
    return broken(C209_Attribute, op.type() + " names an axis twice");
  return axes;
}

// A value without axes to reduce gets one of one element.
Status emit_reduced(OperatorNode& op, By by, const Axes& axes, bool keep) {
  MLE_TRY_ASSIGN(const DType dtype, working_type(op, by));
  RowLayout layout = op.layout(0);
  for (const uint32_t axis : axes)
    if (!keep && axis < op.layout(0).axis) --layout.axis;
  op.lay_out(layout);
  MLE_TRY_ASSIGN(ValueId x, op.value(0));
  MLE_TRY_ASSIGN(x, converted(op, x, dtype));
  const Dims dims = op.fact(x).dims;
  Axes reduced_axes = axes;
  if (axes.empty()) {
    Dims longer = dims;
    longer.push_back(1);
    reduced_axes = {static_cast<uint32_t>(dims.size())};
    keep = false;
    MLE_TRY_ASSIGN(x, op.reshaped(x, longer));
  }
  MLE_TRY_ASSIGN(ValueId y, reduced(op, by, x, reduced_axes, keep));
  MLE_TRY_ASSIGN(y, converted(op, y, op.dtype(0)));
  op.emit_value(y);
  return {};
}

// Axes are an input from opset `axes_input_from` on, an attribute before.
template <By by, int axes_input_from>
Status read_reduce(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t keep, op.integer("keepdims", 1));
  std::optional<std::vector<int64_t>> given;
  int64_t noop = 0;
  if (op.opset() < axes_input_from) {
    MLE_TRY_ASSIGN(given, op.integers("axes"));
  } else {
    MLE_TRY_ASSIGN(noop, op.integer("noop_with_empty_axes", 0));
    if (op.has(1)) {
      MLE_TRY_ASSIGN(given, op.integers_of(1));
    }
  }
  if (noop != 0 && (!given || given->empty())) return emit_reduced(op, by, {}, true);
  MLE_TRY_ASSIGN(const Axes axes, resolved(op, given));
  return emit_reduced(op, by, axes, keep != 0);
}

// x / |x|, 0 where the norm is 0.
Status read_lp_normalization(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t onnx_axis, op.integer("axis", -1));
  MLE_TRY_ASSIGN(const int64_t p, op.integer("p", 2));
  if (p != 1 && p != 2)
    return broken(C209_Attribute, "LpNormalization with p = " + std::to_string(p));
  MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, onnx_axis));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  MLE_TRY_ASSIGN(const ValueId norm, reduced(op, p == 1 ? By::L1 : By::L2, x, {axis}, true));
  MLE_TRY_ASSIGN(const ValueId zero, number_like(op, x, 0));
  MLE_TRY_ASSIGN(const ValueId one, number_like(op, x, 1));
  MLE_TRY_ASSIGN(const ValueId is_zero, op.add(compare(CompareFn::Equal, norm, zero)));
  MLE_TRY_ASSIGN(const ValueId divisor, op.add(select(is_zero, one, norm)));
  return op.emit(binary(BinaryFn::Div, x, divisor));
}

// (x - mean) / (deviation + 1e-9), as the specification spells it out.
Status read_mean_variance(OperatorNode& op) {
  MLE_TRY_ASSIGN(auto given, op.integers("axes"));
  if (!given) given = {0, 2, 3};
  MLE_TRY_ASSIGN(const Axes axes, resolved(op, given));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  MLE_TRY_ASSIGN(const ValueId mean, op.add(reduce(ReduceFn::Mean, x, axes, true)));
  MLE_TRY_ASSIGN(const ValueId left, op.add(binary(BinaryFn::Sub, x, mean)));
  MLE_TRY_ASSIGN(const ValueId squares, op.add(binary(BinaryFn::Mul, left, left)));
  MLE_TRY_ASSIGN(const ValueId variance, op.add(reduce(ReduceFn::Mean, squares, axes, true)));
  MLE_TRY_ASSIGN(const ValueId deviation, op.add(unary(Act::Sqrt, variance)));
  MLE_TRY_ASSIGN(const ValueId divisor, with_number(op, BinaryFn::Add, deviation, 1e-9));
  return op.emit(binary(BinaryFn::Div, left, divisor));
}

constexpr Operator kOperators[] = {
    {"LpNormalization", 1, kNow, 1, 1, 1, read_lp_normalization},
    {"MeanVarianceNormalization", 9, kNow, 1, 1, 1, read_mean_variance},
    {"ReduceL1", 7, 17, 1, 1, 1, read_reduce<By::L1, 18>},
    {"ReduceL1", 18, kNow, 1, 2, 1, read_reduce<By::L1, 18>},
    {"ReduceL2", 7, 17, 1, 1, 1, read_reduce<By::L2, 18>},
    {"ReduceL2", 18, kNow, 1, 2, 1, read_reduce<By::L2, 18>},
    {"ReduceLogSum", 7, 17, 1, 1, 1, read_reduce<By::LogSum, 18>},
    {"ReduceLogSum", 18, kNow, 1, 2, 1, read_reduce<By::LogSum, 18>},
    {"ReduceLogSumExp", 7, 17, 1, 1, 1, read_reduce<By::LogSumExp, 18>},
    {"ReduceLogSumExp", 18, kNow, 1, 2, 1, read_reduce<By::LogSumExp, 18>},
    {"ReduceMax", 7, 17, 1, 1, 1, read_reduce<By::Max, 18>},
    {"ReduceMax", 18, kNow, 1, 2, 1, read_reduce<By::Max, 18>},
    {"ReduceMean", 7, 17, 1, 1, 1, read_reduce<By::Mean, 18>},
    {"ReduceMean", 18, kNow, 1, 2, 1, read_reduce<By::Mean, 18>},
    {"ReduceMin", 7, 17, 1, 1, 1, read_reduce<By::Min, 18>},
    {"ReduceMin", 18, kNow, 1, 2, 1, read_reduce<By::Min, 18>},
    {"ReduceProd", 7, 17, 1, 1, 1, read_reduce<By::Prod, 18>},
    {"ReduceProd", 18, kNow, 1, 2, 1, read_reduce<By::Prod, 18>},
    {"ReduceSum", 7, 12, 1, 1, 1, read_reduce<By::Sum, 13>},
    {"ReduceSum", 13, kNow, 1, 2, 1, read_reduce<By::Sum, 13>},
    {"ReduceSumSquare", 7, 17, 1, 1, 1, read_reduce<By::SumSquare, 18>},
    {"ReduceSumSquare", 18, kNow, 1, 2, 1, read_reduce<By::SumSquare, 18>},
};

}  // namespace

std::span<const Operator> reduce_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
