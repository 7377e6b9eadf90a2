// .pt2: what torch.export.save writes, a graph of PyTorch's operators in JSON and its weights.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/importer.h"

namespace mle::compiler::exported {

bool can_read(const SourceFile& source);
std::optional<Graph> read(const SourceFile& source, const ImportOptions& options,
                          Problems& problems);

}  // namespace mle::compiler::exported
