// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-bench/report.h"

#include "tools/cli/json.h"
#include "tools/cli/text.h"
#include "tools/mle-bench/clock.h"
#include "tools/mle-bench/machine.h"

#include <utility>

namespace mle::tools {

double rows_per_second(const CellResult& cell) {
  if (cell.served) return static_cast<double>(cell.rows) * cell.served->per_second;
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

void write_ratio(JsonWriter& json, const char* key, const std::optional<Ratio>& ratio) {
  if (!ratio) return;
  json.key(key).begin_object().key("value").number(ratio->value);
  json.key("low").number(ratio->low).key("high").number(ratio->high).end_object();
}

void write_served(JsonWriter& json, const ServedCell& served) {
  write_durations(json, "p99_rounds_us", served.p99_rounds);
  if (served.cpu_us) json.key("server_cpu_us").number(*served.cpu_us);
  if (served.their_per_second > 0) {
    json.field("their_errors", served.their_errors);
    if (served.their_cpu_us) json.key("their_server_cpu_us").number(*served.their_cpu_us);
  }
  write_ratio(json, "p99_ratio", served.p99_ratio);
  write_ratio(json, "cpu_ratio", served.cpu_ratio);
}

void write_cell(JsonWriter& json, const BenchReport& report, const CellResult& cell) {
  json.begin_object().field("rows", cell.rows);
  if (cell.served)
    json.field("concurrency", cell.served->concurrency).field("errors", cell.served->errors);
  else
    json.field("threads", cell.threads).field("calls_per_sample", cell.block);
  json.field("samples", cell.samples);
  if (cell.samples > 0) write_percentiles(json, duration_key(report.mode), cell.latency);
  if (cell.session) write_percentiles(json, "session_us", *cell.session);
  if (cell.first_run) json.key("first_run_us").number(*cell.first_run / kMicro);
  if (report.mode == "run" || cell.served) json.key("rows_per_s").number(rows_per_second(cell));
  if (!cell.served)
    json.field(report.mode == "start" ? "peak_rss_bytes" : "rss_bytes", cell.rss_bytes);
  write_durations(json, "rounds_us", cell.rounds);
  write_durations(json, "quantiles_us", cell.quantiles);
  if (cell.served) write_served(json, *cell.served);
  if (!cell.their_rounds.empty()) write_durations(json, "their_rounds_us", cell.their_rounds);
  if (cell.bound) {
    json.key("bound").begin_object().key("us").number(cell.bound->nanoseconds / kMicro);
    json.key("peak_gflops").number(cell.bound->peak_gflops);
    json.key("read_gb_per_s").number(cell.bound->read_gbytes_per_s);
    json.key("share").number(share_of_bound(cell)).end_object();
  }
  write_ratio(json, "ratio", cell.ratio);
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
  if (report.mode == "serve") {
    json.field("target", report.target).field("protocol", report.protocol);
    json.key("rate").number(report.rate).field("burst", report.burst);
  } else {
    json.field("isa", report.isa).key("clock_ns").number(clock_cost_ns());
  }
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
  if (!cell.served) return line;
  line += ", " + cell_name(report, cell);
  for (const auto& [name, more] :
       {std::pair("p99", cell.served->p99_ratio), std::pair("server CPU", cell.served->cpu_ratio)})
    if (more)
      line += std::string("; ") + name + " " + three_digits(more->value) + " (" +
              three_digits(more->low) + " to " + three_digits(more->high) + ")";
  return line;
}

std::string cell_name(const BenchReport& report, const CellResult& cell) {
  if (cell.served) return grouped(cell.served->concurrency) + " in flight";
  if (report.mode != "run") return report.mode;
  return grouped(cell.rows) + (cell.rows == 1 ? " row" : " rows");
}

namespace {

// Plain figures, in microseconds.
Table served_table(const BenchReport& report) {
  Table table{{"in flight", "answers/s", "p50 µs", "p90 µs", "p99 µs", "p99.9 µs", "max µs",
               "errors", "server CPU µs"},
              {}};
  const auto micro = [](double ns) { return three_digits(ns / kMicro); };
  for (const CellResult& cell : report.cells) {
    const Percentiles& p = cell.latency;
    table.rows.push_back({std::to_string(cell.served->concurrency),
                          three_digits(cell.served->per_second), micro(p.p50), micro(p.p90),
                          micro(p.p99), p.p999 ? micro(*p.p999) : "-", micro(p.max),
                          std::to_string(cell.served->errors),
                          cell.served->cpu_us ? three_digits(*cell.served->cpu_us) : "-"});
  }
  return table;
}

std::string served_head(const BenchReport& report) {
  std::string text = printable(report.model);
  if (report.model != report.target) text += " at " + printable(report.target);
  text += " over " + report.protocol + " on " + cpu_model();
  if (!report.cells.empty()) text += ", rows " + grouped(report.cells[0].rows);
  if (report.rate > 0)
    return text + ", " + three_digits(report.rate) + " a second, Poisson, " +
           grouped(report.burst) + " at a time";
  return text + ", each asked again once it is answered";
}

}  // namespace

Table cell_table(const BenchReport& report) {
  if (report.mode == "serve") return served_table(report);
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
  if (report.mode == "serve") return served_head(report);
  std::string text = printable(report.model) + " on " + cpu_model();
  if (!report.isa.empty()) text += ", " + report.isa;
  if (!report.program.empty()) text += ", started as " + printable(report.program);
  if (const std::string commit = build_commit(); !commit.empty()) text += ", " + commit;
  text += "; clock " + three_digits(clock_cost_ns()) + " ns, subtracted";
  for (const CellResult& cell : report.cells)
    if (cell.block > 1)
      text += "; " + cell_name(report, cell) + ": means of " + grouped(cell.block) + " calls";
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
    text += "\nsteps at " + cell_name(report, cell) + " (with the profile's own clock reads):\n\n";
    text += markdown ? steps.markdown() : steps.aligned();
  }
  return text;
}

}  // namespace mle::tools
