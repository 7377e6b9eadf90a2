// Quantised operators as compositions: QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear, and
// products of quantised matrices, those of ONNX Runtime's own domain among them.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/compose.h"
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/quantized.h"
#include "compiler/import/onnx/shapes.h"
#include "compiler/import/onnx/shortcut.h"
#include "compiler/import/onnx/tensor_proto.h"
#include "compiler/import/onnx/text.h"

#include <algorithm>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

Status not_quantized(const OperatorNode& op, DType dtype) {
  return unsupported(C207_UnsupportedType, op.type() + " with numbers of " + name_of(dtype),
                     "quantise the model to integers of 8 or 16 bits");
}

// The type that an attribute names, or `otherwise`.
Result<DType> type_attribute(OperatorNode& op, std::string_view name, DType otherwise) {
  MLE_TRY_ASSIGN(const int64_t number, op.integer(name, 0));
  if (number == 0) return otherwise;
  const auto dtype =
      computed_dtype_of(static_cast<int32_t>(std::clamp<int64_t>(number, -1, 0x7fffffff)));
  if (dtype) return *dtype;
  return unsupported(C207_UnsupportedType,
                     op.type() + " to " + onnx_type_name(static_cast<int32_t>(number)),
                     "quantise the model to integers of 8 or 16 bits");
}

// An input with one element for each block of `block` along the axis, with one for each element.
Result<ValueId> blockwise(OperatorNode& op, size_t input, uint32_t axis, int64_t block) {
  const Dims& x = op.dims(0);
  const Dims dims = op.dims(input);
  if (op.per_row(input) != (op.per_row(0) && !op.is_constant(input)))
    return unsupported(C214_MixesRows, op.type() + " of rows in blocks that mix them",
                       "quantise the model per tensor or per axis");
  if (dims.size() != x.size() || block < 1 || (int64_t{x[axis]} - 1) / block + 1 != dims[axis])
    return broken(C208_Shape, op.type() + ": input " + std::to_string(input) +
                                  " has not one element per block");
  std::vector<uint32_t> picks(x[axis]);
  for (uint32_t i = 0; i < picks.size(); ++i) picks[i] = static_cast<uint32_t>(i / block);
  MLE_TRY_ASSIGN(const ValueId reals, as_f32(op, input));
  return picked(op, reals, axis, picks);
}

// Input 1, and input 2 where it is there, in shapes that meet input 0.
struct Parameters {
  ValueId scale = kNone, zero_point = kNone;
};

Result<Parameters> read_parameters(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t axis, op.integer("axis", 1));
  MLE_TRY_ASSIGN(const int64_t block, op.integer("block_size", 0));
  const bool one = element_count(op.dims(1)) == 1 && block == 0;
  size_t from_last = 1;
  uint32_t at = 0;
  if (!one) {
    MLE_TRY_ASSIGN(at, op.axis(0, axis));
    from_last = op.dims(0).size() - at;
  }
  Parameters found;
  for (size_t input : {size_t{1}, size_t{2}}) {
    if (!op.has(input)) continue;
    if (element_count(op.dims(input)) != element_count(op.dims(1)))
      return broken(C208_Shape, op.type() + " with more zero points than scales, or fewer");
    ValueId& to = input == 1 ? found.scale : found.zero_point;
    if (block != 0) {
      MLE_TRY_ASSIGN(to, blockwise(op, input, at, block));
    } else {
      MLE_TRY_ASSIGN(to, factor(op, input, op.dims(0), from_last));
    }
  }
  return found;
}

