// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-bench/serve_mode.h"

#include "format/rules.h"
#include "tools/mle-bench/rival.h"
#include "tools/mle-bench/samples.h"
#include "tools/mle-bench/serve_load.h"

#include <sys/resource.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace mle::tools {
namespace {

constexpr size_t kRounds = 11;  // odd, and enough for an interval

// A connection is a descriptor.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  [[maybe_unused]] const int ignored = ::setrlimit(RLIMIT_NOFILE, &limit);
}

// What --against names: who is asked in turns, or what was saved.
struct ServeRival {
  std::optional<ServeLoad> load;
  JsonValue saved;
};

// The figures of rounds in which both answered.
std::optional<Ratio> in_pairs(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> ours, theirs;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i] <= 0 || b[i] <= 0) continue;
    ours.push_back(a[i]);
    theirs.push_back(b[i]);
  }
  if (ours.empty()) return std::nullopt;
  return paired_ratio(ours, theirs);
}

double answers_per_second(const ServedRounds& rounds) {
  return static_cast<double>(rounds.samples.size()) / rounds.seconds;
}

std::optional<double> cpu_of_an_answer(const ServedRounds& rounds) {
  if (!rounds.cpu_known || rounds.samples.empty()) return std::nullopt;
  return rounds.cpu_ns / static_cast<double>(rounds.samples.size()) / 1000;
}

Status nothing_to_compare(const ServeBench& options, const std::string& why) {
  return Status::make(Code::NotFound, format::rule::T302_ReadRows, Status::kNoOffset,
                      options.against + ": " + why, "measure the same cells, longer if need be");
}

// Beside a server that was asked in turns.
Status compare(const ServeBench& options, const ServedRounds& ours, ServedRounds theirs,
               CellResult& cell) {
  ServedCell& served = *cell.served;
  cell.ratio = in_pairs(ours.medians, theirs.medians);
  if (!cell.ratio) return nothing_to_compare(options, "no round in which both gave an answer");
  served.p99_ratio = in_pairs(ours.p99s, theirs.p99s);
  if (ours.cpu_known && theirs.cpu_known) served.cpu_ratio = in_pairs(ours.cpu, theirs.cpu);
  served.their_errors = theirs.errors;
  served.their_per_second = answers_per_second(theirs);
  served.their_cpu_us = cpu_of_an_answer(theirs);
  cell.their_rounds = std::move(theirs.medians);
  cell.their_quantiles = quantiles(std::move(theirs.samples));
  return {};
}

// Beside figures of another day.
Status compare_saved(const ServeBench& options, const JsonValue& saved, const ServedRounds& ours,
                     CellResult& cell) {
  ServedCell& served = *cell.served;
  const JsonValue* const there = find_cell(saved, options.rows, "concurrency", served.concurrency);
  const bool alike = saved["protocol"].text == options.protocol &&
                     saved["rate"].number == options.rate &&
                     saved["burst"].number == static_cast<double>(options.burst);
  if (there == nullptr || !alike || ours.samples.empty())
    return nothing_to_compare(
        options, "has no figures for " + std::to_string(served.concurrency) +
                     " in flight with as many rows, the same protocol, rate and burst");
  std::vector<double> medians = reported_durations((*there)["rounds_us"]);
  const std::vector<double> p99s = reported_durations((*there)["p99_rounds_us"]);
  if (medians.empty() || p99s.empty()) return nothing_to_compare(options, "has no rounds");
  cell.ratio = separate_ratio(ours.medians, medians);
  served.p99_ratio = separate_ratio(ours.p99s, p99s);
  served.their_per_second = (*there)["rows_per_s"].number / static_cast<double>(options.rows);
  served.their_errors = static_cast<uint64_t>(std::max((*there)["errors"].number, 0.0));
  if (const JsonValue& cpu = (*there)["server_cpu_us"]; cpu.number > 0)
    served.their_cpu_us = cpu.number;
  cell.their_rounds = std::move(medians);
  cell.their_quantiles = reported_durations((*there)["quantiles_us"]);
  return {};
}

