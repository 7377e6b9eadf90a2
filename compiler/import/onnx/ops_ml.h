// What the operators of ai.onnx.ml share: lists as attributes, and small pieces of graph.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/onnx/compose.h"
#include "compiler/import/onnx/operator_node.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mle::compiler::onnx {

// List attributes; an absent one is an empty list.
Result<std::vector<float>> reals_of(OperatorNode& op, std::string_view name);
Result<std::vector<int64_t>> integers_of(OperatorNode& op, std::string_view name);
Result<std::vector<std::string>> words_of(OperatorNode& op, std::string_view name);

// Input 0 with rows of `columns` numbers as its last axis, or why it has none.
Status want_columns(const OperatorNode& op, size_t columns);

Result<ValueId> vector_of(OperatorNode& op, const std::vector<float>& numbers);

// The element of a list at each computed place: numbers or strings.
Result<ValueId> values_at(OperatorNode& op, ValueId place, const Tensor& list);
// Along `axis` the elements at `picks`.
Result<ValueId> columns_of(OperatorNode& op, ValueId x, uint32_t axis,
                           const std::vector<uint32_t>& picks);

// What stands behind a linear model: NONE, LOGISTIC, SOFTMAX. The others are refused by name.
enum class PostTransform : uint8_t { None, Logistic, Softmax };
Result<PostTransform> post_transform(OperatorNode& op);

}  // namespace mle::compiler::onnx
