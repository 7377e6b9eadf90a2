// A pickled module: standard containers and layers of torch.nn, whose forward is known.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/importer.h"
#include "compiler/import/torch/checkpoint.h"

namespace mle::compiler::torch {

std::optional<Graph> read_module(const Checkpoint& checkpoint, pickle::Id module,
                                 const SourceFile& source, const ImportOptions& options,
                                 Problems& problems);

}  // namespace mle::compiler::torch