Result<CellResult> measure(const ServeBench& options, const ServeLoad& load,
                           const ServeRival& rival, uint64_t concurrency) {
  ServedRounds ours, theirs;
  MLE_TRY(load.warm(concurrency, ours));
  if (rival.load) {
    MLE_TRY(rival.load->warm(concurrency, theirs));
    const double each = options.seconds / kRounds;
    for (size_t round = 0; round < kRounds; ++round) {
      if (round % 2 == 1) MLE_TRY(rival.load->run(concurrency, each, 1, theirs));
      MLE_TRY(load.run(concurrency, each, 1, ours));
      if (round % 2 == 0) MLE_TRY(rival.load->run(concurrency, each, 1, theirs));
    }
  } else {
    MLE_TRY(load.run(concurrency, options.seconds, kRounds, ours));
  }
  CellResult cell;
  cell.rows = options.rows;
  cell.samples = ours.samples.size();
  cell.served.emplace();
  cell.served->concurrency = concurrency;
  cell.served->errors = ours.errors;
  cell.served->per_second = answers_per_second(ours);
  cell.served->cpu_us = cpu_of_an_answer(ours);
  if (rival.load) {
    MLE_TRY(compare(options, ours, std::move(theirs), cell));
  } else if (!options.against.empty()) {
    MLE_TRY(compare_saved(options, rival.saved, ours, cell));
  }
  if (cell.samples == 0) return cell;
  cell.quantiles = quantiles(ours.samples);
  cell.latency = percentiles(std::move(ours.samples));
  cell.rounds = std::move(ours.medians);
  cell.served->p99_rounds = std::move(ours.p99s);
  return cell;
}

bool is_file_of_a_model(const std::string& target) { return target.ends_with(".mle"); }

// A server that is started serves what it was started with.
std::string model_of(const ServeBench& options, const std::string& target) {
  return is_file_of_a_model(target) ? "" : options.model;
}

}  // namespace

Flags serve_flags(ServeBench& options) {
  Flags flags(
      "mle-bench serve TARGET [--protocol grpc|http] [--concurrency N,N] [--rate R] "
      "[--against OTHER]",
      "Asks a server and times the answers.");
  flags
      .positional("TARGET", &options.target,
                  "ADDRESS:PORT, or MODEL.mle: served for the time by the mle-serve beside this")
      .choice("--protocol", &options.protocol, {"grpc", "http"}, "how it is asked (http)")
      .text("--model", "NAME", &options.model, "which model to ask (the first that is ready)")
      .wholes("--concurrency", "N,N", &options.concurrency, 1, 10'000,
              "requests in flight; several are measured one by one (1,10,100,1000)")
      .whole("--rows", "N", &options.rows, 1, 1 << 20, "rows of a request (1)")
      .real(
          "--rate", "R", &options.rate, 0, 1e7,
          "requests a second at random times, whatever the server does (0: each after its answer)")
      .whole("--burst", "N", &options.burst, 1, 100'000, "of --rate, so many at a time (1)")
      .whole("--pid", "N", &options.pid, 0, 1 << 30,
             "the process of the server, for what it is charged (0: as /metrics says)")
      .real("--seconds", "S", &options.seconds, 0.01, 3600, "how long to measure a cell (2)")
      .examples(
          "  mle-bench serve 127.0.0.1:8000 --concurrency 1,10,100\n"
          "  mle-bench serve 127.0.0.1:8001 --protocol grpc --pid $(pidof mle-serve)\n"
          "  mle-bench serve 127.0.0.1:8000 --model iris --rate 5000 --burst 20\n"
          "  mle-bench serve new.mle --against old.mle --fail-above 5 --html page.html\n");
  return flags;
}

Result<BenchReport> bench_serve(const ServeBench& options) {
  raise_file_limit();
  ServeRival rival;
  const std::string& other = options.against;
  const bool saved = other.ends_with(".json");
  // A word without a port is a model beside the one that is asked.
  const bool neighbour = !other.empty() && !saved && !is_file_of_a_model(other) &&
                         other.find_first_of(": ") == std::string::npos;
  // Programs are started before gRPC has threads.
  MLE_TRY_ASSIGN(ServeTarget target, ServeTarget::open(options.target, options.protocol));
  std::optional<ServeTarget> theirs;
  if (neighbour) {
    MLE_TRY_ASSIGN(theirs, ServeTarget::open(target.address(), options.protocol));
  } else if (saved) {
    MLE_TRY_ASSIGN(Rival report, open_rival(other, "serve"));
    rival.saved = std::move(report.saved);
  } else if (!other.empty()) {
    MLE_TRY_ASSIGN(theirs, ServeTarget::open(other, options.protocol));
  }
  const uint64_t process = target.started() > 0 ? target.started() : options.pid;
  MLE_TRY_ASSIGN(const ServeLoad load, ServeLoad::make(options, std::move(target),
                                                       model_of(options, options.target), process));
  if (theirs) {
    MLE_TRY_ASSIGN(rival.load, ServeLoad::make(options, std::move(*theirs),
                                               neighbour ? other : model_of(options, other),
                                               neighbour ? process : 0));
  }
  BenchReport report;
  report.mode = "serve";
  report.model = is_file_of_a_model(options.target) ? options.target : load.model();
  report.target = options.target;
  report.against = other;
  report.protocol = options.protocol;
  report.rate = options.rate;
  report.burst = options.burst;
  for (const uint64_t concurrency : options.concurrency) {
    MLE_TRY_ASSIGN(CellResult cell, measure(options, load, rival, concurrency));
    report.cells.push_back(std::move(cell));
  }
  return report;
}

}  // namespace mle::tools
