// LayerNormalization and its kin: one LayerNorm over the last axes, with factors behind it where
// they are not those of the normalised axes.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/compose.h"
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/text.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

constexpr double kEpsilon = static_cast<double>(1e-5f);

Node layer_norm(ValueId x, uint32_t axis, double epsilon, bool centred) {
  Node node;
  node.kind = OpKind::LayerNorm;
  node.inputs = {x};
  node.iattr = {axis, centred ? 0u : 1u};
  node.fattr = {epsilon};
  return node;
}

// Input `input` as a factor of the node: a constant of exactly the normalised dims, but for leading
// axes of 1. Nothing where it is something else.
Result<std::optional<ValueId>> factor(OperatorNode& op, size_t input, const Dims& normalised) {
  if (!op.is_constant(input) || op.dtype(input) != op.dtype(0)) return std::optional<ValueId>();
  Tensor tensor = op.tensor(input);
  while (tensor.dims.size() > normalised.size() && tensor.dims[0] == 1)
    tensor.dims.erase(tensor.dims.begin());
  if (tensor.dims != normalised) return std::optional<ValueId>();
  MLE_TRY_ASSIGN(ValueId id, op.value(input));
  if (tensor.dims != op.dims(input)) {
    MLE_TRY_ASSIGN(id, op.constant(tensor));
  }
  return std::optional(id);
}

// fn(x, input), broadcast.
Result<ValueId> combined(OperatorNode& op, BinaryFn fn, ValueId x, size_t input) {
  MLE_TRY_ASSIGN(const ValueId right, op.beside_rows(input, op.per_row(0) ? op.rank(0) : 0));
  MLE_TRY_ASSIGN(const ValueId y, op.add(binary(fn, x, right)));
  if (op.fact(y).dims == op.fact(x).dims) return y;
  return broken(C208_Shape, op.type() + " by factors of another shape");
}

// 1 / sqrt(variance + epsilon), and the mean: the outputs that training asks for.
Status emit_statistics(OperatorNode& op, ValueId x, uint32_t axis, double epsilon) {
  std::vector<uint32_t> axes(op.fact(x).dims.size() - axis);
  std::iota(axes.begin(), axes.end(), axis);
  MLE_TRY(op.emit(reduce(ReduceFn::Mean, x, axes, true), nullptr, 1));
  if (!op.output_is_used(2)) return {};
  MLE_TRY_ASSIGN(const ValueId mean, op.add(reduce(ReduceFn::Mean, x, axes, true)));
  MLE_TRY_ASSIGN(const ValueId left, op.add(binary(BinaryFn::Sub, x, mean)));
  MLE_TRY_ASSIGN(const ValueId squares, op.add(binary(BinaryFn::Mul, left, left)));
  MLE_TRY_ASSIGN(const ValueId variance, op.add(reduce(ReduceFn::Mean, squares, axes, true)));
  MLE_TRY_ASSIGN(const ValueId raised, with_number(op, BinaryFn::Add, variance, epsilon));
  MLE_TRY_ASSIGN(const ValueId deviation, op.add(unary(Act::Sqrt, raised)));
  return op.emit(unary(Act::Reciprocal, deviation), nullptr, 2);
}

// Inputs x, scale, and where centred optionally a bias.
template <bool centred>
Status read_layer_normalization(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t onnx_axis, op.integer("axis", -1));
  MLE_TRY_ASSIGN(const double epsilon, op.real("epsilon", kEpsilon));
  op.ignore("stash_type");  // f32, as everything
  if (epsilon < 0) return broken(C209_Attribute, op.type() + " with a negative epsilon");
  MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, onnx_axis));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  if (op.output_is_used(1) || op.output_is_used(2)) MLE_TRY(emit_statistics(op, x, axis, epsilon));

  const Dims normalised(op.dims(0).begin() + axis, op.dims(0).end());
  Node node = layer_norm(x, axis, epsilon, centred);
  size_t behind = 1;  // the first factor that is no part of the node
  for (; behind < op.input_count(); ++behind) {
    MLE_TRY_ASSIGN(const std::optional<ValueId> id, factor(op, behind, normalised));
    if (!id) break;
    node.inputs.push_back(*id);
  }
  MLE_TRY_ASSIGN(ValueId y, op.add(std::move(node)));
  for (; behind < op.input_count(); ++behind) {
    MLE_TRY_ASSIGN(y, combined(op, behind == 1 ? BinaryFn::Mul : BinaryFn::Add, y, behind));
  }
  op.emit_value(y);
  return {};
}

