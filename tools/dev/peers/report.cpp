// Markdown and JSON of a run.
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/report.h"

#include "tools/dev/peers/bound.h"
#include "tools/dev/peers/statistics.h"

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace mle::peers {
namespace {

[[gnu::format(printf, 1, 2)]] std::string text(const char* format, ...) {
  char buffer[1024];
  va_list args;
  va_start(args, format);
  std::vsnprintf(buffer, sizeof buffer, format, args);
  va_end(args);
  return buffer;
}

// Microseconds with three digits that mean something.
std::string micros(double ns) {
  const double us = ns / 1e3;
  return text(us >= 100 ? "%.0f" : us >= 10 ? "%.1f" : us >= 1 ? "%.2f" : "%.3f", us);
}

double p50(const Timings& timings) { return median(timings.rounds); }

// What no answer can beat: arithmetic or bytes, whichever takes longer, in each round.
struct Bound {
  std::vector<double> rounds;
  const char* limit = "";
};

Bound bound_of(const Cell& cell) {
  Bound bound;
  for (size_t i = 0; i < cell.fma.rounds.size(); ++i) {
    const double arithmetic = cell.fma.rounds[i] * cell.flops / kFlopsPerCall;
    bound.rounds.push_back(std::max(arithmetic, cell.pass.rounds[i]));
  }
  const double arithmetic = p50(cell.fma) * cell.flops / kFlopsPerCall;
  bound.limit = arithmetic >= p50(cell.pass) ? "FLOP" : "bytes";
  return bound;
}

std::string ratio_text(const Estimate& ratio) {
  const int digits = ratio.value >= 10 ? 1 : 2;
  return text("%.*f [%.*f–%.*f]", digits, ratio.value, digits, ratio.low, digits, ratio.high);
}

Estimate ratio_of(const Timings& theirs, const Timings& ours) {
  return paired_ratio(theirs.rounds, ours.rounds);
}

// "| first | second |" and the line under it.
std::string table_head(const std::vector<std::string>& names) {
  std::string head = "|", line = "\n|";
  for (const std::string& name : names) {
    head += " " + name + " |";
    line += "---|";
  }
  return head + line + "\n";
}

std::string cells_to_markdown(const std::vector<Cell>& cells) {
  std::vector<std::string> names{"cell"};
  for (const Column& peer : cells.front().theirs) names.push_back(peer.name + " ÷ mle");
  names.insert(names.end(), {"mle P50 µs", "P99", "bound µs", "of bound", "GFLOP/s"});
  for (const Column& peer : cells.front().theirs) {
    names.push_back(peer.name + " P50 µs");
    names.push_back("P99");
  }
  std::string page = table_head(names);
  for (const Cell& cell : cells) {
    const Timings& ours = cell.ours.timings;
    const Bound bound = bound_of(cell);
    page += text("| %s b%zu |", cell.workload.c_str(), cell.rows);
    for (const Column& peer : cell.theirs) {
      const Estimate ratio = ratio_of(peer.timings, ours);
      page += " " + ratio_text(ratio) + (ratio.high < 0.97 ? " **behind** |" : " |");
    }
    page += " " + micros(p50(ours)) + " | " + micros(ours.p99) + " | " +
            micros(median(bound.rounds)) + " " + bound.limit + " |";
    page += text(" %.0f %% | %.1f |", 100 * paired_ratio(bound.rounds, ours.rounds).value,
                 cell.flops / p50(ours));
    for (const Column& peer : cell.theirs) {
      page += " " + micros(p50(peer.timings)) + " | " + micros(peer.timings.p99) + " |";
    }
    page += "\n";
  }
  return page;
}

// Each of theirs against each of ours, then everybody's time.
std::string comparisons_to_markdown(const std::vector<Comparison>& comparisons) {
  std::vector<std::string> names{"model"};
  const Comparison& first = comparisons.front();
  for (const Column& theirs : first.theirs) {
    for (const Column& ours : first.ours) names.push_back(theirs.name + " ÷ " + ours.name);
  }
  for (const Column& way : first.ours) names.push_back(way.name + " P50 µs");
  for (const Column& way : first.theirs) names.push_back(way.name + " P50 µs");
  std::string page = table_head(names);
  for (const Comparison& comparison : comparisons) {
    page += "| " + comparison.workload + " |";
    for (const Column& theirs : comparison.theirs) {
      for (const Column& ours : comparison.ours) {
        page += " " + ratio_text(ratio_of(theirs.timings, ours.timings)) + " |";
      }
    }
    for (const Column& way : comparison.ours) page += " " + micros(p50(way.timings)) + " |";
    for (const Column& way : comparison.theirs) page += " " + micros(p50(way.timings)) + " |";
    page += "\n";
  }
  return page;
}

std::string quoted(const std::string& value) {
  std::string json = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') json += '\\';
    json += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return json + '"';
}

template <class Items, class ToJson>
std::string list(const Items& items, ToJson to_json) {
  std::string json = "[";
  for (const auto& item : items) json += (json.size() > 1 ? "," : "") + to_json(item);
  return json + "]";
}

std::string json_of(const Estimate& estimate) {
  return text("{\"value\":%.4g,\"low\":%.4g,\"high\":%.4g}", estimate.value, estimate.low,
              estimate.high);
}

std::string json_of(const Timings& timings) {
  return text("{\"p50_us\":%.6g,\"p99_us\":%.6g,\"min_us\":%.6g,\"rounds_us\":", p50(timings) / 1e3,
              timings.p99 / 1e3, timings.fastest / 1e3) +
         list(timings.rounds, [](double ns) { return text("%.6g", ns / 1e3); }) + "}";
}

// Every column with its times; of theirs also the ratio to the first of ours.
std::string json_of(const std::vector<Column>& ours, const std::vector<Column>& theirs) {
  std::vector<std::string> columns;
  for (const Column& column : ours) {
    columns.push_back("{\"name\":" + quoted(column.name) + ",\"times\":" + json_of(column.timings) +
                      "}");
  }
  for (const Column& column : theirs) {
    columns.push_back("{\"name\":" + quoted(column.name) +
                      ",\"ratio\":" + json_of(ratio_of(column.timings, ours.front().timings)) +
                      ",\"times\":" + json_of(column.timings) + "}");
  }
  return list(columns, [](const std::string& column) { return column; });
}

std::string json_of(const Cell& cell) {
  const Bound bound = bound_of(cell);
  return "{\"workload\":" + quoted(cell.workload) +
         text(",\"rows\":%zu,\"flops\":%.0f,\"bytes\":%zu,\"bound_us\":%.6g,\"limit\":\"%s\"",
              cell.rows, cell.flops, cell.bytes, median(bound.rounds) / 1e3, bound.limit) +
         ",\"of_bound\":" + json_of(paired_ratio(bound.rounds, cell.ours.timings.rounds)) +
         text(",\"peak_gflops\":%.6g,\"pass_us\":%.6g", kFlopsPerCall / p50(cell.fma),
              p50(cell.pass) / 1e3) +
         ",\"peers\":" + json_of({cell.ours}, cell.theirs) + "}";
}

std::string json_of(const Comparison& comparison) {
  return "{\"workload\":" + quoted(comparison.workload) +
         ",\"ways\":" + json_of(comparison.ours, comparison.theirs) + "}";
}

}  // namespace

std::string to_markdown(const Report& report) {
  std::string page = "# mle beside its peers\n\n";
  page += "`" + report.command + "` · commit " + report.commit + " · " + report.date + "\n\n";
  page +=
      report.cpu + ", " + report.cores + " cores; " +
      (report.threads == 1 ? std::string("one thread pinned to one of them")
                           : text("%d threads pinned to as many of them, the bound is that of one",
                                  report.threads)) +
      "; load average before the run: " + report.load_average +
      text("; %d interleaved rounds", report.rounds) +
      (report.quick ? " (quick: too short to quote)" : "") + ".\n\n";
  for (const std::string& version : report.versions) page += "- " + version + "\n";
  for (const std::string& reason : report.missing) page += "- not measured: " + reason + "\n";
  if (!report.cells.empty()) {
    page +=
        "\n## Answers\n\nRatios are time of the peer ÷ time of mle, median of the rounds with its "
        "95 % interval: above 1, mle is ahead.\n\n" +
        cells_to_markdown(report.cells);
  }
  if (!report.loads.empty()) {
    page += "\n## Load\n\nFile in the page cache to a model that can run.\n\n" +
            comparisons_to_markdown(report.loads);
  }
  if (!report.starts.empty()) {
    page += "\n## Cold start\n\nFresh process: spawn to the first byte of the first answer.\n\n" +
            comparisons_to_markdown(report.starts);
  }
  return page;
}

std::string to_json(const Report& report) {
  return "{\"schema\":\"mle-peers/1\",\"command\":" + quoted(report.command) +
         ",\"commit\":" + quoted(report.commit) + ",\"date\":" + quoted(report.date) +
         ",\"cpu\":" + quoted(report.cpu) + ",\"cores\":" + quoted(report.cores) +
         ",\"load_average\":" + quoted(report.load_average) +
         text(",\"threads\":%d,\"rounds\":%d,\"quick\":%s", report.threads, report.rounds,
              report.quick ? "true" : "false") +
         ",\"versions\":" + list(report.versions, quoted) +
         ",\"missing\":" + list(report.missing, quoted) +
         ",\"cells\":" + list(report.cells, [](const Cell& cell) { return json_of(cell); }) +
         ",\"loads\":" + list(report.loads, [](const Comparison& c) { return json_of(c); }) +
         ",\"starts\":" + list(report.starts, [](const Comparison& c) { return json_of(c); }) +
         "}\n";
}

Status write_text(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (file) return {};
  return error(Code::Io, 0, Status::kNoOffset, "choose a writable folder with --output", "%s: %s",
               path.c_str(), std::strerror(errno));
}

}  // namespace mle::peers
