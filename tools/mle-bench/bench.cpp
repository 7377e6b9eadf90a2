// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-bench/bench.h"

#include "format/rules.h"
#include "tools/cli/input_file.h"
#include "tools/mle-bench/machine.h"
#include "tools/mle-bench/peak.h"
#include "tools/mle-bench/subject.h"

#include <algorithm>

namespace mle::tools {
namespace {

constexpr uint64_t kRounds = 11;  // odd, and enough for an interval
constexpr size_t kMaxSavedReport = size_t{64} << 20;
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

// What --against names: another model, or a saved report.
struct Rival {
  std::string model;
  JsonValue saved;
};

Result<Rival> open_rival(const BenchOptions& options) {
  Rival rival;
  if (!options.against.ends_with(".json")) {
    rival.model = options.against;
    return rival;
  }
  MLE_TRY_ASSIGN(const std::string text, read_text_file(options.against, kMaxSavedReport));
  auto saved = parse_json(text);
  if (!saved || (*saved)["schema"].text != "mle-bench/1" || (*saved)["mode"].text != options.mode)
    return Status::make(Code::InvalidArgument, format::rule::T302_ReadRows, Status::kNoOffset,
                        options.against + ": is no saved report of mle-bench " + options.mode,
                        "make one with mle-bench " + options.mode + " MODEL.mle --json FILE");
  rival.saved = std::move(*saved);
  return rival;
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
  if (options.profile) cell.steps = std::move(steps);
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
  } else if (!options.against.empty()) {
    const auto saved = saved_rounds(rival.saved, rows, options.threads);
    if (saved.empty())
      return Status::make(Code::NotFound, format::rule::T302_ReadRows, Status::kNoOffset,
                          options.against + ": has no figures for " + std::to_string(rows) +
                              " rows on " + std::to_string(options.threads) + " threads",
                          "measure the same cells");
    cell.ratio = separate_ratio(a.rounds, saved);
  }
  cell.latency = percentiles(std::move(a.samples));
  cell.rounds = std::move(a.rounds);
  if (options.mode == "run") MLE_TRY(look_inside(options, rows, isa, cell));
  return cell;
}

}  // namespace

Result<BenchReport> bench(const BenchOptions& options) {
  MLE_TRY_ASSIGN(const Rival rival, open_rival(options));
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
