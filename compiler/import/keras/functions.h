// Functions of keras.ops, which a graph of layers holds as layers of their own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/json/fields.h"
#include "compiler/import/onnx/composer.h"

#include <string>
#include <vector>

namespace mle::compiler::keras {

bool is_function(const nlohmann::json& layer);

// What a call of one gives. `tensors` are those among its arguments, in their order.
Result<std::vector<std::string>> run_function(onnx::Composer& composer, const nlohmann::json& layer,
                                              const nlohmann::json& call,
                                              const std::vector<std::string>& tensors);

}  // namespace mle::compiler::keras
