// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-bench/bench.h"

#include "format/rules.h"
#include "tools/cli/input_file.h"
#include "tools/mle-bench/machine.h"
#include "tools/mle-bench/peak.h"
#include "tools/mle-bench/rival.h"
#include "tools/mle-bench/subject.h"

#include <algorithm>

namespace mle::tools {
namespace {

constexpr uint64_t kRounds = 11;  // odd, and enough for an interval
constexpr double kProfileSeconds = 0.2;

// Samples of one subject, and the median of each of its rounds.
struct Measured {
  std::vector<double> samples, rounds;
};

Status one_round(Subject& subject, double seconds, Measured& measured) {
  const size_t before = measured.samples.size();
  MLE_TRY(subject.round(seconds, measured.samples));
  measured.rounds.push_back(
      median({measured.samples.begin() + static_cast<ptrdiff_t>(before), measured.samples.end()}));
  return {};
}

// Round after round, the two taking turns at going first.
Status measure(Subject& ours, Subject* theirs, uint64_t rounds, double seconds, Measured& a,
               Measured& b) {
  const double each = seconds / static_cast<double>(rounds);
  for (uint64_t round = 0; round < rounds; ++round) {
    const bool they_first = theirs != nullptr && round % 2 == 1;
    if (they_first) MLE_TRY(one_round(*theirs, each, b));
    MLE_TRY(one_round(ours, each, a));
    if (theirs != nullptr && !they_first) MLE_TRY(one_round(*theirs, each, b));
  }
  return {};
}

Result<std::unique_ptr<Subject>> make_subject(const BenchOptions& options, const std::string& model,
                                              uint64_t rows, std::vector<double>* sessions,
                                              std::vector<double>* first_runs) {
  if (options.mode == "load") return make_load_subject(model, sessions, first_runs);
  if (options.mode == "start") return make_start_subject(model, options.program);
  return make_run_subject(model, {rows, options.threads, options.isa});
}

// Where the time goes, and how near it is to what the machine could do.
Status look_inside(const BenchOptions& options, uint64_t rows, const std::string& isa,
                   CellResult& cell) {
  const RunSettings settings{rows, options.threads, options.isa};
  MLE_TRY_ASSIGN(auto steps,
                 profile_steps(options.model, settings, options.profile ? kProfileSeconds : 0));
  double flops = 0, bytes = 0;
  for (const StepTime& step : steps) {
    flops += step.flops;
    bytes += step.bytes;
  }
  MLE_TRY_ASSIGN(const InputFile file, InputFile::open(options.model));
  if (const auto peak = measure_peak(isa, file.bytes().size()); peak && options.threads == 1)
    cell.bound = Bound{peak->gflops, peak->gbytes_per_s,
                       std::max(flops / peak->gflops, bytes / peak->gbytes_per_s)};
  for (StepTime& step : steps) {
    if (!cell.bound || step.ns_per_run == 0) continue;
    step.of_bound =
        std::max(step.flops / cell.bound->peak_gflops, step.bytes / cell.bound->read_gbytes_per_s) /
        step.ns_per_run;
  }
  if (options.profile) cell.steps = std::move(steps);
  return {};
}

// Another build of mle-bench: in fresh processes on either side, so that where the system happens
// to put a process's memory is drawn anew in every round.
Status compare_builds(const BenchOptions& options, const std::vector<std::string>& command,
                      uint64_t rows, CellResult& cell) {
  const RunSettings settings{rows, options.threads, options.isa};
  const auto ours =
      make_command_subject({"/proc/self/exe", options.mode, options.model}, options.mode, settings);
  const auto theirs = make_command_subject(command, options.mode, settings);
  Measured a, b;
  MLE_TRY(measure(*ours, theirs.get(), kRounds, options.seconds, a, b));
  cell.ratio = paired_ratio(a.rounds, b.rounds);
  cell.their_quantiles = quantiles(std::move(b.samples));
  cell.their_rounds = std::move(b.rounds);
  return {};
}

Result<CellResult> bench_cell(const BenchOptions& options, const Rival& rival, uint64_t rows,
                              std::string& isa) {
  std::vector<double> sessions, first_runs;
  MLE_TRY_ASSIGN(const auto ours,
                 make_subject(options, options.model, rows, &sessions, &first_runs));
  std::unique_ptr<Subject> theirs;
  if (!rival.model.empty()) {
    MLE_TRY_ASSIGN(theirs, make_subject(options, rival.model, rows, nullptr, nullptr));
  }
  const bool start = options.mode == "start";  // a round is one process
  if (start && !rival.command.empty()) theirs = make_start_subject(rival.command);
  Measured a, b;
  MLE_TRY(measure(*ours, theirs.get(), start ? options.runs : kRounds, start ? 0 : options.seconds,
                  a, b));

  CellResult cell;
  cell.rows = rows;
  cell.threads = options.threads;
  cell.samples = a.samples.size();
  cell.block = ours->block();
  cell.rss_bytes = start ? ours->peak_rss_bytes() : resident_bytes();
  if (!sessions.empty()) cell.session = percentiles(sessions);
  if (!first_runs.empty()) cell.first_run = median(first_runs);
  isa = ours->isa();
  if (theirs != nullptr) {
    cell.ratio = paired_ratio(a.rounds, b.rounds);
    cell.their_quantiles = quantiles(std::move(b.samples));
    cell.their_rounds = std::move(b.rounds);
  } else if (!rival.command.empty()) {
    MLE_TRY(compare_builds(options, rival.command, rows, cell));
  } else if (!options.against.empty()) {
    ReportedCell saved = reported_cell(rival.saved, rows, options.threads);
    if (saved.rounds.empty())
      return Status::make(Code::NotFound, format::rule::T302_ReadRows, Status::kNoOffset,
                          options.against + ": has no figures for " + std::to_string(rows) +
                              " rows on " + std::to_string(options.threads) + " threads",
                          "measure the same cells");
    cell.ratio = separate_ratio(a.rounds, saved.rounds);
    cell.their_quantiles = std::move(saved.quantiles);
    cell.their_rounds = std::move(saved.rounds);
  }
  cell.quantiles = quantiles(a.samples);
  cell.latency = percentiles(std::move(a.samples));
  cell.rounds = std::move(a.rounds);
  if (options.mode == "run") MLE_TRY(look_inside(options, rows, isa, cell));
  return cell;
}

}  // namespace

Result<BenchReport> bench(const BenchOptions& options) {
  MLE_TRY_ASSIGN(const Rival rival, open_rival(options.against, options.mode));
  BenchReport report;
  report.mode = options.mode;
  report.model = options.model;
  report.against = options.against;
  report.program = options.program;
  for (const uint64_t rows : options.rows) {
    MLE_TRY_ASSIGN(CellResult cell, bench_cell(options, rival, rows, report.isa));
    report.cells.push_back(std::move(cell));
  }
  return report;
}

}  // namespace mle::tools
