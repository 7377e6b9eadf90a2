// Files that do not say what their inputs look like: which shapes the layers accept is found by
// trying them, and what that leaves open is said.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/import/importer.h"
#include "compiler/import/network/weights.h"
#include "compiler/import/onnx/composer.h"
#include "compiler/problem.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mle::compiler::torch {

// One way to see the inputs, followed to its end or to the first operator they do not fit.
struct Attempt {
  std::optional<Graph> graph;
  size_t progress = 0;  // operators that fit
  Problems problems;
};
using Try = std::function<Attempt(const std::vector<onnx::Composer::Input>&)>;

// Of the tensors: lengths that the rows of an input may have, the widths of matrices first.
std::vector<uint32_t> likely_widths(const network::Weights& weights);

// `widths`: lengths of the file's tensors, the likeliest first; `real` is the type that its weights
// have. What the user says by --shape NAME.AXIS=N is not tried but taken.
std::optional<Graph> find_input_shapes(const std::vector<std::string>& names,
                                       const std::vector<uint32_t>& widths, DType real,
                                       const ImportOptions& options, const Try& attempt,
                                       Problems& problems);

}  // namespace mle::compiler::torch