// round(x / scale) + zero point
Status read_quantize(OperatorNode& op) {
  op.ignore("saturate");   // 8-bit floats only
  op.ignore("precision");  // of the division, which is that of f32
  MLE_TRY_ASSIGN(const DType asked, type_attribute(op, "output_dtype", DType::U8));
  const DType dtype = op.has(2) ? op.dtype(2) : asked;
  if (!is_quantized(dtype)) return not_quantized(op, dtype);
  if (op.has(2) && op.is_constant(2) && op.tensor(2).narrow != 0)
    return unsupported(C207_UnsupportedType, op.type() + " to integers of less than 8 bits",
                       "quantise activations to integers of 8 or 16 bits");
  MLE_TRY_ASSIGN(const Parameters by, read_parameters(op));
  MLE_TRY_ASSIGN(const ValueId x, as_f32(op, 0));
  MLE_TRY_ASSIGN(const ValueId steps, op.add(binary(BinaryFn::Div, x, by.scale)));
  MLE_TRY_ASSIGN(Node y, quantized(op, steps, by.zero_point, dtype));
  return emit_as(op, std::move(y), dtype);
}

// (x - zero point) scale
Status read_dequantize(OperatorNode& op) {
  MLE_TRY_ASSIGN(const DType dtype, type_attribute(op, "output_dtype", op.dtype(1)));
  if (!is_quantized(op.dtype(0)) && op.dtype(0) != DType::I32)
    return not_quantized(op, op.dtype(0));
  MLE_TRY_ASSIGN(const Parameters by, read_parameters(op));
  MLE_TRY_ASSIGN(ValueId x, as_f32(op, 0));
  if (by.zero_point != kNone) {
    MLE_TRY_ASSIGN(x, op.add(binary(BinaryFn::Sub, x, by.zero_point)));
  }
  Node product = binary(BinaryFn::Mul, x, by.scale);
  if (dtype == DType::F32) {
    MLE_TRY(op.emit(std::move(product)));
    op.mark_dequantized(unpacked_by(op));
    return {};
  }
  MLE_TRY_ASSIGN(x, op.add(std::move(product)));
  Node node;
  node.kind = OpKind::Cast;
  node.inputs = {x};
  return emit_as(op, std::move(node), dtype);
}

// fn of all elements of a tensor, those of all rows; or of each row and then with all its axes
// kept.
Result<ValueId> over_all(OperatorNode& op, ReduceFn fn, ValueId x) {
  const Fact fact = op.fact(x);
  const bool per_row = fact.rows == Rows::PerRow, by_row = per_row && op.quantize_by_row();
  std::vector<uint32_t> axes(fact.dims.size());
  for (uint32_t i = 0; i < axes.size(); ++i) axes[i] = i;
  if (!axes.empty()) {
    MLE_TRY_ASSIGN(x, op.add(reduce(fn, x, axes, by_row)));
  }
  if (!per_row || by_row) return x;
  Node all_rows;
  all_rows.kind = OpKind::ReduceRows;
  all_rows.inputs = {x};
  all_rows.iattr = {static_cast<uint32_t>(fn)};
  return op.add(std::move(all_rows));
}

// Quantises to the range of the elements, which always holds zero.
Status read_dynamic_quantize(OperatorNode& op) {
  MLE_TRY_ASSIGN(const ValueId x, as_f32(op, 0));
  MLE_TRY_ASSIGN(ValueId low, over_all(op, ReduceFn::Min, x));
  MLE_TRY_ASSIGN(low, with_number(op, BinaryFn::Min, low, 0));
  MLE_TRY_ASSIGN(ValueId high, over_all(op, ReduceFn::Max, x));
  MLE_TRY_ASSIGN(high, with_number(op, BinaryFn::Max, high, 0));
  MLE_TRY_ASSIGN(const ValueId width, op.add(binary(BinaryFn::Sub, high, low)));
  MLE_TRY_ASSIGN(const ValueId step, with_number(op, BinaryFn::Div, width, 255));
  // Of nothing but zeros any scale would do; ONNX Runtime takes 1.
  MLE_TRY_ASSIGN(const ValueId flat, op.add(compare(CompareFn::Equal, low, high)));
  MLE_TRY_ASSIGN(const ValueId one, number_like(op, step, 1));
  MLE_TRY_ASSIGN(const ValueId scale, op.add(select(flat, one, step)));

  MLE_TRY_ASSIGN(const ValueId below, op.add(binary(BinaryFn::Div, low, scale)));
  MLE_TRY_ASSIGN(const ValueId nothing, number_like(op, step, 0));
  MLE_TRY_ASSIGN(const ValueId wanted, op.add(binary(BinaryFn::Sub, nothing, below)));
  MLE_TRY_ASSIGN(Node zero_point, quantized(op, wanted, kNone, DType::U8));
  const ValueId zero = zero_point.inputs[0];

  MLE_TRY_ASSIGN(const ValueId steps, op.add(binary(BinaryFn::Div, x, scale)));
  MLE_TRY_ASSIGN(Node y, quantized(op, steps, zero, DType::U8));
  MLE_TRY(emit_as(op, std::move(y), DType::U8));
  if (op.output_count() > 1) op.emit_value(scale, 1);
  if (op.output_count() > 2) MLE_TRY(emit_as(op, std::move(zero_point), DType::U8, 2));
  return {};
}

