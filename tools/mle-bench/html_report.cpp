// SPDX-License-Identifier: Apache-2.0
#include <mle/version.h>

#include "tools/cli/html.h"
#include "tools/cli/text.h"
#include "tools/mle-bench/chart.h"
#include "tools/mle-bench/report.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <utility>

namespace mle::tools {
namespace {

std::string percent(double share) { return three_digits(100 * share) + " %"; }

class Page {
 public:
  explicit Page(const BenchReport& report) : report_(report) {}

  std::string run() {
    const std::string name = report_.model.substr(report_.model.rfind('/') + 1);
    html_ = html_head(name + ", " + report_.mode) + "<header>\n<h1>" + html_text(name) + ": " +
            html_text(report_.mode) + "</h1>\n<div class=\"path\">" +
            html_text(head_text(report_)) + "</div>\n</header>\n";
    comparison();
    cards();
    table(cell_table(report_), "What was measured");
    html_ += std::string("<h2>How long ") + (report_.mode == "serve" ? "answers" : "calls") +
             " take</h2>\n<div class=\"charts\">\n";
    for (const CellResult& cell : report_.cells) distribution(cell);
    html_ += "</div>\n";
    sweep();
    crowd();
    for (const CellResult& cell : report_.cells) steps(cell);
    html_ += html_foot("Made by mle-bench " MLE_VERSION_STRING ".");
    return std::move(html_);
  }

 private:
  // The ratio first: what it is compared with, cell by cell.
  void comparison() {
    if (report_.against.empty()) return;
    html_ += "<h2>Beside " + html_text(report_.against) +
             "</h2>\n<table>\n<thead><tr><th>cell</th><th class=\"n\">ratio</th><th "
             "class=\"n\">95 % interval</th><th>½ … 1 … 2</th><th></th></tr></thead>\n<tbody>\n";
    for (const CellResult& cell : report_.cells) {
      const std::string name = cell_name(report_, cell);
      ratio_row(name, cell.ratio);
      if (!cell.served) continue;
      ratio_row(name + ", p99", cell.served->p99_ratio);
      ratio_row(name + ", server CPU", cell.served->cpu_ratio);
    }
    html_ +=
        "</tbody>\n</table>\n<p class=\"soft\">Ours ÷ theirs: left of the line is faster. The bar "
        "is "
        "the 95 % interval, from half to twice as long.</p>\n";
  }

  void ratio_row(const std::string& name, const std::optional<Ratio>& ratio) {
    if (!ratio) return;
    html_ += "<tr><td>" + name + "</td><td class=\"n\">" + three_digits(ratio->value) +
             "</td><td class=\"n\">" + three_digits(ratio->low) + " – " +
             three_digits(ratio->high) + "</td><td>" + interval(*ratio) + "</td><td>" +
             verdict(*ratio) + "</td></tr>\n";
  }

  // From 1/2 to 2, logarithmic, 1 in the middle.
  static std::string interval(const Ratio& ratio) {
    constexpr double kHalf = 110;
    const auto place = [](double value) {
      return kHalf * (1 + std::clamp(std::log2(std::max(value, 1e-9)), -1.0, 1.0));
    };
    const double low = place(ratio.low), high = place(ratio.high);
    return "<svg width=\"220\" height=\"18\"><line class=\"grid\" x1=\"110\" x2=\"110\" y1=\"0\" "
           "y2=\"18\"/><rect class=\"f0\" x=\"" +
           three_digits(low) + "\" y=\"6\" height=\"6\" width=\"" +
           three_digits(std::max(high - low, 1.5)) + "\"/></svg>";
  }

  void cards() {
    html_ += "<div class=\"cards\">\n";
    for (const CellResult& cell : report_.cells) {
      if (cell.samples == 0) continue;
      const bool several = report_.mode == "run" || cell.served;
      const std::string where = several ? ", " + cell_name(report_, cell) : "";
      html_ += html_tile(duration_text(cell.latency.p50), "median" + where);
      if (cell.served)
        html_ +=
            html_tile(grouped(static_cast<uint64_t>(cell.served->per_second)), "answers/s" + where);
      if (report_.mode == "run" && cell.bound)
        html_ += html_tile(percent(share_of_bound(cell)), "of the bound" + where);
    }
    html_ += "</div>\n";
  }

  void table(const Table& table, const std::string& title) {
    html_ += "<h2>" + html_text(title) + "</h2>\n<div class=\"wide\"><table>\n<thead><tr>";
    for (size_t i = 0; i < table.header.size(); ++i)
      html_ += (i == 0 ? "<th>" : "<th class=\"n\">") + html_text(table.header[i]) + "</th>";
    html_ += "</tr></thead>\n<tbody>\n";
    for (const auto& row : table.rows) {
      html_ += "<tr>";
      for (size_t i = 0; i < row.size(); ++i)
        html_ += (i == 0 ? "<td>" : "<td class=\"n\">") + html_text(row[i]) + "</td>";
      html_ += "</tr>\n";
    }
    html_ += "</tbody>\n</table></div>\n";
  }

