// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-inspect/html.h"

#include <mle/version.h>

#include "tools/cli/html.h"
#include "tools/cli/text.h"
#include "tools/mle-inspect/constants.h"
#include "tools/mle-inspect/file_facts.h"
#include "tools/mle-inspect/map.h"
#include "tools/mle-inspect/screens.h"

#include <algorithm>
#include <cstdio>

namespace mle::tools {
namespace {

using format::FileView;

constexpr size_t kManyNames = 60;  // more of them are folded away
constexpr size_t kManyRanges = 30;

class Page {
 public:
  Page(const std::string& path, const FileView& view)
      : path_(path), view_(view), facts_(gather(view)) {}

  std::string run() {
    head();
    summary();
    entries();
    layers();
    constants();
    bytes();
    provenance();
    card();
    html_ += html_foot("Made by mle-inspect " MLE_VERSION_STRING ".");
    return std::move(html_);
  }

 private:
  void head() {
    const std::string name = facts_.name.empty() ? "model" : facts_.name;
    html_ = html_head(name) + "<header>\n<h1>" + html_text(name) + "</h1>\n";
    if (!facts_.doc.empty()) html_ += "<div>" + html_text(facts_.doc) + "</div>\n";
    html_ += "<div class=\"path\">" + html_text(path_) + "</div>\n</header>\n";
  }

  void tile(const std::string& value, const std::string& what) { html_ += html_tile(value, what); }

  void summary() {
    html_ += "<div class=\"cards\">\n";
    tile(grouped(facts_.parameters), "parameters");
    tile(grouped(facts_.steps.size()), facts_.steps.size() == 1 ? "layer" : "layers");
    tile(byte_text(facts_.file_bytes), "file");
    const bool per_row = !facts_.entries.empty() && facts_.entries[0].inputs[0].per_row;
    tile(byte_text(facts_.arena_bytes), per_row ? "working memory per row" : "working memory");
    tile(std::to_string(facts_.format_major) + "." + std::to_string(facts_.format_minor),
         "file format");
    tile(facts_.license.empty() ? "not stated" : facts_.license, "licence");
    html_ += "</div>\n";
  }

  void chips(const char* what, const std::vector<std::string>& names) {
    if (names.empty()) return;
    std::string list;
    for (const std::string& name : names)
      list += "<span class=\"chip\">" + html_text(name) + "</span>";
    const std::string title = grouped(names.size()) + " " + what;
    if (names.size() > kManyNames)
      html_ += "<details><summary>" + title + "</summary>" + list + "</details>";
    else
      html_ += "<div><span class=\"soft\">" + title + "</span><br>" + list + "</div>";
  }

  void ports(const char* direction, const std::vector<PortFacts>& list) {
    for (const PortFacts& port : list) {
      html_ += std::string("<tr><td class=\"key\">") + direction + "</td><td><b>" +
               html_text(port.name) + "</b>";
      if (!port.unit.empty()) html_ += " in " + html_text(port.unit);
      if (!port.doc.empty()) html_ += "<div>" + html_text(port.doc) + "</div>";
      chips("columns", port.features);
      chips("labels", port.labels);
      chips("classes", port.classes);
      html_ += "</td><td class=\"mono shape\">" + html_text(port.shape()) + "</td></tr>\n";
    }
  }

  void entries() {
    html_ += "<h2>What it answers</h2>\n";
    for (const EntryFacts& entry : facts_.entries) {
      html_ += "<h3>" + html_text(entry.name);
      if (entry.task != "Unknown")
        html_ += " <span class=\"soft\">" + html_text(entry.task) + "</span>";
      html_ +=
          "</h3>\n<table><thead><tr><th></th><th>name</th><th>shape</th></tr></thead><tbody>\n";
      ports("takes", entry.inputs);
      ports("gives", entry.outputs);
      html_ += "<tr><td class=\"key\">proof</td><td colspan=\"2\">" +
               (entry.golden_rows == 0 ? std::string("no golden rows")
                                       : grouped(entry.golden_rows) + " golden rows, answered by " +
                                             html_text(entry.golden_reference)) +
               "</td></tr>\n</tbody></table>\n";
    }
    if (!facts_.entries.empty() && facts_.entries[0].inputs[0].per_row)
      html_ += std::string("<p class=\"soft\">* stands for any number of rows; ") +
               (facts_.rows_mix ? "they mix: an answer depends on all rows of its call"
                                : "no row sees another") +
               ".</p>\n";
  }

  void layers() {
    html_ += "<h2>How it computes</h2>\n";
    if (const std::string graph = html_graph(view_); !graph.empty())
      html_ += "<div class=\"wide\" style=\"padding: 18px\">" + graph + "</div>\n<br>\n";
    html_ +=
        "<div class=\"wide\"><table><thead><tr><th class=\"n\"></th><th>op</th><th>name</th>"
        "<th>takes</th><th>gives</th><th class=\"n\">parameters</th><th>share</th></tr></thead>"
        "<tbody>\n";
    for (size_t i = 0; i < facts_.steps.size(); ++i) {
      const StepFacts& step = facts_.steps[i];
      std::string takes;
      for (const std::string& input : step.inputs)
        takes += (takes.empty() ? "" : "<br>") + html_text(input);
      std::string gives;
      for (const std::string& output : step.outputs)
        gives += (gives.empty() ? "" : "<br>") + html_text(output);
      html_ += "<tr><td class=\"n soft\">" + std::to_string(i + 1) + "</td><td>" + step.kind +
               (step.act.empty() ? "" : " <span class=\"chip\">" + step.act + "</span>") +
               "</td><td>" + html_text(step.name) + "</td><td class=\"mono\">" + takes +
               "</td><td class=\"mono\">" + gives + "</td><td class=\"n\">" +
               (step.parameters == 0 ? "" : grouped(step.parameters)) + "</td><td>" +
               share(step.parameters) + "</td></tr>\n";
    }
    html_ += "</tbody></table></div>\n";
  }

