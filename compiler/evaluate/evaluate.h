// The judge: interprets a Graph in plain double loops. Slow, obvious, right. Passes, kernels and
// quantisation are judged by it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/evaluate/elements.h"
#include "compiler/graph/graph.h"
#include "compiler/random.h"

#include <cstddef>
#include <vector>

namespace mle::compiler {

// All values of the graph for `rows` rows (1 where the model is whole): inputs in the order of the
// first entry's inputs, each rows * width long. result[v] is value v; constants included.
Result<std::vector<Elements>> evaluate(const Graph& graph, const std::vector<Elements>& inputs,
                                       size_t rows);

// Only the outputs: those of the first entry in its order, then those of the others. Holds no more
// than is still needed.
Result<std::vector<Elements>> evaluate_outputs(const Graph& graph,
                                               const std::vector<Elements>& inputs, size_t rows);

// The same with every f32 value rounded to f32: what lies nearer together becomes equal, as it does
// where it is computed in f32. With `order`, what is summed comes out as another order of the sum
// might have it.
Result<std::vector<Elements>> evaluate_rounded(const Graph& graph,
                                               const std::vector<Elements>& inputs, size_t rows,
                                               Random* order = nullptr);

// The output of one node from its inputs, each rows * width long where it is per row. The weights
// of a Dense may be null where they are a constant: then they are read in blocks.
Result<Elements> evaluate_node(const Graph& graph, const Node& node,
                               const std::vector<const Elements*>& inputs, size_t rows);

// One element-wise function in double, as the file format defines it (format/op_kinds.h).
double apply(Act act, double x, double alpha, double beta);
double apply(BinaryFn fn, double a, double b);
bool apply(CompareFn fn, double a, double b);

}  // namespace mle::compiler