  // Which share of the calls took that long at most. The last per mille is in the table.
  void distribution(const CellResult& cell) {
    Chart chart;
    chart.title = cell_name(report_, cell);
    chart.x = {cell.served ? "until the answer, or less" : "of a call, or less", true,
               duration_text};
    chart.y = {"", false, percent};
    const auto add = [&](const std::string& name, const std::vector<double>& quantiles) {
      Series series{name, {}};
      for (size_t i = 0; i + 1 < quantiles.size(); ++i)
        if (quantiles[i] > 0)
          series.points.emplace_back(
              quantiles[i], static_cast<double>(i) / static_cast<double>(quantiles.size() - 1));
      if (!series.points.empty()) chart.series.push_back(std::move(series));
    };
    add(report_.model, cell.quantiles);
    if (!report_.against.empty()) add(report_.against, cell.their_quantiles);
    html_ += html_chart(chart);
  }

  // Time per row against rows of a call.
  void sweep() {
    if (report_.mode != "run" || report_.cells.size() < 2) return;
    Chart chart;
    chart.title = "Time for each row";
    chart.x = {"rows of a call", true,
               [](double rows) { return grouped(static_cast<uint64_t>(rows + 0.5)); }};
    chart.y = {"", true, duration_text};
    Series ours{report_.model, {}}, theirs{report_.against, {}}, bound{"the machine's bound", {}};
    for (const CellResult& cell : report_.cells) {
      const auto rows = static_cast<double>(cell.rows);
      if (cell.latency.p50 > 0) ours.points.emplace_back(rows, cell.latency.p50 / rows);
      if (!cell.their_rounds.empty())
        theirs.points.emplace_back(rows, median(cell.their_rounds) / rows);
      if (cell.bound) bound.points.emplace_back(rows, cell.bound->nanoseconds / rows);
    }
    for (Series* each : {&ours, &theirs, &bound}) {
      std::sort(each->points.begin(), each->points.end());
      if (each == &ours || !each->points.empty()) chart.series.push_back(std::move(*each));
    }
    html_ +=
        "<h2>More rows in a call</h2>\n<div class=\"charts\">\n" + html_chart(chart) + "</div>\n";
  }

  // What more requests in flight do to the server, and to whoever waits.
  void crowd() {
    if (report_.mode != "serve" || report_.cells.size() < 2) return;
    const auto count = [](double value) { return grouped(static_cast<uint64_t>(value + 0.5)); };
    const auto make = [&](const char* title, std::function<std::string(double)> text, auto ours,
                          auto theirs) {
      Chart chart{title, {"requests in flight", true, count}, {"", true, std::move(text)}, {}};
      Series a{report_.model, {}}, b{report_.against, {}};
      for (const CellResult& cell : report_.cells) {
        const auto in_flight = static_cast<double>(cell.served->concurrency);
        if (ours(cell) > 0) a.points.emplace_back(in_flight, ours(cell));
        if (theirs(cell) > 0) b.points.emplace_back(in_flight, theirs(cell));
      }
      for (Series* each : {&a, &b}) {
        std::sort(each->points.begin(), each->points.end());
        if (!each->points.empty()) chart.series.push_back(std::move(*each));
      }
      html_ += html_chart(chart);
    };
    html_ += "<h2>More requests in flight</h2>\n<div class=\"charts\">\n";
    make(
        "Answers a second", count, [](const CellResult& cell) { return cell.served->per_second; },
        [](const CellResult& cell) { return cell.served->their_per_second; });
    make(
        "Nearly all (99 %) are answered within", duration_text,
        [](const CellResult& cell) { return cell.latency.p99; },
        [](const CellResult& cell) {
          return cell.their_quantiles.empty()
                     ? 0
                     : cell.their_quantiles[(cell.their_quantiles.size() - 1) * 99 / 100];
        });
    html_ += "</div>\n";
  }

  void steps(const CellResult& cell) {
    if (cell.steps.empty()) return;
    html_ += "<h2>Where the time goes, " + cell_name(report_, cell) +
             "</h2>\n<div class=\"wide\"><table>\n<thead><tr><th>step</th><th class=\"n\">time</th>"
             "<th>share</th><th class=\"n\">GFLOP/s</th><th class=\"n\">GB/s</th>"
             "<th class=\"n\">of bound</th></tr></thead>\n<tbody>\n";
    for (const StepTime& step : cell.steps) {
      html_ += "<tr><td>" + html_text(step.kind + " " + step.name) + "</td><td class=\"n\">" +
               duration_text(step.ns_per_run) +
               "</td><td><div class=\"share\"><i style=\"width:" + three_digits(100 * step.share) +
               "%\"></i></div></td>";
      for (const double value : {step.gflops, step.gbytes_per_s})
        html_ += "<td class=\"n\">" + (value > 0 ? three_digits(value) : "-") + "</td>";
      html_ +=
          "<td class=\"n\">" + (step.of_bound ? percent(*step.of_bound) : "-") + "</td></tr>\n";
    }
    html_ += "</tbody>\n</table></div>\n";
  }

  const BenchReport& report_;
  std::string html_;
};

}  // namespace

std::string html_report(const BenchReport& report) { return Page(report).run(); }

}  // namespace mle::tools
