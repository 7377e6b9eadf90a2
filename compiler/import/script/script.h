// TorchScript archives: what torch.jit.save writes. The saved forward is parsed and followed, never
// run.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/importer.h"

namespace mle::compiler::script {

bool can_read(const SourceFile& source);
std::optional<Graph> read(const SourceFile& source, const ImportOptions& options,
                          Problems& problems);

}  // namespace mle::compiler::script
