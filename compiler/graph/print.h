// The text form of a Graph: one line per node, used by --dump, tests and bug reports.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "compiler/graph/graph.h"

namespace mle::compiler {

std::string print(const Graph& graph);

}  // namespace mle::compiler
