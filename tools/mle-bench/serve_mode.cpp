// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-bench/serve_mode.h"

#include "format/rules.h"
#include "tools/cli/json.h"
#include "tools/cli/json_document.h"
#include "tools/cli/output_stream.h"
#include "tools/cli/table.h"
#include "tools/cli/text.h"
#include "tools/mle-bench/grpc_load.h"
#include "tools/mle-bench/http_load.h"
#include "tools/mle-bench/machine.h"
#include "tools/mle-bench/samples.h"

#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <random>
#include <utility>

namespace mle::tools {
namespace {

struct Cell {
  uint64_t concurrency = 1, errors = 0, answers = 0;
  double per_second = 0;
  std::optional<Percentiles> latency;   // nanoseconds; nothing where nothing was answered
  std::optional<double> server_cpu_us;  // of a request
};

std::string get_text(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: bench\r\n\r\n";
}

// A request of `rows` rows for the model as its metadata says it, of numbers between -1 and 1.
Result<std::string> request_for(const JsonValue& metadata, const std::string& model,
                                uint64_t rows) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::string body = "{\"inputs\":[";
  for (const JsonValue& input : metadata["inputs"].items) {
    if (body.back() == '}') body += ',';
    body += "{\"name\":";
    append_json_text(body, input["name"].text);
    const std::string& type = input["datatype"].text;
    body += ",\"datatype\":\"" + type + "\",\"shape\":[";
    uint64_t count = 1;
    for (const JsonValue& dim : input["shape"].items) {
      const uint64_t size = dim.number < 0 ? rows : static_cast<uint64_t>(dim.number);
      body += (body.back() == '[' ? "" : ",") + std::to_string(size);
      count *= size;
    }
    body += "],\"data\":[";
    const bool real = type == "FP32" || type == "FP64" || type == "FP16" || type == "BF16";
    for (uint64_t i = 0; i < count; ++i) {
      if (i > 0) body += ',';
      char number[32];
      std::snprintf(number, sizeof number, "%.6f", uniform(random));
      body += real ? number : type == "BYTES" ? "\"a\"" : type == "BOOL" ? "false" : "1";
    }
    body += "]}";
  }
  body += "]}";
  return "POST /v2/models/" + model +
         "/infer HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

// What the server has used so far: as its process is charged, or as it says itself. Nothing where
// neither can be known.
std::optional<double> server_seconds(const ServeBench& options) {
  if (options.pid > 0) {
    clockid_t clock{};
    timespec used{};
    if (::clock_getcpuclockid(static_cast<pid_t>(options.pid), &clock) != 0 ||
        ::clock_gettime(clock, &used) != 0)
      return std::nullopt;
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
  }
  if (options.protocol == "grpc") return std::nullopt;
  const auto page = ask_http(options.target, get_text("/metrics"));
  if (!page) return std::nullopt;
  constexpr std::string_view kName = "\nprocess_cpu_seconds_total ";
  const size_t at = page->find(kName);
  if (at == std::string::npos) return std::nullopt;
  return std::strtod(page->c_str() + at + kName.size(), nullptr);
}

Result<Cell> measure(const ServeBench& options, const std::string& request, uint64_t concurrency) {
  Load load{options.target, request, concurrency, options.rate, options.burst, 0.3};
  const auto run = options.protocol == "grpc" ? run_grpc_load : run_http_load;
  MLE_TRY_ASSIGN(const LoadOutcome warm, run(load));
  load.seconds = options.seconds;
  const auto before = server_seconds(options);
  MLE_TRY_ASSIGN(LoadOutcome outcome, run(load));
  const auto after = server_seconds(options);
  Cell cell;
  cell.concurrency = concurrency;
  cell.errors = outcome.errors + warm.errors;
  cell.answers = outcome.durations.size();
  if (cell.answers == 0) return cell;
  const auto answers = static_cast<double>(cell.answers);
  cell.per_second = answers / outcome.seconds;
  if (before && after) cell.server_cpu_us = (*after - *before) / answers * 1e6;
  cell.latency = percentiles(std::move(outcome.durations));
  return cell;
}

std::string microseconds(double ns) { return three_digits(ns / 1000); }

std::string table_text(const ServeBench& options, const std::vector<Cell>& cells) {
  Table table;
  table.header = {"in flight", "answers/s", "p50 µs", "p90 µs",       "p99 µs",
                  "p99.9 µs",  "max µs",    "errors", "server CPU µs"};
  for (const Cell& cell : cells) {
    const Percentiles p = cell.latency.value_or(Percentiles{});
    table.rows.push_back({std::to_string(cell.concurrency), three_digits(cell.per_second),
                          microseconds(p.p50), microseconds(p.p90), microseconds(p.p99),
                          p.p999 ? microseconds(*p.p999) : "-", microseconds(p.max),
                          std::to_string(cell.errors),
                          cell.server_cpu_us ? three_digits(*cell.server_cpu_us) : "-"});
  }
  if (options.format == "csv") return table.csv();
  if (options.format == "md") return table.markdown();
  const std::string loop = options.rate > 0 ? three_digits(options.rate) + " a second, Poisson, " +
                                                  std::to_string(options.burst) + " at a time"
                                            : "each is asked again once it is answered";
  return printable(options.model) + " at " + options.target + " on " + cpu_model() + ", " +
         std::to_string(options.rows) + " rows, " + loop + "\n" + table.aligned();
}

std::string json_text(const ServeBench& options, const std::vector<Cell>& cells) {
  JsonWriter json;
  json.begin_object().field("schema", "mle-bench/1").field("mode", "serve");
  json.field("model", options.model).field("commit", build_commit()).field("cpu", cpu_model());
  json.field("target", options.target).field("protocol", options.protocol);
  json.key("rate").number(options.rate).field("burst", options.burst);
  json.key("results").begin_array();
  for (const Cell& cell : cells) {
    json.begin_object().field("rows", options.rows).field("concurrency", cell.concurrency);
    json.field("samples", cell.answers).field("errors", cell.errors);
    if (cell.latency) {
      const Percentiles& p = *cell.latency;
      json.key("latency_us").begin_object();
      json.key("p50").number(p.p50 / 1000).key("p90").number(p.p90 / 1000);
      json.key("p99").number(p.p99 / 1000);
      if (p.p999) json.key("p999").number(*p.p999 / 1000);
      json.key("min").number(p.min / 1000).key("mean").number(p.mean / 1000);
      json.key("max").number(p.max / 1000).end_object();
    }
    json.key("rows_per_s").number(cell.per_second * static_cast<double>(options.rows));
    if (cell.server_cpu_us) json.key("server_cpu_us").number(*cell.server_cpu_us);
    json.end_object();
  }
  json.end_array().end_object();
  return json.str();
}

// What to ask; options.model is settled.
Result<std::string> http_question(ServeBench& options) {
  if (options.model.empty()) {
    const std::string ask =
        "POST /v2/repository/index HTTP/1.1\r\nHost: bench\r\nContent-Length: 14"
        "\r\n\r\n{\"ready\":true}";
    MLE_TRY_ASSIGN(const std::string text, ask_http(options.target, ask));
    MLE_TRY_ASSIGN(const JsonValue index, parse_json(text));
    if (index.items.empty())
      return Status::make(Code::NotFound, format::rule::T301_Usage, Status::kNoOffset,
                          options.target + ": serves no model", "name one by --model");
    options.model = index.items.front()["name"].text;
  }
  MLE_TRY_ASSIGN(const std::string text,
                 ask_http(options.target, get_text("/v2/models/" + options.model)));
  MLE_TRY_ASSIGN(const JsonValue metadata, parse_json(text));
  return request_for(metadata, options.model, options.rows);
}

Result<std::vector<Cell>> measure_all(ServeBench& options) {
  MLE_TRY_ASSIGN(const std::string request,
                 options.protocol == "grpc"
                     ? grpc_question(options.target, options.model, options.rows)
                     : http_question(options));
  std::vector<Cell> cells;
  for (const uint64_t concurrency : options.concurrency) {
    MLE_TRY_ASSIGN(Cell cell, measure(options, request, concurrency));
    cells.push_back(std::move(cell));
  }
  return cells;
}

// A connection is a descriptor.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  [[maybe_unused]] const int ignored = ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Flags serve_flags(ServeBench& options) {
  Flags flags(
      "mle-bench serve ADDRESS:PORT [--protocol grpc|http] [--concurrency N,N] [--rate R] "
      "[--json FILE]",
      "Asks a running server and times the answers.");
  flags.positional("ADDRESS:PORT", &options.target, "where the server listens")
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
      .text("--json", "FILE|-", &options.json, "write the report as JSON as well; -: only that")
      .choice("--format", &options.format, {"table", "md", "csv"}, "of the report (table)")
      .examples(
          "  mle-bench serve 127.0.0.1:8000 --concurrency 1,10,100\n"
          "  mle-bench serve 127.0.0.1:8001 --protocol grpc --pid $(pidof mle-serve)\n"
          "  mle-bench serve 127.0.0.1:8000 --model iris --rate 5000 --burst 20\n");
  return flags;
}

int run_serve_bench(const ServeBench& given, const Console& console) {
  ServeBench options = given;
  raise_file_limit();
  auto cells = measure_all(options);
  if (!cells) return console.error("", cells.error()), kFailed;
  if (options.json != "-") std::fputs(table_text(options, *cells).c_str(), stdout);
  if (!options.json.empty()) {
    auto out = OutputStream::open(options.json);
    if (!out) return console.error("", out.error()), kFailed;
    Status status = out->write(json_text(options, *cells));
    if (status.ok()) status = out->commit();
    if (!status.ok()) return console.error("", status), kFailed;
  }
  uint64_t errors = 0;
  for (const Cell& cell : *cells) errors += cell.errors;
  if (errors == 0) return kDone;
  console.error(options.target, std::to_string(errors) + " requests were not answered",
                "the log and the metrics of the server say why");
  return kFailed;
}

}  // namespace mle::tools
