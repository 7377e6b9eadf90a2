// Finds the layer where the runtime and the judge part.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/evaluate/elements.h"
#include "compiler/graph/graph.h"

#include <string>
#include <vector>

namespace mle::tools {

// Runs a copy of the model in which every value is an output. A sentence: "first layer that
// differs: …", or that none does.
Result<std::string> first_wrong_layer(const compiler::Graph& compiled,
                                      const std::vector<compiler::Elements>& inputs,
                                      double tolerance);

}  // namespace mle::tools
