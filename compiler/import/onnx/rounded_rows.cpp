// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/rounded_rows.h"

#include "compiler/import/onnx/compose.h"
#include "compiler/import/onnx/shapes.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace mle::compiler::onnx {
namespace {

// 127 / largest, but for blocks of nothing but zeros or denormals, where that would be infinite:
// times the largest float they are rounded to nothing, too.
Result<ValueId> steps_per_unit(OperatorNode& op, ValueId largest) {
  MLE_TRY_ASSIGN(const ValueId most, number_like(op, largest, 127));
  MLE_TRY_ASSIGN(const ValueId steps, op.add(binary(BinaryFn::Div, most, largest)));
  Node clip;
  clip.kind = OpKind::Clip;
  clip.inputs = {steps};
  clip.fattr = {0, static_cast<double>(std::numeric_limits<float>::max())};
  return op.add(std::move(clip));
}

// Along the last axis.
Result<ValueId> rounded(OperatorNode& op, ValueId x) {
  const auto last = static_cast<uint32_t>(op.fact(x).dims.size() - 1);
  MLE_TRY_ASSIGN(const ValueId sizes, op.add(unary(Act::Abs, x)));
  MLE_TRY_ASSIGN(const ValueId largest, op.add(reduce(ReduceFn::Max, sizes, {last}, true)));
  MLE_TRY_ASSIGN(const ValueId step, with_number(op, BinaryFn::Div, largest, 127));
  MLE_TRY_ASSIGN(const ValueId per_unit, steps_per_unit(op, largest));
  MLE_TRY_ASSIGN(const ValueId steps, op.add(binary(BinaryFn::Mul, x, per_unit)));
  MLE_TRY_ASSIGN(const ValueId whole, op.add(unary(Act::Round, steps)));
  return op.add(binary(BinaryFn::Mul, whole, step));
}

Result<ValueId> first_columns(OperatorNode& op, ValueId x, uint32_t count) {
  std::vector<uint32_t> picks(count);
  for (uint32_t i = 0; i < count; ++i) picks[i] = i;
  return picked(op, x, static_cast<uint32_t>(op.fact(x).dims.size() - 1), picks);
}

}  // namespace

Result<ValueId> rounded_rows(OperatorNode& op, ValueId x, uint32_t block) {
  const Dims dims = op.fact(x).dims;
  const uint32_t k = dims.back(), blocks = (k - 1) / block + 1;
  if (blocks == 1) return rounded(op, x);
  uint32_t lines = 1;
  for (size_t i = 0; i + 1 < dims.size(); ++i) lines *= dims[i];
  MLE_TRY_ASSIGN(ValueId parts, op.reshaped(x, {lines, k}));
  // Repeating the last element does not change what is largest.
  if (k % block != 0) {
    std::vector<uint32_t> picks(static_cast<size_t>(blocks) * block);
    for (uint32_t i = 0; i < picks.size(); ++i) picks[i] = std::min(i, k - 1);
    MLE_TRY_ASSIGN(parts, picked(op, parts, 1, picks));
  }
  MLE_TRY_ASSIGN(parts, op.reshaped(parts, {lines, blocks, block}));
  MLE_TRY_ASSIGN(ValueId y, rounded(op, parts));
  MLE_TRY_ASSIGN(y, op.reshaped(y, {lines, blocks * block}));
  if (k % block != 0) {
    MLE_TRY_ASSIGN(y, first_columns(op, y, k));
  }
  return op.reshaped(y, dims);
}

}  // namespace mle::compiler::onnx
