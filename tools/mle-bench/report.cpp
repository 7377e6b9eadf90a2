// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-bench/report.h"

#include "tools/cli/json.h"
#include "tools/cli/text.h"
#include "tools/mle-bench/clock.h"
#include "tools/mle-bench/machine.h"

namespace mle::tools {

double rows_per_second(const CellResult& cell) {
  return cell.latency.p50 > 0 ? static_cast<double>(cell.rows) * 1e9 / cell.latency.p50 : 0;
}

double share_of_bound(const CellResult& cell) {
  return cell.latency.p50 > 0 ? cell.bound->nanoseconds / cell.latency.p50 : 0;
}

namespace {

constexpr double kMicro = 1000;       // nanoseconds
constexpr double kNoticeable = 0.01;  // a ratio nearer to 1 is called no difference

// The key under which a mode's durations stand.
const char* duration_key(const std::string& mode) {
  return mode == "load" ? "load_us" : mode == "start" ? "exec_to_answer_us" : "latency_us";
}

void write_percentiles(JsonWriter& json, const char* key, const Percentiles& p) {
  json.key(key).begin_object();
  json.key("p50").number(p.p50 / kMicro).key("p90").number(p.p90 / kMicro);
  json.key("p99").number(p.p99 / kMicro).key("p999");
  if (p.p999)
    json.number(*p.p999 / kMicro);
  else
    json.null();
  json.key("min").number(p.min / kMicro).key("mean").number(p.mean / kMicro);
  json.key("max").number(p.max / kMicro).end_object();
}

void write_durations(JsonWriter& json, const char* key, const std::vector<double>& durations) {
  json.key(key).begin_line();
  for (const double each : durations) json.number(each / kMicro);
  json.end_array();
}

void write_cell(JsonWriter& json, const BenchReport& report, const CellResult& cell) {
  json.begin_object().field("rows", cell.rows).field("threads", cell.threads);
  json.field("samples", cell.samples).field("calls_per_sample", cell.block);
  write_percentiles(json, duration_key(report.mode), cell.latency);
  if (cell.session) write_percentiles(json, "session_us", *cell.session);
  if (cell.first_run) json.key("first_run_us").number(*cell.first_run / kMicro);
  if (report.mode == "run") json.key("rows_per_s").number(rows_per_second(cell));
  json.field(report.mode == "start" ? "peak_rss_bytes" : "rss_bytes", cell.rss_bytes);
  write_durations(json, "rounds_us", cell.rounds);
  write_durations(json, "quantiles_us", cell.quantiles);
  if (!cell.their_rounds.empty()) write_durations(json, "their_rounds_us", cell.their_rounds);
  if (cell.bound) {
    json.key("bound").begin_object().key("us").number(cell.bound->nanoseconds / kMicro);
    json.key("peak_gflops").number(cell.bound->peak_gflops);
    json.key("read_gb_per_s").number(cell.bound->read_gbytes_per_s);
    json.key("share").number(share_of_bound(cell)).end_object();
  }
  if (cell.ratio) {
    json.key("ratio").begin_object().key("value").number(cell.ratio->value);
    json.key("low").number(cell.ratio->low).key("high").number(cell.ratio->high).end_object();
  }
  if (!cell.steps.empty()) {
    json.key("steps").begin_array();
    for (const StepTime& step : cell.steps) {
      json.begin_object().field("name", step.name).field("kind", step.kind);
      json.key("us").number(step.ns_per_run / kMicro).key("share").number(step.share);
      json.key("gflops").number(step.gflops).key("gb_per_s").number(step.gbytes_per_s);
      if (step.of_bound) json.key("of_bound").number(*step.of_bound);
      json.end_object();
    }
    json.end_array();
  }
  json.end_object();
}

std::string json_report(const BenchReport& report) {
  JsonWriter json;
  json.begin_object().field("schema", "mle-bench/1").field("mode", report.mode);
  json.field("model", report.model).field("commit", build_commit()).field("cpu", cpu_model());
  json.field("isa", report.isa).key("clock_ns").number(clock_cost_ns());
  if (!report.against.empty()) json.field("against", report.against);
  if (!report.program.empty()) json.field("program", report.program);
  json.key("results").begin_array();
  for (const CellResult& cell : report.cells) write_cell(json, report, cell);
  return json.end_array().end_object().str();
}

}  // namespace

const char* verdict(const Ratio& ratio) {
  if (ratio.high < 1 - kNoticeable) return "faster";
  return ratio.low > 1 + kNoticeable ? "slower" : "no difference to speak of";
}

std::string ratio_text(const BenchReport& report, const CellResult& cell) {
  const Ratio& ratio = *cell.ratio;
  std::string line = "ratio " + three_digits(ratio.value) + " (95 % interval " +
                     three_digits(ratio.low) + " to " + three_digits(ratio.high) + ") of " +
                     printable(report.against) + ": " + verdict(ratio);
  if (report.mode == "run")
    line += ", rows " + grouped(cell.rows) + ", threads " + grouped(cell.threads);
  return line;
}

Table cell_table(const BenchReport& report) {
  const bool run = report.mode == "run";
  Table table;
  if (run)
    table.header = {"rows", "threads"};
  else
    table.header = {report.mode};
  for (const char* name : {"p50", "p90", "p99", "p99.9", "min", "mean", "max"})
    table.header.emplace_back(name);
  if (run) table.header.insert(table.header.end(), {"rows/s", "of bound"});
  table.header.insert(table.header.end(),
                      {"samples", run || report.mode == "load" ? "RSS" : "peak RSS"});
  const auto add = [&](std::vector<std::string> cells, const CellResult& cell,
                       const Percentiles& p) {
    for (const double value : {p.p50, p.p90, p.p99}) cells.push_back(duration_text(value));
    cells.push_back(p.p999 ? duration_text(*p.p999) : "-");
    for (const double value : {p.min, p.mean, p.max}) cells.push_back(duration_text(value));
    if (run) {
      cells.push_back(grouped(static_cast<uint64_t>(rows_per_second(cell))));
      cells.push_back(cell.bound ? three_digits(100 * share_of_bound(cell)) + " %" : "-");
    }
    cells.push_back(grouped(cell.samples));
    cells.push_back(byte_text(cell.rss_bytes));
    table.rows.push_back(std::move(cells));
  };
  for (const CellResult& cell : report.cells) {
    if (run)
      add({grouped(cell.rows), grouped(cell.threads)}, cell, cell.latency);
    else
      add({report.mode == "load" ? "load" : "exec to answer"}, cell, cell.latency);
    if (cell.session) add({"make session"}, cell, *cell.session);
  }
  return table;
}

namespace {

Table step_table(const CellResult& cell) {
  Table table{{"step", "time", "share", "GFLOP/s", "GB/s", "of bound"}, {}};
  for (const StepTime& step : cell.steps)
    table.rows.push_back({step.kind + (step.name.empty() ? "" : "  " + printable(step.name)),
                          duration_text(step.ns_per_run), three_digits(100 * step.share) + " %",
                          three_digits(step.gflops), three_digits(step.gbytes_per_s),
                          step.of_bound ? three_digits(100 * *step.of_bound) + " %" : "-"});
  return table;
}

}  // namespace

std::string head_text(const BenchReport& report) {
  std::string text = printable(report.model) + " on " + cpu_model();
  if (!report.isa.empty()) text += ", " + report.isa;
  if (!report.program.empty()) text += ", started as " + printable(report.program);
  if (const std::string commit = build_commit(); !commit.empty()) text += ", " + commit;
  text += "; clock " + three_digits(clock_cost_ns()) + " ns, subtracted";
  for (const CellResult& cell : report.cells)
    if (cell.block > 1)
      text += "; " + grouped(cell.rows) + (cell.rows == 1 ? " row" : " rows") + ": means of " +
              grouped(cell.block) + " calls";
  for (const CellResult& cell : report.cells) {
    if (!cell.bound) continue;
    text += "; bound: " + three_digits(cell.bound->peak_gflops) + " GFLOP/s, " +
            three_digits(cell.bound->read_gbytes_per_s) + " GB/s";
    break;
  }
  return text;
}

std::string report_text(const BenchReport& report, const std::string& format) {
  if (format == "json") return json_report(report);
  const Table table = cell_table(report);
  if (format == "csv") return table.csv();
  const bool markdown = format == "md";
  std::string text;
  for (const CellResult& cell : report.cells)
    if (cell.ratio) text += ratio_text(report, cell) + "\n";
  text += head_text(report) + "\n\n" + (markdown ? table.markdown() : table.aligned());
  for (const CellResult& cell : report.cells) {
    if (cell.first_run) text += "\nfirst run: " + duration_text(*cell.first_run) + "\n";
    if (cell.steps.empty()) continue;
    const Table steps = step_table(cell);
    text += "\nsteps at " + grouped(cell.rows) + (cell.rows == 1 ? " row" : " rows") +
            " (with the profile's own clock reads):\n\n";
    text += markdown ? steps.markdown() : steps.aligned();
  }
  return text;
}

}  // namespace mle::tools
