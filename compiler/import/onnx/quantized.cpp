// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/quantized.h"

#include "compiler/import/onnx/compose.h"
#include "compiler/import/onnx/matmul.h"
#include "compiler/import/onnx/rearrange.h"
#include "compiler/import/onnx/text.h"

#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

struct Range {
  double lowest, highest;
};

Range range_of(DType dtype) {
  switch (dtype) {
    case DType::U8: return {0, 255};
    case DType::I8: return {-128, 127};
    case DType::U16: return {0, 65535};
    default: return {-32768, 32767};
  }
}

Node clip(ValueId x, double lowest, double highest) {
  Node node;
  node.kind = OpKind::Clip;
  node.inputs = {x};
  node.fattr = {lowest, highest};
  return node;
}

// A matrix of whole numbers less its zero point, in i32.
Result<ValueId> centred(OperatorNode& op, size_t input, size_t zero_point, size_t from_last,
                        bool transpose_it) {
  ValueId x = kNone;
  if (transpose_it) {
    MLE_TRY_ASSIGN(const Tensor turned, transpose(op.tensor(input), {1, 0}, op.budget()));
    MLE_TRY_ASSIGN(const Tensor reals, cast(turned, DType::F32));
    MLE_TRY_ASSIGN(x, op.constant(reals));
  } else {
    MLE_TRY_ASSIGN(x, as_f32(op, input));
  }
  if (op.has(zero_point)) {
    MLE_TRY_ASSIGN(const ValueId zero, factor(op, zero_point, op.fact(x).dims, from_last));
    MLE_TRY_ASSIGN(x, op.add(binary(BinaryFn::Sub, x, zero)));
  }
  return converted(op, x, DType::I32);
}

// What numpy's matmul takes; a row of a matrix is one line of it.
Result<ValueId> as_matrix(OperatorNode& op, ValueId x) {
  Dims dims = op.fact(x).dims;
  if (dims.size() == 1 && op.fact(x).rows == Rows::PerRow) dims.insert(dims.begin(), 1);
  if (dims.size() < 2)
    return unsupported(C205_UnsupportedOp, op.type() + " of vectors",
                       "reshape the vector to a matrix of one row");
  return op.reshaped(x, dims);
}

}  // namespace

bool is_quantized(DType dtype) {
  return dtype == DType::U8 || dtype == DType::I8 || dtype == DType::U16 || dtype == DType::I16;
}

Result<ValueId> as_f32(OperatorNode& op, size_t input) {
  if (!op.is_constant(input)) {
    MLE_TRY_ASSIGN(const ValueId x, op.value(input));
    return converted(op, x, DType::F32);
  }
  MLE_TRY_ASSIGN(const Tensor reals, cast(op.tensor(input), DType::F32));
  return op.constant(reals);
}

Result<ValueId> factor(OperatorNode& op, size_t input, const Dims& like, size_t from_last) {
  MLE_TRY_ASSIGN(const ValueId id, as_f32(op, input));
  const Dims dims = op.fact(id).dims;
  if (op.fact(id).rows == Rows::PerRow) {
    if (element_count(dims) == 1) return op.reshaped(id, Dims(like.size(), 1));
  } else if (element_count(dims) == 1) {
    return op.reshaped(id, {});
  } else if (dims.size() == 1 && from_last <= like.size() &&
             dims[0] == like[like.size() - from_last]) {
    Dims along(like.size(), 1);
    along[like.size() - from_last] = dims[0];
    return op.reshaped(id, along);
  } else if (dims.size() == like.size()) {
    return id;
  }
  return unsupported(C208_Shape,
                     op.type() + ": input " + std::to_string(input) +
                         " is neither one number nor one for each step along the axis",
                     "quantise the model per tensor or per axis");
}

Result<Node> quantized(OperatorNode& op, ValueId x, ValueId zero_point, DType dtype) {
  MLE_TRY_ASSIGN(ValueId y, op.add(unary(Act::Round, x)));
  if (zero_point != kNone) {
    MLE_TRY_ASSIGN(y, op.add(binary(BinaryFn::Add, y, zero_point)));
  }
  const Range range = range_of(dtype);
  MLE_TRY_ASSIGN(y, op.add(clip(y, range.lowest, range.highest)));
  Node cast_node;
  cast_node.kind = OpKind::Cast;
  cast_node.inputs = {y};
  return cast_node;
}

Status emit_as(OperatorNode& op, Node cast_node, DType dtype, size_t output) {
  Fact wanted = op.fact(cast_node.inputs[0]);
  wanted.dtype = dtype;
  return op.emit(std::move(cast_node), &wanted, output);
}

Result<ValueId> integer_product(OperatorNode& op, const Factors& factors) {
  for (size_t input : {factors.a, factors.b})
    if (op.dtype(input) != DType::U8 && op.dtype(input) != DType::I8)
      return unsupported(C207_UnsupportedType,
                         op.type() + " of " + name_of(op.dtype(input)) + " numbers",
                         "its factors are quantised to 8 bits");
  MLE_TRY_ASSIGN(const ValueId a, centred(op, factors.a, factors.a_zero_point, 2, false));
  MLE_TRY_ASSIGN(const ValueId b, centred(op, factors.b, factors.b_zero_point, 1, factors.trans_b));
  if (op.fact(b).rows == Rows::PerRow)
    return unsupported(C205_UnsupportedOp, op.type() + " with a right factor that has rows",
                       "the right factor must be the same for all rows");
  MLE_TRY_ASSIGN(const ValueId left, as_matrix(op, a));
  MLE_TRY_ASSIGN(const ValueId right, as_matrix(op, b));
  MLE_TRY_ASSIGN(const ValueId product, matmul(op, left, right));
  Dims dims = op.fact(product).dims;
  if (left != a) dims.erase(dims.end() - 2);
  return op.reshaped(product, dims);
}

}  // namespace mle::compiler::onnx
