// BatchNormalization, Dropout, Softmax and their kin, each as its opset means it.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/elements.h"
#include "compiler/import/onnx/compose.h"
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/text.h"

#include <cmath>
#include <numeric>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

struct ScaleShift {
  Elements scale, shift;
};

// (x - mean) / sqrt(var + epsilon) * gamma + beta = x * scale + shift, in double, rounded once to
// the type of x.
Result<ScaleShift> scale_shift(const OperatorNode& op, double epsilon, uint32_t channels) {
  const DType dtype = op.dtype(0);
  Tensor parameters[4];
  for (size_t i = 0; i < 4; ++i) {
    MLE_TRY_ASSIGN(parameters[i], op.weight(i + 1));
    if (parameters[i].dims != Dims{channels})
      return broken(C208_Shape, "BatchNormalization of " + std::to_string(channels) +
                                    " channels by " + quoted(parameters[i].name) + " of " +
                                    std::to_string(parameters[i].count()) + " elements");
  }
  const auto& [gamma, beta, mean, variance] = parameters;
  ScaleShift result;
  for (uint32_t c = 0; c < channels; ++c) {
    const double spread = variance.real(c) + epsilon;
    if (!(spread > 0))
      return broken(C212_NotFinite, "variance of channel " + std::to_string(c) + " is not positive",
                    "such a model answers NaN: train it again");
    const double scale = gamma.real(c) / std::sqrt(spread);
    result.scale.push_back(convert(scale, dtype));
    result.shift.push_back(convert(beta.real(c) - mean.real(c) * scale, dtype));
    if (!std::isfinite(result.scale.back()) || !std::isfinite(result.shift.back()))
      return unsupported(C212_NotFinite,
                         "channel " + std::to_string(c) + " overflows " + name_of(dtype));
  }
  return result;
}

// Input `input`, one number per channel, along axis 0 of `dims`.
Result<ValueId> per_channel(OperatorNode& op, size_t input, const Dims& dims) {
  MLE_TRY_ASSIGN(const ValueId id, op.value(input));
  if (op.per_row(input) || op.dims(input) != Dims{dims[0]})
    return broken(C208_Shape, "BatchNormalization of " + std::to_string(dims[0]) +
                                  " channels by input " + std::to_string(input));
  return op.reshaped(id, dims);
}

// (x - mean) / sqrt(variance + epsilon) * gamma + beta by numbers that the model computes.
Status normalise_by(OperatorNode& op, ValueId mean, ValueId variance, const Dims& dims,
                    double epsilon) {
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  MLE_TRY_ASSIGN(const ValueId gamma, per_channel(op, 1, dims));
  MLE_TRY_ASSIGN(const ValueId beta, per_channel(op, 2, dims));
  MLE_TRY_ASSIGN(const ValueId left, op.add(binary(BinaryFn::Sub, x, mean)));
  MLE_TRY_ASSIGN(const ValueId raised, with_number(op, BinaryFn::Add, variance, epsilon));
  MLE_TRY_ASSIGN(const ValueId deviation, op.add(unary(Act::Sqrt, raised)));
  MLE_TRY_ASSIGN(const ValueId normal, op.add(binary(BinaryFn::Div, left, deviation)));
  MLE_TRY_ASSIGN(const ValueId scaled, op.add(binary(BinaryFn::Mul, normal, gamma)));
  return op.emit(binary(BinaryFn::Add, scaled, beta));
}

// Output `output`: what input `input` has become after this batch.
Status emit_running(OperatorNode& op, size_t output, size_t input, ValueId of_batch,
                    double momentum) {
  if (!op.output_is_used(output)) return {};
  MLE_TRY_ASSIGN(const ValueId before, op.value(input));
  MLE_TRY_ASSIGN(const ValueId now, op.reshaped(of_batch, op.dims(input)));
  MLE_TRY_ASSIGN(const ValueId kept, with_number(op, BinaryFn::Mul, before, momentum));
  MLE_TRY_ASSIGN(const ValueId added, with_number(op, BinaryFn::Mul, now, 1 - momentum));
  return op.emit(binary(BinaryFn::Add, kept, added), nullptr, output);
}

// By mean and variance of the batch itself, as in training: over all axes but the channels', the
// batch axis among them.
Status normalise_batch(OperatorNode& op, uint32_t channel_axis, const Dims& dims, double epsilon,
                       double momentum) {
  std::vector<uint32_t> axes;
  for (size_t i = 0; i < op.rank(0); ++i) {
    MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, static_cast<int64_t>(i)));
    if (axis != channel_axis) axes.push_back(axis);
  }
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  MLE_TRY_ASSIGN(const ValueId mean, op.add(reduce(ReduceFn::Mean, x, axes, true)));
  MLE_TRY_ASSIGN(const ValueId left, op.add(binary(BinaryFn::Sub, x, mean)));
  MLE_TRY_ASSIGN(const ValueId squares, op.add(binary(BinaryFn::Mul, left, left)));
  MLE_TRY_ASSIGN(const ValueId variance, op.add(reduce(ReduceFn::Mean, squares, axes, true)));
  MLE_TRY(emit_running(op, 1, 3, mean, momentum));
  MLE_TRY(emit_running(op, 2, 4, variance, momentum));
  return normalise_by(op, mean, variance, dims, epsilon);
}

