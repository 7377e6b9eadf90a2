// The graph of a .pt2 file, followed operator by operator.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/exported/fields.h"
#include "compiler/import/importer.h"
#include "compiler/import/network/weights.h"

namespace mle::compiler::exported {

std::optional<Graph> follow_program(const json& program, const network::Weights& weights,
                                    const SourceFile& source, const ImportOptions& options,
                                    Problems& problems);

}  // namespace mle::compiler::exported
