// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/table.h"
#include "tools/cli/text.h"
#include "tools/mle-inspect/screens.h"

#include <chrono>
#include <cstdio>

namespace mle::tools {
namespace {

std::string names_text(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < 12; ++i)
    text += (i == 0 ? "" : ", ") + printable(names[i]);
  if (names.size() > 12) text += ", … (" + grouped(names.size()) + ")";
  return text;
}

// Lines of the form "  key       value"; empty values leave no line.
class Page {
 public:
  void line(const std::string& key, const std::string& value) {
    if (value.empty()) return;
    text_ += "  " + key + std::string(key.size() < 12 ? 12 - key.size() : 1, ' ') + value + "\n";
  }
  void title(const std::string& text) { text_ += text + "\n"; }
  std::string text_;
};

void port_lines(Page& page, const char* key, const PortFacts& port) {
  std::string value = printable(port.name) + " " + port.shape();
  if (port.source_rows != 1) value += ", " + grouped(port.source_rows) + " rows of the source";
  if (port.axes == "flattened") value += ", or as many elements along more axes";
  if (port.axes == "leading") value += ", or with more axes before these";
  if (!port.unit.empty()) value += " in " + printable(port.unit);
  if (!port.doc.empty()) value += ": " + printable(port.doc);
  page.line(key, value);
  page.line("  columns", names_text(port.features));
  page.line("  labels", names_text(port.labels));
  page.line("  classes", names_text(port.classes));
}

}  // namespace

std::string date_text(uint64_t seconds) {
  constexpr uint64_t kLastPlainYear = 253402300799;  // 9999-12-31
  if (seconds > kLastPlainYear) return std::to_string(seconds) + " s since 1970";
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

namespace {

std::string source_text(const FileFacts& facts) {
  std::string text = printable(facts.source_file);
  if (!facts.source_kind.empty()) text += " (" + printable(facts.source_kind) + ")";
  if (!facts.framework.empty()) text += " by " + printable(facts.framework);
  return text;
}

}  // namespace

std::string info_text(const std::string& path, const FileFacts& facts) {
  Page page;
  page.title(printable(path));
  page.line("model", printable(facts.name) +
                         (facts.version == 0 ? "" : " version " + std::to_string(facts.version)));
  page.line("about", printable(facts.doc));
  for (const EntryFacts& entry : facts.entries) {
    page.line("entry",
              printable(entry.name) + (entry.task == "Unknown" ? "" : ", task " + entry.task));
    for (const PortFacts& port : entry.inputs) port_lines(page, "  takes", port);
    for (const PortFacts& port : entry.outputs) port_lines(page, "  gives", port);
    page.line("  golden", entry.golden_rows == 0
                              ? "none"
                              : grouped(entry.golden_rows) + " rows answered by " +
                                    printable(entry.golden_reference));
  }
  if (facts.rows_mix) page.line("rows", "mix: an answer depends on all rows of its call");
  page.line("layers", grouped(facts.steps.size()));
  page.line("parameters", grouped(facts.parameters));
  page.line("file", byte_text(facts.file_bytes));
  page.line("  program", byte_text(facts.program_bytes));
  for (const SegmentFacts& segment : facts.segments)
    page.line("  " + printable(segment.kind), byte_text(segment.bytes));
  const bool per_row = !facts.entries.empty() && facts.entries[0].inputs[0].per_row;
  page.line("arena", byte_text(facts.arena_bytes) + (per_row ? " per row of a tile" : ""));
  page.line(
      "format",
      std::to_string(facts.format_major) + "." + std::to_string(facts.format_minor) +
          (facts.required_features.empty() ? ""
                                           : ", needs " + names_text(facts.required_features)));
  page.line("licence", facts.license.empty() ? "not stated" : printable(facts.license));
  page.line("author", printable(facts.author));
  page.line("source", source_text(facts));
  page.line("  sha256", facts.source_sha256);
  page.line("converter", printable(facts.converter));
  if (facts.created) page.line("created", date_text(*facts.created));
  for (const auto& [key, value] : facts.meta) page.line(printable(key), printable(value));
  return page.text_;
}

std::string steps_text(const FileFacts& facts) {
  Table table{{"step", "gives", "parameters", "weights"}, {}};
  for (size_t i = 0; i < facts.steps.size(); ++i) {
    const StepFacts& step = facts.steps[i];
    std::string label = std::to_string(i + 1) + "  " + step.kind;
    if (!step.act.empty()) label += " " + step.act;
    if (!step.name.empty()) label += "  " + printable(step.name);
    table.rows.push_back({label, names_text(step.outputs), grouped(step.parameters),
                          step.weight_bytes == 0 ? "" : byte_text(step.weight_bytes)});
  }
  return table.aligned();
}

}  // namespace mle::tools
