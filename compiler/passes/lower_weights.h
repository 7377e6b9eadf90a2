// Weights of dense layers in fewer bits: f16 and bf16 rounded to nearest even, i8 by a scale per
// column, which is applied to the finished sum.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/graph/graph.h"

#include <cstddef>

namespace mle::compiler {

struct LoweredWeights {
  size_t layers = 0;     // whose weights were rounded
  size_t kept = 0;       // dense layers that are too narrow for it
  size_t in_8_bits = 0;  // layers that round their rows to 8 bits, too
};

// For a graph that has been through all passes and computes in f32. Fails where a weight does not
// fit: `to` cannot hold it, or it is not finite. With `rows_in_8_bits` layers of i8 weights sum
// whole numbers, but for those whose sums could be too large.
Result<LoweredWeights> lower_weights(Graph& graph, DType to, bool rows_in_8_bits = false);

}  // namespace mle::compiler
