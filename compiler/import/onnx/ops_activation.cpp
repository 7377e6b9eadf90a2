// Functions of one element. Most are one op of the format with ONNX's parameters.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/compose.h"
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/text.h"

#include <limits>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

template <Act act>
Status read_plain(OperatorNode& op) {
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  return op.emit(unary(act, x));
}

// LeakyRelu, Elu, Celu: one parameter, called alpha. The default is in thousandths.
template <Act act, int default_alpha>
Status read_with_alpha(OperatorNode& op) {
  MLE_TRY_ASSIGN(const double alpha, op.real("alpha", static_cast<float>(default_alpha / 1000.0)));
  if (act == Act::Celu && !(alpha > 0))
    return unsupported(C209_Attribute, "Celu with an alpha that is not positive");
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  return op.emit(unary(act, x, {alpha, 0}));
}

Status read_selu(OperatorNode& op) {
  MLE_TRY_ASSIGN(const double alpha, op.real("alpha", 1.67326319217681884765625));
  MLE_TRY_ASSIGN(const double gamma, op.real("gamma", 1.05070102214813232421875));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  return op.emit(unary(Act::Selu, x, {alpha, gamma}));
}

Status read_hard_sigmoid(OperatorNode& op) {
  MLE_TRY_ASSIGN(const double alpha, op.real("alpha", static_cast<double>(0.2f)));
  MLE_TRY_ASSIGN(const double beta, op.real("beta", 0.5));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  return op.emit(unary(Act::HardSigmoid, x, {alpha, beta}));
}

Status read_gelu(OperatorNode& op) {
  MLE_TRY_ASSIGN(const std::string_view approximate, op.text("approximate", "none"));
  if (approximate != "none" && approximate != "tanh")
    return broken(C209_Attribute, "Gelu with approximate = " + quoted(approximate));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  return op.emit(unary(approximate == "tanh" ? Act::GeluTanh : Act::Gelu, x));
}

// x sigmoid(alpha x)
Status read_swish(OperatorNode& op) {
  MLE_TRY_ASSIGN(const double alpha, op.real("alpha", 1));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  if (alpha == 1) return op.emit(unary(Act::Silu, x));
  MLE_TRY_ASSIGN(const ValueId factor, op.scalar(alpha, op.dtype(0)));
  MLE_TRY_ASSIGN(const ValueId steeper, op.add(binary(BinaryFn::Mul, x, factor)));
  MLE_TRY_ASSIGN(const ValueId gate, op.add(unary(Act::Sigmoid, steeper)));
  return op.emit(binary(BinaryFn::Mul, x, gate));
}

// x > alpha ? x : 0
Status read_thresholded_relu(OperatorNode& op) {
  MLE_TRY_ASSIGN(const double alpha, op.real("alpha", 1));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  MLE_TRY_ASSIGN(const ValueId threshold, op.scalar(alpha, op.dtype(0)));
  MLE_TRY_ASSIGN(const ValueId zero, op.scalar(0, op.dtype(0)));
  Node compare;
  compare.kind = OpKind::Compare;
  compare.inputs = {x, threshold};
  compare.iattr = {static_cast<uint32_t>(format::CompareFn::Greater)};
  MLE_TRY_ASSIGN(const ValueId above, op.add(std::move(compare)));
  Node select;
  select.kind = OpKind::Select;
  select.inputs = {above, x, zero};
  return op.emit(std::move(select));
}

