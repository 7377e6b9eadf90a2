// Where ONNX Runtime takes a shortcut: a product of floats with weights that a DequantizeLinear
// unpacks becomes its MatMulNBits, which rounds the rows to 8 bits in blocks, too. When it does is
// not written down anywhere but in its optimisations; what is said here is what version 1.31.1 does
// with default options (decisions/0016).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/onnx/operator_node.h"

#include <cstdint>

namespace mle::compiler::onnx {

// Of a DequantizeLinear.
Unpacked unpacked_by(OperatorNode& op);
// Of a Transpose: of what it makes of such weights.
Unpacked turned(const OperatorNode& op);

struct Product {
  bool is_gemm = false;
  double alpha = 1, beta = 1;
  bool transposes = false;  // A or B
};
// In blocks of how many elements the rows (input 0) of a MatMul or Gemm are rounded; 0: they are
// not. Counts those that are.
uint32_t rows_rounded_in(OperatorNode& op, const Product& product);

}  // namespace mle::compiler::onnx
