// How long files take for the same rows: what the compiler cannot measure itself.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/precision.h"

#include <cstddef>
#include <span>
#include <vector>

namespace mle::tools {

// A compiler::TimeFiles: nanoseconds per row of each file, the median of rounds in which each has
// its turn. Takes about half a second.
Result<std::vector<double>> time_files(std::span<const std::span<const std::byte>> files,
                                       const compiler::TrialRows& rows);

}  // namespace mle::tools
