// What operators that change shapes share: shapes that may name the number of rows, and giving
// elements another shape, order or number.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/onnx/operator_node.h"

#include <cstdint>
#include <vector>

namespace mle::compiler::onnx {

// An axis of a shape: `length` elements plus `times_rows` for each row.
struct Length {
  int64_t length = 0;
  int64_t times_rows = 0;
};

// A constant shape, at most eight axes long.
Result<std::vector<Length>> shape_of(const OperatorNode& op, size_t input);
// C214: the operator would move or split the batch axis.
Status moves_rows(const std::string& what);
// What the batch axis of input 0 is a multiple of the number of rows by.
int64_t rows_times(const OperatorNode& op);

// Output 0 is input 0 with these dims (of one row where it is per row).
Status emit_shaped(OperatorNode& op, const Dims& dims);
// `x` (of one row where it is per row) broadcast to these dims, or with its axes in that order.
Result<ValueId> expanded(OperatorNode& op, ValueId x, const Dims& dims);
Result<ValueId> transposed(OperatorNode& op, ValueId x, const std::vector<uint32_t>& order);
// Entries of `x` along an axis; its length becomes their number.
Result<ValueId> picked(OperatorNode& op, ValueId x, uint32_t axis,
                       const std::vector<uint32_t>& picks);

}  // namespace mle::compiler::onnx
