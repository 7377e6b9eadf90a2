// BatchNormalization, Dropout, Softmax and their kin, each as its opset means it.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/elements.h"
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

Status read_batch_normalization(OperatorNode& op) {
  MLE_TRY_ASSIGN(const double epsilon, op.real("epsilon", static_cast<double>(1e-5f)));
  MLE_TRY_ASSIGN(const int64_t training, op.opset() >= 14 ? op.integer("training_mode", 0) : 0);
  MLE_TRY_ASSIGN(const int64_t spatial, op.opset() < 9 ? op.integer("spatial", 1) : 1);
  op.ignore("momentum");  // of training
  if (training != 0 || op.output_is_used(1))
    return unsupported(C205_UnsupportedOp, "BatchNormalization in training mode",
                       "export the model in evaluation mode");
  if (op.rank(0) < 2) return broken(C208_Shape, "BatchNormalization without a channel axis");
  if (spatial == 0 && op.rank(0) > 2)
    return unsupported(C205_UnsupportedOp, "BatchNormalization with spatial = 0");
  MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, 1));
  const uint32_t channels = op.dims(0)[axis];
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

Status read_dropout(OperatorNode& op) {
  op.ignore("ratio");
  op.ignore("seed");
  if (op.output_is_used(1))
    return unsupported(C205_UnsupportedOp, "the mask of Dropout",
                       "export the model in evaluation mode");
  if (op.has(2)) {
    MLE_TRY_ASSIGN(const std::vector<int64_t> training, op.integers_of(2));
    if (training.size() != 1 || training[0] != 0)
      return unsupported(C205_UnsupportedOp, "Dropout in training mode",
                         "export the model in evaluation mode");
  }
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
