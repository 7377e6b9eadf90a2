// --check: rows of the user's own, answered by the runtime and by the judge.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/model.h>
#include <mle/result.h>

#include "compiler/graph/graph.h"
#include "tools/cli/console.h"
#include "tools/mle-convert/convert.h"

#include <string>

namespace mle::tools {

// Every row of the file at `path` through `model`; the judge answers from the graph as `imported`.
// An answer is right within tolerance * max(|judge|, spread of that output). Where one is not, the
// error (C218) names the first layer of the `compiled` graph that differs from the judge.
Result<CheckReport> check_rows(const Model& model, const compiler::Graph& imported,
                               const compiler::Graph& compiled, const std::string& path,
                               double tolerance, const Console& console);

// The rows of a file as the trials of the compiler take them, read for the model in `bytes`; at
// most 16384 of them.
Result<std::vector<compiler::TrialRows>> read_trial_rows(std::span<const std::byte> bytes,
                                                         const std::string& path,
                                                         const Console& console);

}  // namespace mle::tools
