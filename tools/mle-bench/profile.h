// --profile: where the time of a run goes, step by step.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "tools/mle-bench/subject.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mle::tools {

struct StepTime {
  std::string name, kind;
  double ns_per_run = 0, share = 0;     // clock reads of the profile included
  double gflops = 0, gbytes_per_s = 0;  // 0: does not apply
  double flops = 0, bytes = 0;          // of one run
  std::optional<double> of_bound;       // 1: as fast as the machine multiplies or reads
};

// Runs the model for about that long with the profile on.
Result<std::vector<StepTime>> profile_steps(const std::string& model, const RunSettings& settings,
                                            double seconds);

}  // namespace mle::tools
