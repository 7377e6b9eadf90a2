// The ONNX importer: models of the default operator set that are MLPs, opsets 7 to 28.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/importer.h"

#include <optional>

namespace mle::compiler::onnx {

bool can_read(const SourceFile& source);
std::optional<Graph> read(const SourceFile& source, const ImportOptions& options,
                          Problems& problems);

}  // namespace mle::compiler::onnx
