// Bools, bits and whole numbers: And, Or, Xor, Not, their bitwise kin, BitShift, Mod; IsNaN.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/compose.h"
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/ops_ml.h"
#include "compiler/import/onnx/text.h"

#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

Status want_bool(const OperatorNode& op) {
  if (op.dtype(0) == DType::Bool) return {};
  return broken(C207_UnsupportedType, op.type() + " of " + name_of(op.dtype(0)) + ", not bool");
}

template <BinaryFn fn, bool of_bools>
Status read_bits(OperatorNode& op) {
  if (of_bools) MLE_TRY(want_bool(op));
  MLE_TRY_ASSIGN(const auto values, op.aligned(2));
  return op.emit(binary(fn, values[0], values[1]));
}

Status read_not(OperatorNode& op) {
  MLE_TRY(want_bool(op));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  MLE_TRY_ASSIGN(const ValueId truth, number_like(op, x, 1));
  return op.emit(binary(BinaryFn::Xor, x, truth));
}

// All bits turned are -x - 1, of unsigned numbers too.
Status read_bitwise_not(OperatorNode& op) {
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  MLE_TRY_ASSIGN(const ValueId minus, op.add(unary(Act::Neg, x)));
  MLE_TRY_ASSIGN(const ValueId one, number_like(op, x, 1));
  return op.emit(binary(BinaryFn::Sub, minus, one));
}

Status read_bit_shift(OperatorNode& op) {
  MLE_TRY_ASSIGN(const std::string_view direction, op.text("direction", ""));
  if (direction != "LEFT" && direction != "RIGHT")
    return broken(C209_Attribute, "BitShift with direction = " + quoted(direction));
  MLE_TRY_ASSIGN(const auto values, op.aligned(2));
  const BinaryFn fn = direction == "LEFT" ? BinaryFn::ShiftLeft : BinaryFn::ShiftRight;
  return op.emit(binary(fn, values[0], values[1]));
}

// Of reals: what is left has the sign of b.
Status emit_real_mod(OperatorNode& op, ValueId a, ValueId b) {
  MLE_TRY_ASSIGN(const ValueId left, op.add(binary(BinaryFn::Fmod, a, b)));
  MLE_TRY_ASSIGN(const ValueId zero, number_like(op, left, 0));
  MLE_TRY_ASSIGN(const ValueId some, op.add(compare(CompareFn::NotEqual, left, zero)));
  MLE_TRY_ASSIGN(const ValueId left_negative, op.add(compare(CompareFn::Less, left, zero)));
  MLE_TRY_ASSIGN(const ValueId b_negative, op.add(compare(CompareFn::Less, b, zero)));
  MLE_TRY_ASSIGN(const ValueId differ, op.add(binary(BinaryFn::Xor, left_negative, b_negative)));
  MLE_TRY_ASSIGN(const ValueId other_side, op.add(binary(BinaryFn::And, some, differ)));
  MLE_TRY_ASSIGN(const ValueId moved, op.add(binary(BinaryFn::Add, left, b)));
  return op.emit(select(other_side, moved, left));
}

Status read_mod(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t fmod, op.integer("fmod", 0));
  MLE_TRY_ASSIGN(const auto values, op.aligned(2));
  if (fmod == 0 && !is_integer(op.dtype(0))) return emit_real_mod(op, values[0], values[1]);
  return op.emit(binary(fmod == 0 ? BinaryFn::Mod : BinaryFn::Fmod, values[0], values[1]));
}

Status read_is_nan(OperatorNode& op) {
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  Node node;
  node.kind = OpKind::IsMissing;
  node.inputs = {x};
  return op.emit(std::move(node));
}

constexpr Operator kOperators[] = {
    {"And", 7, kNow, 2, 2, 1, read_bits<BinaryFn::And, true>},
    {"BitShift", 11, kNow, 2, 2, 1, read_bit_shift},
    {"BitwiseAnd", 18, kNow, 2, 2, 1, read_bits<BinaryFn::And, false>},
    {"BitwiseNot", 18, kNow, 1, 1, 1, read_bitwise_not},
    {"BitwiseOr", 18, kNow, 2, 2, 1, read_bits<BinaryFn::Or, false>},
    {"BitwiseXor", 18, kNow, 2, 2, 1, read_bits<BinaryFn::Xor, false>},
    {"IsNaN", 9, kNow, 1, 1, 1, read_is_nan},
    {"Mod", 10, kNow, 2, 2, 1, read_mod},
    {"Not", 7, kNow, 1, 1, 1, read_not},
    {"Or", 7, kNow, 2, 2, 1, read_bits<BinaryFn::Or, true>},
    {"Xor", 7, kNow, 2, 2, 1, read_bits<BinaryFn::Xor, true>},
};

}  // namespace

std::span<const Operator> logic_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
