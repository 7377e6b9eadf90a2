// Tensors of a file as constants of the graph that is made.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/network/weights.h"
#include "compiler/import/onnx/composer.h"

#include <string>

namespace mle::compiler::network {

// Its name there. f16 and bf16 widen to f32.
Result<std::string> add_constant(onnx::Composer& composer, const std::string& name,
                                 const WeightTensor& tensor);

}  // namespace mle::compiler::network
