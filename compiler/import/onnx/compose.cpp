// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/compose.h"

#include "compiler/evaluate/elements.h"

#include <utility>

namespace mle::compiler::onnx {

Node compare(CompareFn fn, ValueId a, ValueId b) {
  Node node;
  node.kind = OpKind::Compare;
  node.inputs = {a, b};
  node.iattr = {static_cast<uint32_t>(fn)};
  return node;
}

Node select(ValueId condition, ValueId a, ValueId b) {
  Node node;
  node.kind = OpKind::Select;
  node.inputs = {condition, a, b};
  return node;
}

Node reduce(ReduceFn fn, ValueId x, std::vector<uint32_t> axes, bool keep) {
  Node node;
  node.kind = OpKind::Reduce;
  node.inputs = {x};
  node.iattr = {static_cast<uint32_t>(fn), keep ? 1u : 0u};
  node.indices = std::move(axes);
  return node;
}

Result<ValueId> number_like(OperatorNode& op, ValueId like, double number) {
  const DType dtype = op.fact(like).dtype;
  return op.constant({{}, dtype, {}, make_constant({number}, dtype), {}});
}

Result<ValueId> converted(OperatorNode& op, ValueId x, DType dtype) {
  if (op.fact(x).dtype == dtype) return x;
  Node node;
  node.kind = OpKind::Cast;
  node.inputs = {x};
  const Fact wanted{dtype, op.fact(x).rows, op.fact(x).dims};
  return op.add(std::move(node), &wanted);
}

Result<ValueId> permuted(OperatorNode& op, ValueId x, const std::vector<uint32_t>& perm) {
  bool moves = false;
  for (uint32_t i = 0; i < perm.size(); ++i) moves = moves || perm[i] != i;
  if (!moves) return x;
  Node node;
  node.kind = OpKind::Transpose;
  node.inputs = {x};
  node.indices = perm;
  return op.add(std::move(node));
}

Result<ValueId> with_number(OperatorNode& op, BinaryFn fn, ValueId x, double number) {
  MLE_TRY_ASSIGN(const ValueId right, number_like(op, x, number));
  return op.add(binary(fn, x, right));
}

Result<ValueId> in_order_type(OperatorNode& op, ValueId x) {
  switch (op.fact(x).dtype) {
    case DType::I8:
    case DType::U8:
    case DType::I16:
    case DType::U16:
    case DType::U32: return converted(op, x, DType::I64);
    case DType::U64: {
      MLE_TRY_ASSIGN(const ValueId shifted, with_number(op, BinaryFn::Xor, x, 0x1p63));
      return converted(op, shifted, DType::I64);
    }
    default: return x;
  }
}

}  // namespace mle::compiler::onnx
