// Products of two matrices that both are computed, or whose fixed one is no weight matrix.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/onnx/operator_node.h"

namespace mle::compiler::onnx {

// Output 0 is input 0 times input 1, as numpy's matmul has it.
Status emit_matmul(OperatorNode& op);

struct GemmAttributes {
  double alpha, beta;
  bool trans_a, trans_b;
};
// Output 0 is alpha A' B' + beta C.
Status emit_gemm(OperatorNode& op, const GemmAttributes& attributes);

// a [.., M, K] times b [.., K, N]: of rows where either is per row, with no axes left out.
Result<ValueId> matmul(OperatorNode& op, ValueId a, ValueId b);

}  // namespace mle::compiler::onnx
