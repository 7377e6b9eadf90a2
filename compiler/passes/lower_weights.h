// Weights of dense layers in fewer bits: f16 and bf16 rounded to nearest even, i8 by a scale per
// column, which is applied to the finished sum. And, where asked, the rows of these layers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/graph/graph.h"

#include <cstddef>

namespace mle::compiler {

struct LoweredWeights {
  size_t layers = 0;       // whose weights were rounded
  size_t kept = 0;         // dense layers that are too narrow for it
  size_t narrow_rows = 0;  // layers that round their rows, too
};

// For a graph that has been through all passes and computes in f32. Fails where a weight does not
// fit: `to` cannot hold it, or it is not finite. With `narrow_rows` layers of i8 weights sum whole
// numbers, but for those whose sums could be too large, and those of bf16 weights round their rows
// to bf16.
Result<LoweredWeights> lower_weights(Graph& graph, DType to, bool narrow_rows = false);

}  // namespace mle::compiler
