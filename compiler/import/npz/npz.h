// NPZ: a zip of numpy arrays, each a named tensor. Weights without a graph.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/importer.h"
#include "compiler/import/network/weights.h"

namespace mle::compiler::npz {

bool can_read(const SourceFile& source);
std::optional<Graph> read(const SourceFile& source, const ImportOptions& options,
                          Problems& problems);

// The arrays as tensors in the order of C. Arrays of Python objects are refused.
Result<network::Weights> read_weights(const SourceFile& source);

}  // namespace mle::compiler::npz
