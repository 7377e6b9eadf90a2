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
#include <vector>

namespace mle::compiler {

// `rows` rows (1 where the model is whole) of random inputs, with a tolerance that fits the model:
// what its floating type can keep, measured by moving the inputs a little. Rows whose whole-number
// answers flip when moved are left out; there may be fewer than asked for, even none. By entry.
Result<std::vector<GoldenRows>> judge_golden_rows(const Graph& graph, size_t rows);

}  // namespace mle::compiler
