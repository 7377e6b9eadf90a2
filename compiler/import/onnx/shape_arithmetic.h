// Arithmetic with shapes that name the number of rows, as exporters write it: every element is
// a + b * rows. What holds for any number of rows is computed, the rest refused.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/onnx/operator_node.h"

namespace mle::compiler::onnx {

// The first `count` inputs are whole constants, and one names the number of rows.
bool names_rows(const OperatorNode& op, size_t count);
// Inputs [first, last) are whole constants of integers.
bool are_integers(const OperatorNode& op, size_t first, size_t last);

Status combine_lengths(OperatorNode& op, BinaryFn fn);
Status compare_lengths(OperatorNode& op, CompareFn fn);
// Where: the condition must not depend on the rows.
Status select_lengths(OperatorNode& op);

}  // namespace mle::compiler::onnx
