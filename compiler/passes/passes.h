// The optimiser's table of contents: every pass in the order it runs, one sentence each.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "compiler/graph/graph.h"

#include <functional>
#include <span>
#include <string_view>

namespace mle::compiler {

struct Pass {
  const char* name;      // "fold_constants"
  const char* sentence;  // what it does, for --dump passes
  Status (*run)(Graph&);
};

// In order.
std::span<const Pass> passes();

// Runs them all, checks the graph after each, and tells `after` (which may be empty) about each.
Status run_passes(Graph& graph, const std::function<void(const Pass&, const Graph&)>& after = {});

}  // namespace mle::compiler
