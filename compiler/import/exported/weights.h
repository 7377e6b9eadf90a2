// Weights and constants of a .pt2 file, in each way versions of PyTorch have written them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/importer.h"
#include "compiler/import/network/weights.h"
#include "compiler/import/torch/checkpoint.h"
#include "compiler/problem.h"

namespace mle::compiler::exported {

// Parameters, buffers and lifted constants by their full names.
Result<network::Weights> read_weights(const SourceFile& source, const torch::Archive& archive,
                                      Problems& problems);

}  // namespace mle::compiler::exported
