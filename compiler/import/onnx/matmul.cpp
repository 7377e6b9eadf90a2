// The row axis of a per-row operand is one of those before the matrices: it must not be the M or
// the K of a product, or rows would mix.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/matmul.h"

#include "compiler/import/onnx/compose.h"
#include "compiler/import/onnx/text.h"

#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

Status mixes_rows(const OperatorNode& op) {
  return unsupported(C214_MixesRows, op.type() + " sums over the batch axis or pairs rows",
                     "fix the number of rows with --shape NAME=N");
}

// An operand of numpy's matmul as a matrix; where it was a vector, the result has an axis less.
struct Side {
  ValueId id = kNone;
  bool was_vector = false;
};

Result<Side> side(OperatorNode& op, size_t input, size_t rows_rank) {
  if (op.rank(input) == 0) return broken(C208_Shape, op.type() + " of a number");
  MLE_TRY_ASSIGN(ValueId id, op.beside_rows(input, op.rank(input) < rows_rank ? 0 : rows_rank));
  const bool is_vector = op.rank(input) == 1;
  if (is_vector) {
    if (op.per_row(input)) return mixes_rows(op);
    Dims dims = op.fact(id).dims;
    dims.insert(input == 0 ? dims.begin() : dims.end(), 1);
    MLE_TRY_ASSIGN(id, op.reshaped(id, dims));
  }
  if (op.fact(id).dims.size() < 2) return mixes_rows(op);
  return Side{id, is_vector};
}

}  // namespace

Result<ValueId> matmul(OperatorNode& op, ValueId a, ValueId b) {
  Node node;
  node.kind = OpKind::MatMul;
  node.inputs = {a, b};
  return op.add(std::move(node));
}

Status emit_matmul(OperatorNode& op) {
  const size_t rows_rank = op.per_row(0) ? op.rank(0) : op.per_row(1) ? op.rank(1) : 0;
  if (op.per_row(0) && op.per_row(1) && op.rank(1) != rows_rank) return mixes_rows(op);
  MLE_TRY_ASSIGN(const Side a, side(op, 0, rows_rank));
  MLE_TRY_ASSIGN(const Side b, side(op, 1, rows_rank));
  MLE_TRY_ASSIGN(const ValueId product, matmul(op, a.id, b.id));
  Dims dims = op.fact(product).dims;
  if (b.was_vector) dims.pop_back();
  if (a.was_vector) dims.erase(dims.end() - (b.was_vector ? 1 : 2));
  return op.emit_reshaped(product, dims);
}

Status emit_gemm(OperatorNode& op, const GemmAttributes& attributes) {
  if (op.per_row(0) || op.per_row(1)) return mixes_rows(op);
  MLE_TRY_ASSIGN(ValueId a, op.value(0));
  MLE_TRY_ASSIGN(ValueId b, op.value(1));
  if (attributes.trans_a) {
    MLE_TRY_ASSIGN(a, permuted(op, a, {1, 0}));
  }
  if (attributes.trans_b) {
    MLE_TRY_ASSIGN(b, permuted(op, b, {1, 0}));
  }
  MLE_TRY_ASSIGN(ValueId y, matmul(op, a, b));
  if (attributes.alpha != 1) {
    MLE_TRY_ASSIGN(y, with_number(op, BinaryFn::Mul, y, attributes.alpha));
  }
  const Dims dims = op.fact(y).dims;
  if (op.has(2) && attributes.beta != 0) {
    MLE_TRY_ASSIGN(ValueId c, op.value(2));
    if (attributes.beta != 1) {
      MLE_TRY_ASSIGN(c, with_number(op, BinaryFn::Mul, c, attributes.beta));
    }
    MLE_TRY_ASSIGN(y, op.add(binary(BinaryFn::Add, y, c)));
  }
  if (op.fact(y).dims != dims)
    return broken(C208_Shape, "Gemm adds a tensor larger than the product");
  op.emit_value(y);
  return {};
}

}  // namespace mle::compiler::onnx
