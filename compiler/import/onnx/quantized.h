// What quantised operators are put together from. Quantised numbers are whole, so that everything
// here is exact but for the divisions and products by scales, each of which is rounded once, in the
// order ONNX Runtime has.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/onnx/operator_node.h"

namespace mle::compiler::onnx {

// ops_packed.cpp
Status read_matmul_of_bits(OperatorNode& op);

bool is_quantized(DType dtype);  // of 8 or 16 bits
// The input as f32. A constant is converted here, from f16 too.
Result<ValueId> as_f32(OperatorNode& op, size_t input);
// A scale or zero point as f32, in a shape that meets `like`: a number, or one per step along the
// axis `axis` of `like` (counted from its last: 1), or per row of a model that is row-wise.
Result<ValueId> factor(OperatorNode& op, size_t input, const Dims& like, size_t from_last);

// min(max(round(x) + zero point, lowest), highest) in `dtype`; kNone: no zero point.
Result<Node> quantized(OperatorNode& op, ValueId x, ValueId zero_point, DType dtype);
// The node as output `output`, in `dtype`.
Status emit_as(OperatorNode& op, Node cast, DType dtype, size_t output = 0);

// Which inputs are the two factors of a product of quantised matrices, and their zero points.
struct Factors {
  size_t a, a_zero_point, b, b_zero_point;
  bool trans_b = false;
};
// (a - its zero point) (b - its zero point) in i32, where sums wrap as they do in ONNX Runtime.
Result<ValueId> integer_product(OperatorNode& op, const Factors& factors);

}  // namespace mle::compiler::onnx
