// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/table.h"

#include "tools/cli/csv.h"

#include <algorithm>

namespace mle::tools {
namespace {

// Characters, not bytes: the cells hold µ.
size_t width_of(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string joined(const std::vector<std::string>& cells, const char* before, const char* between,
                   const char* after) {
  std::string line = before;
  for (size_t i = 0; i < cells.size(); ++i) line += (i == 0 ? "" : between) + cells[i];
  return line + after;
}

}  // namespace

std::string Table::aligned() const {
  std::vector<size_t> widths;
  for (const std::string& cell : header) widths.push_back(width_of(cell));
  for (const auto& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  std::string out;
  const auto add = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string pad(widths[i] - width_of(cells[i]), ' ');
      line += (i == 0 ? "" : "  ") + (i == 0 ? cells[i] + pad : pad + cells[i]);
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out += line + '\n';
  };
  add(header);
  for (const auto& row : rows) add(row);
  return out;
}

std::string Table::markdown() const {
  std::vector<std::string> rule(header.size(), "---:");
  if (!rule.empty()) rule[0] = "---";
  std::string out = joined(header, "| ", " | ", " |\n") + joined(rule, "|", "|", "|\n");
  for (const auto& row : rows) out += joined(row, "| ", " | ", " |\n");
  return out;
}

std::string Table::csv() const {
  std::string out;
  const auto add = [&out](const std::vector<std::string>& cells) {
    std::vector<std::string> quoted;
    for (const std::string& cell : cells) quoted.push_back(csv_quoted(cell));
    out += joined(quoted, "", ",", "\n");
  };
  add(header);
  for (const auto& row : rows) add(row);
  return out;
}

}  // namespace mle::tools
