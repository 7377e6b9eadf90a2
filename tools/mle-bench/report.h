// What mle-bench measured, as a table and as JSON (schema mle-bench/1).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/cli/json_document.h"
#include "tools/mle-bench/profile.h"
#include "tools/mle-bench/samples.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mle::tools {

// The least time that this machine's multiply-adds and its reading of the weights allow.
struct Bound {
  double peak_gflops = 0, read_gbytes_per_s = 0;  // measured in the same run, one thread
  double nanoseconds = 0;
};

struct CellResult {
  uint64_t rows = 1, threads = 1, samples = 0, block = 1, rss_bytes = 0;
  Percentiles latency;         // nanoseconds
  std::vector<double> rounds;  // median of each round, nanoseconds
  std::optional<Percentiles> session;
  std::optional<double> first_run;
  std::optional<Ratio> ratio;  // to --against; below 1 is faster
  std::optional<Bound> bound;  // of a run on one thread
  std::vector<StepTime> steps;
};

struct BenchReport {
  std::string mode, model, isa, against;
  std::string program;  // mode start: what was started
  std::vector<CellResult> cells;
};

// `format`: table, md, csv or json.
std::string report_text(const BenchReport& report, const std::string& format);

// Round medians, in nanoseconds, of the cell with these rows and threads in a saved JSON report;
// empty where there is none.
std::vector<double> saved_rounds(const JsonValue& saved, uint64_t rows, uint64_t threads);

}  // namespace mle::tools
