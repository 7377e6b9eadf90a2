// PyTorch files: state_dicts and training checkpoints with --arch, pickled modules of standard
// layers without. Zip archives and the stream of PyTorch before 1.6.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/importer.h"

namespace mle::compiler::torch {

bool can_read(const SourceFile& source);
std::optional<Graph> read(const SourceFile& source, const ImportOptions& options,
                          Problems& problems);

}  // namespace mle::compiler::torch
