// Nodes of the graph in one line, for operators that are put together from several.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/onnx/operator_node.h"

#include <vector>

namespace mle::compiler::onnx {

Node compare(CompareFn fn, ValueId a, ValueId b);
Node select(ValueId condition, ValueId a, ValueId b);
// `axes` of a row, ascending.
Node reduce(ReduceFn fn, ValueId x, std::vector<uint32_t> axes, bool keep);

// A number in the dtype of `like`.
Result<ValueId> number_like(OperatorNode& op, ValueId like, double number);
Result<ValueId> converted(OperatorNode& op, ValueId x, DType dtype);
// The axes of x in the order of `perm`.
Result<ValueId> permuted(OperatorNode& op, ValueId x, const std::vector<uint32_t>& perm);
// fn(x, number)
Result<ValueId> with_number(OperatorNode& op, BinaryFn fn, ValueId x, double number);
// In a type that TopK orders, in the order of x: of u64 the half with the highest bit comes last.
Result<ValueId> in_order_type(OperatorNode& op, ValueId x);

}  // namespace mle::compiler::onnx