  std::string share(uint64_t parameters) const {
    if (parameters == 0 || facts_.parameters == 0) return {};
    const double part =
        100.0 * static_cast<double>(parameters) / static_cast<double>(facts_.parameters);
    char width[32];
    std::snprintf(width, sizeof width, "%.1f", std::min(part, 100.0));
    return std::string("<div class=\"share\"><i style=\"width: ") + width + "%\"></i></div>";
  }

  void constants() {
    const std::string table = html_constants(view_);
    if (!table.empty()) html_ += "<h2>Constants</h2>\n" + table;
  }

  static int colour_of(const std::string& part) {
    static constexpr const char* kParts[] = {"WGTS", "program", "gold", "card", "padding"};
    for (int i = 0; i < 5; ++i)
      if (part == kParts[i]) return i;
    return 5;
  }

  void bytes() {
    const std::vector<MapRange> ranges = map_file(view_);
    html_ += "<h2>Where the bytes are</h2>\n<div class=\"bytes\">";
    // Neighbours of one part are one bar.
    for (size_t i = 0; i < ranges.size();) {
      size_t j = i;
      while (j < ranges.size() && ranges[j].part == ranges[i].part) ++j;
      const uint64_t size = ranges[j - 1].end - ranges[i].begin;
      html_ += "<i class=\"c" + std::to_string(colour_of(ranges[i].part)) +
               "\" style=\"flex: " + std::to_string(size) + " 1 0\" title=\"" +
               html_text(ranges[i].part) + ", " + byte_text(size) + "\"></i>";
      i = j;
    }
    html_ +=
        "</div>\n<div class=\"legend\"><i class=\"c5\"></i>header and directory<i class=\"c1\"></i>"
        "program<i class=\"c0\"></i>weights<i class=\"c2\"></i>golden rows<i class=\"c3\"></i>"
        "model card<i class=\"c4\"></i>padding</div>\n";
    const bool many = ranges.size() > kManyRanges;
    if (many) html_ += "<details><summary>" + grouped(ranges.size()) + " ranges</summary>\n";
    html_ +=
        "<div class=\"wide\"><table class=\"map\"><thead><tr><th class=\"n\">from</th><th "
        "class=\"n\">bytes</th>"
        "<th>part</th><th>what</th></tr></thead><tbody>\n";
    for (const MapRange& range : ranges)
      html_ += "<tr><td class=\"n\">" + grouped(range.begin) + "</td><td class=\"n\">" +
               grouped(range.end - range.begin) + "</td><td><i class=\"dot c" +
               std::to_string(colour_of(range.part)) + "\"></i>" + html_text(range.part) +
               "</td><td>" + html_text(range.what) + "</td></tr>\n";
    html_ += "</tbody></table></div>\n";
    if (many) html_ += "</details>\n";
  }

  void fact(const std::string& key, const std::string& value) {
    if (!value.empty())
      html_ += "<tr><th>" + html_text(key) + "</th><td>" + html_text(value) + "</td></tr>\n";
  }

  void provenance() {
    html_ += "<h2>Where it comes from</h2>\n<table><tbody>\n";
    fact("model",
         facts_.name + (facts_.version == 0 ? "" : ", version " + std::to_string(facts_.version)));
    fact("author", facts_.author);
    fact("licence", facts_.license);
    fact("source",
         facts_.source_file + (facts_.source_kind.empty() ? "" : " (" + facts_.source_kind + ")"));
    fact("sha-256 of the source", facts_.source_sha256);
    fact("framework", facts_.framework);
    fact("converter", facts_.converter);
    if (facts_.created) fact("created", date_text(*facts_.created));
    std::string features;
    for (const std::string& feature : facts_.required_features)
      features += (features.empty() ? "" : ", ") + feature;
    fact("needs", features);
    for (const auto& [key, value] : facts_.meta) fact(key, value);
    html_ += "</tbody></table>\n";
  }

  void card() {
    const int segment = view_.find_segment(format::kCard);
    if (segment < 0) return;
    const auto bytes = view_.segment(static_cast<size_t>(segment));
    html_ += "<h2>Model card</h2>\n<pre>" +
             html_text({reinterpret_cast<const char*>(bytes.data()), bytes.size()}) + "</pre>\n";
  }

  const std::string& path_;
  const FileView& view_;
  FileFacts facts_;
  std::string html_;
};

}  // namespace

std::string html_page(const std::string& path, const FileView& view) {
  return Page(path, view).run();
}

}  // namespace mle::tools
