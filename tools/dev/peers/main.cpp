// The benchmark behind `script/bench peers`: every workload at every batch size, every peer beside
// us in the same minute, and the machine's own bound beside them all.
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/bound.h"
#include "tools/dev/peers/measure.h"
#include "tools/dev/peers/options.h"
#include "tools/dev/peers/peer.h"
#include "tools/dev/peers/report.h"
#include "tools/dev/peers/start.h"
#include "tools/dev/peers/workload.h"

#include <sched.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <fstream>

namespace mle::peers {
namespace {

using Peers = std::vector<std::unique_ptr<Peer>>;

// The value of a "key : value" line.
std::string line_of(const char* path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with(key) && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

std::string load_average() {
  double averages[1] = {};
  char text[32] = "unknown";
  if (getloadavg(averages, 1) == 1) std::snprintf(text, sizeof text, "%.2f", averages[0]);
  return text;
}

Report describe_machine(const Options& options) {
  Report report;
  report.command = options.command;
  report.commit = options.commit;
  char date[32];
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  std::strftime(date, sizeof date, "%Y-%m-%d %H:%M UTC", gmtime_r(&now, &utc));
  report.date = date;
  report.cpu = line_of("/proc/cpuinfo", "model name") + " (family " +
               line_of("/proc/cpuinfo", "cpu family") + " model " +
               line_of("/proc/cpuinfo", "model\t") + ")";
  report.cores = std::to_string(sysconf(_SC_NPROCESSORS_ONLN));
  report.load_average = load_average();
  report.rounds = options.rounds;
  report.quick = options.quick;
  report.threads = options.threads;
  return report;
}

// To that core and as many before it as there are threads.
Status pin(int cpu, int threads) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int i = 0; i < threads && i <= cpu; ++i) CPU_SET(static_cast<size_t>(cpu - i), &set);
  if (sched_setaffinity(0, sizeof set, &set) == 0) return {};
  return error(Code::InvalidArgument, 0, Status::kNoOffset, "name another with --cpu",
               "cpu %d: not ours to run on", cpu);
}

// A call that takes seconds needs no crowd of blocks around it.
Schedule schedule_for(const Options& options, double flops) {
  Schedule schedule;
  schedule.rounds = options.rounds;
  if (options.quick) schedule.turn_ns = 4e6;
  if (flops > 5e9) schedule.min_blocks = 1;
  return schedule;
}

Result<Cell> measure_cell(const Options& options, const Workload& workload, size_t rows,
                          const std::vector<std::unique_ptr<PeerModel>>& models, const Peers& peers,
                          const Buffer& inputs, const Reference& reference) {
  std::vector<Buffer> answers;
  std::vector<Contestant> contestants;
  for (size_t i = 0; i < peers.size(); ++i) {
    const std::string name = peers[i]->name();
    PeerModel& model = *models[i];
    const Buffer& out = answers.emplace_back(rows * workload.out());
    MLE_TRY(model.bind(rows, inputs.data(), out.data()));
    MLE_TRY(model.run(1));
    MLE_TRY(reference.check(out.first(rows * workload.out()), rows, name));
    contestants.push_back({name, [&model](size_t calls) { return model.run(calls); }});
  }
  MLE_TRY_ASSIGN(const ReadBound bytes,
                 ReadBound::make(workload, inputs.first(rows * workload.in())));
  contestants.push_back(bytes.pass());
  contestants.push_back(peak_fma());
  const double flops = workload.flops_per_row() * static_cast<double>(rows);
  MLE_TRY_ASSIGN(std::vector<Timings> timings,
                 interleave(contestants, schedule_for(options, flops)));
  Cell cell{workload.name, rows, flops, bytes.bytes(), {}, {}, {}, {}};
  cell.fma = std::move(timings[peers.size() + 1]);
  cell.pass = std::move(timings[peers.size()]);
  cell.ours = {contestants[0].name, std::move(timings[0])};
  for (size_t i = 1; i < peers.size(); ++i) {
    cell.theirs.push_back({contestants[i].name, std::move(timings[i])});
  }
  return cell;
}

Status measure_answers(const Options& options, const Workload& workload, const Peers& peers,
                       Report& report) {
  const Buffer inputs = make_inputs(workload);
  const Reference reference(workload, inputs.first(kMaxRows * workload.in()));
  std::vector<std::unique_ptr<PeerModel>> models;
  for (const auto& peer : peers) {
    MLE_TRY_ASSIGN(std::unique_ptr<PeerModel> model, peer->load(workload));
    models.push_back(std::move(model));
  }
  for (const size_t rows : options.batches) {
    MLE_TRY_ASSIGN(Cell cell,
                   measure_cell(options, workload, rows, models, peers, inputs, reference));
    report.cells.push_back(std::move(cell));
    std::fprintf(stderr, "%s b%zu done\n", workload.name.c_str(), rows);
  }
  return {};
}

Status measure_loads(const Options& options, const Workload& workload, const Peers& peers,
                     Report& report) {
  std::vector<Contestant> contestants = peers[0]->loads(workload);
  const size_t ours = contestants.size();
  for (size_t i = 1; i < peers.size(); ++i) {
    for (Contestant& way : peers[i]->loads(workload)) contestants.push_back(std::move(way));
  }
  MLE_TRY_ASSIGN(std::vector<Timings> timings, interleave(contestants, schedule_for(options, 0)));
  Comparison comparison{workload.name, {}, {}};
  for (size_t i = 0; i < contestants.size(); ++i) {
    std::vector<Column>& side = i < ours ? comparison.ours : comparison.theirs;
    side.push_back({contestants[i].name, std::move(timings[i])});
  }
  report.loads.push_back(std::move(comparison));
  std::fprintf(stderr, "%s load done\n", workload.name.c_str());
  return {};
}

Status measure_starts(const Options& options, const Workload& workload, Report& report) {
  const std::string row = options.models + "/" + workload.name + ".npy";
  const std::vector<Program> programs{
      {"mle-run", {options.mle_run, workload.mle_path, "--input", row}},
      {"empty program", {options.programs + "/start_empty"}},
      {"onnxruntime",
       {options.programs + "/start_onnxruntime", options.onnxruntime, workload.onnx_path, row,
        std::to_string(workload.in()), std::to_string(workload.out())}}};
  MLE_TRY_ASSIGN(std::vector<Timings> timings, interleave_starts(programs, options.rounds));
  Comparison comparison{workload.name, {{programs[0].name, std::move(timings[0])}}, {}};
  for (size_t i = 1; i < programs.size(); ++i) {
    comparison.theirs.push_back({programs[i].name, std::move(timings[i])});
  }
  report.starts.push_back(std::move(comparison));
  std::fprintf(stderr, "%s start done\n", workload.name.c_str());
  return {};
}

Status run(const Options& options) {
  MLE_TRY_ASSIGN(const std::vector<Workload> workloads, read_workloads(options.models));
  MLE_TRY(pin(options.cpu, options.threads));
  Report report = describe_machine(options);
  report.missing = options.missing;
  const PeerLibraries libraries{options.onnxruntime, options.openblas, options.mkl,
                                options.rust,        options.litert,   options.threads};
  MLE_TRY_ASSIGN(const Peers peers, make_peers(libraries, report.missing));
  for (const Workload& workload : workloads) {
    if (!options.wants(workload.name)) continue;
    if (options.run) MLE_TRY(measure_answers(options, workload, peers, report));
    if (options.load) MLE_TRY(measure_loads(options, workload, peers, report));
    if (options.start && !options.mle_run.empty()) {
      MLE_TRY(measure_starts(options, workload, report));
    }
  }
  for (const auto& peer : peers) report.versions.push_back(peer->name() + " " + peer->version());
  const std::string page = to_markdown(report);
  std::fputs(page.c_str(), stdout);
  const std::string name =
      options.output +
      (options.threads == 1 ? "/report" : "/report" + std::to_string(options.threads));
  MLE_TRY(write_text(name + ".md", page));
  return write_text(name + ".json", to_json(report));
}

}  // namespace
}  // namespace mle::peers

int main(int argc, char** argv) {
  auto options = mle::peers::parse_options(argc, argv);
  const mle::Status status = options ? mle::peers::run(*options) : std::move(options).error();
  if (status.ok()) return 0;
  std::fprintf(stderr, "peers: error: %s\n", status.message());
  if (status.hint()[0] != '\0') std::fprintf(stderr, "hint: %s\n", status.hint());
  return status.code() == mle::Code::InvalidArgument ? 2 : 1;
}
