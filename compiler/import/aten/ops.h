// The table of PyTorch operators: names of their arguments in order, and what reads them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/aten/call.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mle::compiler::aten {

struct Operator {
  const char* name;        // "linear" of aten.linear.default and torch.linear
  const char* parameters;  // "input weight bias"
  Result<Value> (*read)(Call&);
};

// The families, each in its own file.
std::span<const Operator> linear_operators();
std::span<const Operator> activation_operators();
std::span<const Operator> normalise_operators();
std::span<const Operator> elementwise_operators();
std::span<const Operator> compare_operators();
std::span<const Operator> shape_operators();
std::span<const Operator> pick_operators();
std::span<const Operator> join_operators();
std::span<const Operator> reduce_operators();
std::span<const Operator> window_operators();
std::span<const Operator> make_operators();
std::span<const Operator> derived_operators();

// Two operands of an element-wise operator in one dtype, as PyTorch promotes them: a number beside
// a tensor never widens it.
Result<std::pair<std::string, std::string>> promoted(Call& call, const Value& a, const Value& b,
                                                     bool to_real = false);
// As a float, if it is none.
Result<std::string> as_float(Call& call, const std::string& tensor);

// Whether an operator's results show the elements of its first argument.
bool is_view(std::string_view op);

// Follows one operator. `op` is without namespace, overload and the '_' of one that works in place.
Result<Value> run_operator(onnx::Composer& composer, std::string_view op,
                           std::vector<Value> positional, Named named);

}  // namespace mle::compiler::aten
