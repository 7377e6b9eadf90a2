// Rows as ONNX Runtime hands them to products in 8 bits.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/onnx/operator_node.h"

#include <cstdint>

namespace mle::compiler::onnx {

// x [.., K] with each block of `block` elements along K (the last may be shorter) rounded to whole
// multiples of a step of its own, 1/127 of the block's largest |x|. Which multiple is x times
// (127 / largest), rounded to f32 and then half to even. A block with a NaN or an infinity is NaN.
Result<ValueId> rounded_rows(OperatorNode& op, ValueId x, uint32_t block);

}  // namespace mle::compiler::onnx
