// From the first dense layer on, a graph that computes in f64 computes in f32: every operand a
// dense layer reads is rounded once, what follows stays f32, and outputs of the source are widened
// again, so that names and dtypes of its ports do not change. What comes before stays as it is.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "compiler/graph/graph.h"

namespace mle::compiler {

// Whether any dense layer computes in f64.
bool computes_in_f64(const Graph& graph);

// Refuses where a weight or an attribute is beyond f32; the graph is then of no use.
Status lower_precision(Graph& graph);

}  // namespace mle::compiler
