// mle-bench serve: what a running server answers, how fast, at what cost.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "tools/cli/flags.h"
#include "tools/mle-bench/report.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mle::tools {

struct ServeBench {
  std::string target, model, against, protocol = "http";
  std::vector<uint64_t> concurrency{1, 10, 100, 1000};
  uint64_t rows = 1, burst = 1, pid = 0;
  double rate = 0, seconds = 2;  // seconds for every cell and server
};

// Without those of the report.
Flags serve_flags(ServeBench& options);
Result<BenchReport> bench_serve(const ServeBench& options);

}  // namespace mle::tools