// x + bias below -lambd, x - bias above lambd, 0 between.
Status read_shrink(OperatorNode& op) {
  MLE_TRY_ASSIGN(const double bias, op.real("bias", 0));
  MLE_TRY_ASSIGN(const double limit, op.real("lambd", 0.5));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  MLE_TRY_ASSIGN(const ValueId zero, number_like(op, x, 0));
  MLE_TRY_ASSIGN(const ValueId low, number_like(op, x, -limit));
  MLE_TRY_ASSIGN(const ValueId high, number_like(op, x, limit));
  MLE_TRY_ASSIGN(const ValueId raised, with_number(op, BinaryFn::Add, x, bias));
  MLE_TRY_ASSIGN(const ValueId lowered, with_number(op, BinaryFn::Sub, x, bias));
  MLE_TRY_ASSIGN(const ValueId is_above, op.add(compare(CompareFn::Greater, x, high)));
  MLE_TRY_ASSIGN(const ValueId is_below, op.add(compare(CompareFn::Less, x, low)));
  MLE_TRY_ASSIGN(const ValueId above, op.add(select(is_above, lowered, zero)));
  return op.emit(select(is_below, raised, above));
}

// Of infinities of the signs that are asked for; of none, never.
Status read_is_inf(OperatorNode& op) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  MLE_TRY_ASSIGN(const int64_t negative, op.integer("detect_negative", 1));
  MLE_TRY_ASSIGN(const int64_t positive, op.integer("detect_positive", 1));
  MLE_TRY_ASSIGN(ValueId x, op.value(0));
  if (negative != 0 && positive != 0) {
    MLE_TRY_ASSIGN(x, op.add(unary(Act::Abs, x)));
  }
  MLE_TRY_ASSIGN(const ValueId limit, number_like(op, x, positive != 0 ? kInfinity : -kInfinity));
  const bool any = negative != 0 || positive != 0;
  return op.emit(compare(any ? CompareFn::Equal : CompareFn::Less, x, limit));
}

Status emit_clip(OperatorNode& op, double lo, double hi) {
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  Node node;
  node.kind = OpKind::Clip;
  node.inputs = {x};
  node.fattr = {lo, hi};
  return op.emit(std::move(node));
}

// Bounds are attributes.
Status read_clip_6(OperatorNode& op) {
  constexpr double kLargest = std::numeric_limits<float>::max();
  MLE_TRY_ASSIGN(const double lo, op.real("min", -kLargest));
  MLE_TRY_ASSIGN(const double hi, op.real("max", kLargest));
  return emit_clip(op, lo, hi);
}

Result<double> bound(const OperatorNode& op, size_t input, double otherwise) {
  if (!op.has(input)) return otherwise;
  const Tensor& tensor = op.tensor(input);
  if (tensor.dtype != op.dtype(0) || is_integer(tensor.dtype) || tensor.count() != 1)
    return broken(C209_Attribute, "Clip with a bound that is no number of its input's type");
  return tensor.real(0);
}

// The larger (the smaller) of x and a bound that the model computes.
Result<ValueId> clipped(OperatorNode& op, BinaryFn fn, ValueId x, size_t input) {
  if (!op.has(input)) return x;
  if (op.per_row(input) || element_count(op.dims(input)) != 1)
    return broken(C209_Attribute, "Clip with a bound that is no number");
  if (op.dtype(input) != op.dtype(0))
    return broken(C209_Attribute, "Clip with a bound that is no number of its input's type");
  MLE_TRY_ASSIGN(const ValueId given, op.value(input));
  MLE_TRY_ASSIGN(const ValueId limit, op.reshaped(given, {}));
  return op.add(binary(fn, x, limit));
}

// Bounds are optional inputs.
Status read_clip_11(OperatorNode& op) {
  const bool computed = (op.has(1) && !op.is_constant(1)) || (op.has(2) && !op.is_constant(2));
  if (computed || is_integer(op.dtype(0))) {
    MLE_TRY_ASSIGN(ValueId x, op.value(0));
    MLE_TRY_ASSIGN(x, clipped(op, BinaryFn::Max, x, 1));
    MLE_TRY_ASSIGN(x, clipped(op, BinaryFn::Min, x, 2));
    op.emit_value(x);
    return {};
  }
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  MLE_TRY_ASSIGN(const double lo, bound(op, 1, -kInfinity));
  MLE_TRY_ASSIGN(const double hi, bound(op, 2, kInfinity));
  return emit_clip(op, lo, hi);
}