Status read_batch_normalization(OperatorNode& op) {
  MLE_TRY_ASSIGN(const double epsilon, op.real("epsilon", static_cast<double>(1e-5f)));
  MLE_TRY_ASSIGN(const int64_t training, op.opset() >= 14 ? op.integer("training_mode", 0) : 0);
  MLE_TRY_ASSIGN(const int64_t spatial, op.opset() < 9 ? op.integer("spatial", 1) : 1);
  MLE_TRY_ASSIGN(const double momentum, op.real("momentum", static_cast<double>(0.9f)));
  if (training == 0 ? op.output_is_used(1) : op.per_row(0))
    return unsupported(C205_UnsupportedOp, "BatchNormalization in training mode",
                       "export the model in evaluation mode");
  if (op.rank(0) < 2) return broken(C208_Shape, "BatchNormalization without a channel axis");
  if (spatial == 0 && op.rank(0) > 2)
    return unsupported(C205_UnsupportedOp, "BatchNormalization with spatial = 0");
  MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, 1));
  const uint32_t channels = op.dims(0)[axis];
  const bool fixed = op.is_constant(1) && op.is_constant(2) && op.is_constant(3) &&
                     op.is_constant(4) && op.dtype(1) == op.dtype(0);
  if (training != 0 || !fixed) {
    Dims along(op.dims(0).size() - axis, 1);
    along[0] = channels;
    if (training != 0) return normalise_batch(op, axis, along, epsilon, momentum);
    MLE_TRY_ASSIGN(const ValueId mean, per_channel(op, 3, along));
    MLE_TRY_ASSIGN(const ValueId variance, per_channel(op, 4, along));
    return normalise_by(op, mean, variance, along, epsilon);
  }
  MLE_TRY_ASSIGN(ScaleShift by, scale_shift(op, epsilon, channels));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));

  // Along the last axis that is one op, along another one a product and a sum.
  const size_t behind = op.dims(0).size() - axis - 1;
  Dims dims(behind + 1, 1);
  dims[0] = channels;
  const DType dtype = op.dtype(0);
  const Tensor scales{"", dtype, dims, make_constant(by.scale, dtype), {}};
  const Tensor shifts{"", dtype, dims, make_constant(by.shift, dtype), {}};
  MLE_TRY_ASSIGN(const ValueId scale, op.constant(scales));
  MLE_TRY_ASSIGN(const ValueId shift, op.constant(shifts));
  if (behind == 0) {
    Node node;
    node.kind = OpKind::Scale;
    node.inputs = {x, scale, shift};
    return op.emit(std::move(node));
  }
  MLE_TRY_ASSIGN(const ValueId scaled, op.add(binary(BinaryFn::Mul, x, scale)));
  return op.emit(binary(BinaryFn::Add, scaled, shift));
}

// Ones in the shape of input 0: nothing was dropped.
Status emit_mask(OperatorNode& op, DType dtype) {
  const Dims dims = op.dims(0);
  MLE_TRY(op.budget().spend(element_count(dims) * size_of(dtype), element_count(dims)));
  const Tensor ones{"", dtype, dims, make_constant(Elements(element_count(dims), 1), dtype), {}};
  if (op.per_row(0))
    op.set_each_row(1, ones);
  else
    op.set_whole(1, ones);
  return {};
}

// In training it drops at random, unless at a ratio of 0.
Status read_dropout(OperatorNode& op) {
  MLE_TRY_ASSIGN(double ratio, op.opset() < 12 ? op.real("ratio", 0.5) : Result<double>(0.5));
  op.ignore("seed");
  if (op.has(2)) {
    MLE_TRY_ASSIGN(const std::vector<int64_t> training, op.integers_of(2));
    if (op.has(1) && op.is_constant(1) && op.tensor(1).count() == 1) ratio = op.tensor(1).real(0);
    if (training.size() != 1 || (training[0] != 0 && ratio != 0))
      return unsupported(C205_UnsupportedOp, "Dropout in training mode, which drops at random",
                         "export the model in evaluation mode");
  }
  if (op.output_is_used(1)) MLE_TRY(emit_mask(op, op.opset() < 10 ? op.dtype(0) : DType::Bool));
  op.forward(0);
  return {};
}

Node softmax(OpKind kind, ValueId x, uint32_t axis) {
  Node node;
  node.kind = kind;
  node.inputs = {x};
  node.iattr = {axis};
  return node;
}

// From opset 13: along one axis.
template <OpKind kind>
Status read_softmax_13(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t onnx_axis, op.integer("axis", -1));
  MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, onnx_axis));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  return op.emit(softmax(kind, x, axis));
}

// Before: the axes from `axis` on count as one.
template <OpKind kind>
Status read_softmax_7(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t onnx_axis, op.integer("axis", 1));
  MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, onnx_axis));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  const Dims dims = op.dims(0);
  Dims flat(dims.begin(), dims.begin() + axis);
  flat.push_back(static_cast<uint32_t>(element_count({dims.begin() + axis, dims.end()})));
  MLE_TRY_ASSIGN(const ValueId wide, op.reshaped(x, flat));
  MLE_TRY_ASSIGN(const ValueId y, op.add(softmax(kind, wide, axis)));
  return op.emit_reshaped(y, dims);
}

constexpr Operator kOperators[] = {
    {"BatchNormalization", 7, 13, 5, 5, 5, read_batch_normalization},
    {"BatchNormalization", 14, kNow, 5, 5, 3, read_batch_normalization},
    {"Dropout", 7, 11, 1, 1, 2, read_dropout},
    {"Dropout", 12, kNow, 1, 3, 2, read_dropout},
    {"LogSoftmax", 7, 12, 1, 1, 1, read_softmax_7<OpKind::LogSoftmax>},
    {"LogSoftmax", 13, kNow, 1, 1, 1, read_softmax_13<OpKind::LogSoftmax>},
    {"Softmax", 7, 12, 1, 1, 1, read_softmax_7<OpKind::Softmax>},
    {"Softmax", 13, kNow, 1, 1, 1, read_softmax_13<OpKind::Softmax>},
};

}  // namespace

std::span<const Operator> normalise_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
