// The table of operators: which handler reads which operator in which opsets.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "compiler/import/onnx/operator_node.h"

#include <cstdint>
#include <span>

namespace mle::compiler::onnx {

inline constexpr uint8_t kAny = 255;  // as many as limits.h allows
inline constexpr int kNow = 0x7fffffff;

struct Operator {
  const char* type;
  int first, last;  // opsets
  uint8_t least_inputs, most_inputs, most_outputs;
  Status (*read)(OperatorNode&);
};

// The families, each in its own file.
std::span<const Operator> linear_operators();
std::span<const Operator> activation_operators();
std::span<const Operator> elementwise_operators();
std::span<const Operator> normalise_operators();
std::span<const Operator> shape_operators();
std::span<const Operator> reshape_operators();
std::span<const Operator> axes_operators();
std::span<const Operator> pick_operators();
std::span<const Operator> gather_operators();
std::span<const Operator> pool_operators();
std::span<const Operator> resize_operators();
std::span<const Operator> pad_operators();
std::span<const Operator> make_operators();
std::span<const Operator> constant_operators();
std::span<const Operator> quantize_operators();
// Of com.microsoft: what ONNX Runtime's own tools write.
std::span<const Operator> runtime_operators();
std::span<const Operator> reduce_operators();
std::span<const Operator> layer_norm_operators();
std::span<const Operator> along_operators();
std::span<const Operator> einsum_operators();
std::span<const Operator> logic_operators();
// Of the domain ai.onnx.ml; opsets are that domain's own.
std::span<const Operator> ml_feature_operators();
std::span<const Operator> ml_linear_operators();
std::span<const Operator> ml_key_operators();

}  // namespace mle::compiler::onnx
