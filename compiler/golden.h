// Golden rows: what the framework itself answered, where it could be asked; else rows of our own,
// answered by the judge.
// Promise: the same graph gives the same rows everywhere.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/emit/emit.h"
#include "compiler/evaluate/elements.h"
#include "compiler/graph/graph.h"
#include "compiler/random.h"

#include <cstddef>
#include <string>
#include <vector>

namespace mle::compiler {

// `rows` rows (1 where the model is whole) of random inputs, with a tolerance that fits the model:
// what its floating type can keep, measured by moving the inputs a little. Rows whose whole-number
// answers flip when moved are left out; there may be fewer than asked for, even none. By entry.
Result<std::vector<GoldenRows>> judge_golden_rows(const Graph& graph, size_t rows);

// Rows and what the framework itself answered to them.
struct RecordedRows {
  size_t rows = 0;
  std::vector<Elements> inputs;                // of the first entry
  std::vector<std::vector<Elements>> outputs;  // by entry and output; none: it has no answer
  std::string reference;                       // "scikit-learn"
};

// The same from recorded rows, at the tolerance that a conversion owes them; the judge answers only
// where nothing was recorded, and says which whole-number answers hang on the last bits of the
// inputs: these rows are left out. By entry.
Result<std::vector<GoldenRows>> recorded_golden_rows(const Graph& graph,
                                                     const RecordedRows& recorded);

}  // namespace mle::compiler