// y * scale + bias, inputs 1 and 2, each [dims[0]] along the first axis of `dims`.
Result<ValueId> scaled_along_first(OperatorNode& op, ValueId y, const Dims& dims) {
  Dims factor_dims(dims.size(), 1);
  factor_dims[0] = dims[0];
  for (const size_t input : {size_t{1}, size_t{2}}) {
    MLE_TRY_ASSIGN(const ValueId factors, op.value(input));
    const uint64_t count = element_count(op.fact(factors).dims);
    if (op.per_row(input) || count != dims[0])
      return broken(C208_Shape, op.type() + " of " + std::to_string(dims[0]) + " groups by " +
                                    std::to_string(count) + " factors");
    MLE_TRY_ASSIGN(const ValueId right, op.reshaped(factors, factor_dims));
    MLE_TRY_ASSIGN(y, op.add(binary(input == 1 ? BinaryFn::Mul : BinaryFn::Add, y, right)));
  }
  return y;
}

// The axes behind the batch axis, channels first.
Result<Dims> image_dims(const OperatorNode& op) {
  const size_t behind = op.per_row(0) ? 0 : 1;
  if (op.rank(0) < 3) return broken(C208_Shape, op.type() + " of fewer than three axes");
  return Dims(op.dims(0).begin() + static_cast<ptrdiff_t>(behind), op.dims(0).end());
}

// `groups` of channels, each normalised by itself. Factors are one per group or one per channel.
Status normalise_groups(OperatorNode& op, uint32_t groups, double epsilon, bool factor_per_group) {
  MLE_TRY_ASSIGN(const Dims image, image_dims(op));
  if (groups == 0 || image[0] % groups != 0)
    return broken(C209_Attribute, op.type() + " of " + std::to_string(image[0]) + " channels in " +
                                      std::to_string(groups) + " groups");
  const Dims before(op.dims(0).begin(), op.dims(0).end() - static_cast<ptrdiff_t>(image.size()));
  Dims grouped = before;
  grouped.push_back(groups);
  grouped.push_back(static_cast<uint32_t>(element_count(image) / groups));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  const Dims dims = op.dims(0);
  MLE_TRY_ASSIGN(ValueId y, op.reshaped(x, grouped));
  const auto axis = static_cast<uint32_t>(grouped.size() - 1);
  MLE_TRY_ASSIGN(y, op.add(layer_norm(y, axis, epsilon, true)));
  if (factor_per_group) {
    MLE_TRY_ASSIGN(y, scaled_along_first(op, y, {groups, 1}));
    return op.emit_reshaped(y, dims);
  }
  MLE_TRY_ASSIGN(y, op.reshaped(y, dims));
  MLE_TRY_ASSIGN(y, scaled_along_first(op, y, image));
  op.emit_value(y);
  return {};
}

Status read_instance_normalization(OperatorNode& op) {
  MLE_TRY_ASSIGN(const double epsilon, op.real("epsilon", kEpsilon));
  MLE_TRY_ASSIGN(const Dims image, image_dims(op));
  return normalise_groups(op, image[0], epsilon, false);
}

template <bool factor_per_group>
Status read_group_normalization(OperatorNode& op) {
  MLE_TRY_ASSIGN(const double epsilon, op.real("epsilon", kEpsilon));
  MLE_TRY_ASSIGN(const int64_t groups, op.integer("num_groups", 0));
  op.ignore("stash_type");
  if (groups < 1 || groups > 0x7fffffff)
    return broken(C209_Attribute, "GroupNormalization without num_groups");
  return normalise_groups(op, static_cast<uint32_t>(groups), epsilon, factor_per_group);
}

constexpr Operator kOperators[] = {
    {"GroupNormalization", 18, 20, 3, 3, 1, read_group_normalization<true>},
    {"GroupNormalization", 21, kNow, 3, 3, 1, read_group_normalization<false>},
    {"InstanceNormalization", 7, kNow, 3, 3, 1, read_instance_normalization},
    // ONNX Runtime writes these two into models of any opset.
    {"LayerNormalization", 7, kNow, 2, 3, 3, read_layer_normalization<true>},
    {"SimplifiedLayerNormalization", 7, kNow, 2, 2, 1, read_layer_normalization<false>},
    {"RMSNormalization", 23, kNow, 2, 2, 1, read_layer_normalization<false>},
};

}  // namespace

std::span<const Operator> layer_norm_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
