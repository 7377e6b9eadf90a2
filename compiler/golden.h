// Golden rows of a model whose source recorded none: rows of our own, answered by the judge.
// Promise: the same graph gives the same rows everywhere.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/emit/emit.h"
#include "compiler/evaluate/elements.h"
#include "compiler/graph/graph.h"
#include "compiler/random.h"

#include <cstddef>

namespace mle::compiler {

// Nearly N(0, 1); of a whole-number dtype, small numbers from 0 on; indices below `bound`, if there
// is one (index_bounds.h).
Elements random_elements(Random& random, DType dtype, size_t count, uint64_t bound);

// `rows` rows (1 where the model is whole) of such elements, with a tolerance that fits the model:
// what its floating type can keep, measured by moving the inputs a little. Rows whose whole-number
// answers flip when moved are left out; there may be fewer than asked for, even none.
Result<GoldenRows> judge_golden_rows(const Graph& graph, size_t rows);

}  // namespace mle::compiler
