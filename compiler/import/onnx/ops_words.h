// Strings that stand in the source as constants: a file has none beside rows, so they become keys
// and labels.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/onnx/operator_node.h"

namespace mle::compiler::onnx {

// Whether inputs first … last hold a constant of strings beside rows.
bool has_words_beside_rows(const OperatorNode& op, size_t first, size_t last);

// Equal of rows and constant strings, in either order: places are compared instead.
Status read_equal_words(OperatorNode& op);

// Where with a constant of strings for one or both choices.
Status read_where_words(OperatorNode& op);

}  // namespace mle::compiler::onnx