Status read_matmul_integer(OperatorNode& op) {
  MLE_TRY_ASSIGN(const ValueId product, integer_product(op, {0, 2, 1, 3}));
  op.emit_value(product);
  return {};
}

// Sums of i32 times (a scale b scale), in f32.
Result<ValueId> rescaled(OperatorNode& op, ValueId sums, ValueId by) {
  MLE_TRY_ASSIGN(const ValueId reals, converted(op, sums, DType::F32));
  return op.add(binary(BinaryFn::Mul, reals, by));
}

Status read_qlinear_matmul(OperatorNode& op) {
  const DType dtype = op.dtype(7);
  if (!is_quantized(dtype)) return not_quantized(op, dtype);
  MLE_TRY_ASSIGN(const ValueId sums, integer_product(op, {0, 2, 3, 5}));
  const Dims dims = op.fact(sums).dims;
  MLE_TRY_ASSIGN(const ValueId a, factor(op, 1, dims, 2));
  MLE_TRY_ASSIGN(const ValueId b, factor(op, 4, dims, 1));
  MLE_TRY_ASSIGN(const ValueId c, factor(op, 6, dims, 2));
  MLE_TRY_ASSIGN(const ValueId both, op.add(binary(BinaryFn::Mul, a, b)));
  MLE_TRY_ASSIGN(const ValueId by, op.add(binary(BinaryFn::Div, both, c)));
  MLE_TRY_ASSIGN(const ValueId steps, rescaled(op, sums, by));
  MLE_TRY_ASSIGN(const ValueId zero, factor(op, 7, dims, 2));
  MLE_TRY_ASSIGN(Node y, quantized(op, steps, zero, dtype));
  return emit_as(op, std::move(y), dtype);
}

constexpr Operator kOperators[] = {
    {"DequantizeLinear", 10, kNow, 2, 3, 1, read_dequantize},
    {"DynamicQuantizeLinear", 11, kNow, 1, 1, 3, read_dynamic_quantize},
    {"MatMulInteger", 10, kNow, 2, 4, 1, read_matmul_integer},
    {"QLinearMatMul", 10, kNow, 8, 8, 1, read_qlinear_matmul},
    {"QuantizeLinear", 10, kNow, 2, 3, 1, read_quantize},
};

constexpr Operator kRuntimeOperators[] = {
    {"DequantizeLinear", 1, kNow, 2, 3, 1, read_dequantize},
    {"MatMulNBits", 1, kNow, 3, 6, 1, read_matmul_of_bits},
    {"QuantizeLinear", 1, kNow, 2, 3, 1, read_quantize},
};

}  // namespace

std::span<const Operator> quantize_operators() { return kOperators; }
std::span<const Operator> runtime_operators() { return kRuntimeOperators; }

}  // namespace mle::compiler::onnx
