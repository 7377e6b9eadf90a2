// What mle-bench measured, as a table, as JSON (schema mle-bench/1) and as a page.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/cli/table.h"
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

// What a cell of mode serve has besides.
struct ServedCell {
  uint64_t concurrency = 1, errors = 0, their_errors = 0;
  double per_second = 0, their_per_second = 0;  // answers; theirs 0 where there is no rival
  std::vector<double> p99_rounds;               // nanoseconds
  std::optional<double> cpu_us, their_cpu_us;   // of the server, for an answer
  std::optional<Ratio> p99_ratio, cpu_ratio;    // to --against
};

struct CellResult {
  uint64_t rows = 1, threads = 1, samples = 0, block = 1, rss_bytes = 0;
  Percentiles latency;         // nanoseconds
  std::vector<double> rounds;  // median of each round, nanoseconds
  std::vector<double> quantiles;
  // Of what --against names, where it says.
  std::vector<double> their_rounds, their_quantiles;
  std::optional<Percentiles> session;
  std::optional<double> first_run;
  std::optional<Ratio> ratio;  // to --against; below 1 is faster
  std::optional<Bound> bound;  // of a run on one thread
  std::vector<StepTime> steps;
  std::optional<ServedCell> served;  // then latency holds where there are samples, and threads not
};

struct BenchReport {
  std::string mode, model, isa, against;
  std::string program;           // mode start: what was started
  std::string target, protocol;  // mode serve: what was asked, and how
  double rate = 0;
  uint64_t burst = 1;
  std::vector<CellResult> cells;
};

// `format`: table, md, csv or json.
std::string report_text(const BenchReport& report, const std::string& format);

// How near the median comes to the bound; 1 is there. Of a cell that has one.
double share_of_bound(const CellResult& cell);
double rows_per_second(const CellResult& cell);
const char* verdict(const Ratio& ratio);  // "faster", "slower", or that there is no difference
// "ratio 0.934 (95 % interval 0.92 to 0.951) of OTHER: faster": of a cell that has one.
std::string ratio_text(const BenchReport& report, const CellResult& cell);
std::string cell_name(const BenchReport& report, const CellResult& cell);  // "16 rows"
Table cell_table(const BenchReport& report);
// What was measured, on what machine, and how.
std::string head_text(const BenchReport& report);

// One page with the distributions, the sweep over the batches, the comparison and the steps.
std::string html_report(const BenchReport& report);

}  // namespace mle::tools
