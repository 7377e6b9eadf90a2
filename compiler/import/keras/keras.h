// Keras: .keras archives, legacy .h5 models, and .weights.h5 with the config.json that stands
// beside them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/importer.h"

namespace mle::compiler::keras {

// A model that says itself what it computes.
bool can_read(const SourceFile& source);
std::optional<Graph> read(const SourceFile& source, const ImportOptions& options,
                          Problems& problems);

// Weights alone, with the configuration as the architecture.
bool can_read_weights(const SourceFile& source);
std::optional<Graph> read_weights(const SourceFile& source, const ImportOptions& options,
                                  Problems& problems);

}  // namespace mle::compiler::keras