constexpr Operator kOperators[] = {
    {"Abs", 7, kNow, 1, 1, 1, read_plain<Act::Abs>},
    {"Acos", 7, kNow, 1, 1, 1, read_plain<Act::Acos>},
    {"Acosh", 9, kNow, 1, 1, 1, read_plain<Act::Acosh>},
    {"Asin", 7, kNow, 1, 1, 1, read_plain<Act::Asin>},
    {"Asinh", 9, kNow, 1, 1, 1, read_plain<Act::Asinh>},
    {"Atan", 7, kNow, 1, 1, 1, read_plain<Act::Atan>},
    {"Atanh", 9, kNow, 1, 1, 1, read_plain<Act::Atanh>},
    {"Ceil", 7, kNow, 1, 1, 1, read_plain<Act::Ceil>},
    {"Celu", 12, kNow, 1, 1, 1, read_with_alpha<Act::Celu, 1000>},
    {"Clip", 7, 10, 1, 1, 1, read_clip_6},
    {"Clip", 11, kNow, 1, 3, 1, read_clip_11},
    {"Cos", 7, kNow, 1, 1, 1, read_plain<Act::Cos>},
    {"Cosh", 9, kNow, 1, 1, 1, read_plain<Act::Cosh>},
    {"Elu", 7, kNow, 1, 1, 1, read_with_alpha<Act::Elu, 1000>},
    {"Erf", 9, kNow, 1, 1, 1, read_plain<Act::Erf>},
    {"Exp", 7, kNow, 1, 1, 1, read_plain<Act::Exp>},
    {"Floor", 7, kNow, 1, 1, 1, read_plain<Act::Floor>},
    {"Gelu", 20, kNow, 1, 1, 1, read_gelu},
    {"HardSigmoid", 7, kNow, 1, 1, 1, read_hard_sigmoid},
    {"HardSwish", 14, kNow, 1, 1, 1, read_plain<Act::HardSwish>},
    {"IsInf", 10, kNow, 1, 1, 1, read_is_inf},
    {"LeakyRelu", 7, kNow, 1, 1, 1, read_with_alpha<Act::LeakyRelu, 10>},
    {"Log", 7, kNow, 1, 1, 1, read_plain<Act::Log>},
    {"Mish", 18, kNow, 1, 1, 1, read_plain<Act::Mish>},
    {"Neg", 7, kNow, 1, 1, 1, read_plain<Act::Neg>},
    {"Reciprocal", 7, kNow, 1, 1, 1, read_plain<Act::Reciprocal>},
    {"Relu", 7, kNow, 1, 1, 1, read_plain<Act::Relu>},
    {"Round", 11, kNow, 1, 1, 1, read_plain<Act::Round>},
    {"Selu", 7, kNow, 1, 1, 1, read_selu},
    {"Shrink", 9, kNow, 1, 1, 1, read_shrink},
    {"Sigmoid", 7, kNow, 1, 1, 1, read_plain<Act::Sigmoid>},
    {"Sign", 9, kNow, 1, 1, 1, read_plain<Act::Sign>},
    {"Sin", 7, kNow, 1, 1, 1, read_plain<Act::Sin>},
    {"Sinh", 9, kNow, 1, 1, 1, read_plain<Act::Sinh>},
    {"Softplus", 7, kNow, 1, 1, 1, read_plain<Act::Softplus>},
    {"Softsign", 7, kNow, 1, 1, 1, read_plain<Act::Softsign>},
    {"Sqrt", 7, kNow, 1, 1, 1, read_plain<Act::Sqrt>},
    {"Swish", 24, kNow, 1, 1, 1, read_swish},
    {"Tan", 7, kNow, 1, 1, 1, read_plain<Act::Tan>},
    {"Tanh", 7, kNow, 1, 1, 1, read_plain<Act::Tanh>},
    {"ThresholdedRelu", 10, kNow, 1, 1, 1, read_thresholded_relu},
};

}  // namespace

std::span<const Operator> activation_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
