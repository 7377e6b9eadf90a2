// The judge: interprets a Graph in plain double loops. Slow, obvious, right. Passes, kernels and
// quantisation are judged by it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <mle/result.h>

#include "compiler/graph/graph.h"

namespace mle::compiler {

// Elements as doubles, whatever the dtype (bool: 0 or 1; integers beyond 2^53 are refused).
using Elements = std::vector<double>;

// All values of the graph for `rows` rows (1 where the model is whole): inputs in the order of the
// first entry's inputs, each rows * width long. result[v] is value v; constants included.
Result<std::vector<Elements>> evaluate(const Graph& graph, const std::vector<Elements>& inputs,
                                       size_t rows);

// One element-wise function in double, as the file format defines it (format/op_kinds.h).
double apply(Act act, double x, double alpha, double beta);

}  // namespace mle::compiler
