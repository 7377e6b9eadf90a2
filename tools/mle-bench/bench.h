// The measuring itself: rounds, interleaved with those of what is compared.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "tools/mle-bench/report.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mle::tools {

struct BenchOptions {
  std::string mode, model, against, isa, program;
  std::vector<uint64_t> rows{1};
  uint64_t threads = 1, runs = 50;
  double seconds = 1;  // for every cell and subject
  bool profile = false;
};

Result<BenchReport> bench(const BenchOptions& options);

}  // namespace mle::tools
