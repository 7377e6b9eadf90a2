// mle-bench serve: what a running server answers, how fast, at what cost.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/cli/console.h"
#include "tools/cli/flags.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mle::tools {

struct ServeBench {
  std::string target, model, json, format = "table", protocol = "http";
  std::vector<uint64_t> concurrency{1, 10, 100, 1000};
  uint64_t rows = 1, burst = 1, pid = 0;
  double rate = 0, seconds = 2;
};

Flags serve_flags(ServeBench& options);
// The exit status.
int run_serve_bench(const ServeBench& options, const Console& console);

}  // namespace mle::tools
