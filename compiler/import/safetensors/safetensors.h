// safetensors: a JSON header that names tensors, then their bytes. Weights without a graph.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/importer.h"
#include "compiler/import/network/weights.h"

namespace mle::compiler::safetensors {

bool can_read(const SourceFile& source);
std::optional<Graph> read(const SourceFile& source, const ImportOptions& options,
                          Problems& problems);

// The tensors alone. The header must name every byte behind it once: ascending, no hole, no
// overlap.
Result<network::Weights> read_weights(const SourceFile& source);

}  // namespace mle::compiler::safetensors
