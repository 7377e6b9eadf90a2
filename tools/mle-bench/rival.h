// What --against names: another model, a saved report, or a command.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "tools/cli/json_document.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mle::tools {

// One of them is there, or none.
struct Rival {
  std::string model;
  JsonValue saved;
  std::vector<std::string> command;
};

// A name that ends in .json is a report, that of another file a model; whatever has blanks or can
// be executed is a command, split at its blanks. `against` may be empty.
Result<Rival> open_rival(const std::string& against, const std::string& mode);

// A JSON text that must be a report of that mode; `from` names it where it is none.
Result<JsonValue> parse_report(const std::string& text, const std::string& mode,
                               const std::string& from);

// Durations of a cell in a report, in nanoseconds.
struct ReportedCell {
  std::vector<double> rounds;     // medians; empty where the report has no such cell
  std::vector<double> quantiles;  // empty where a report of earlier versions has none
};
// `of`: threads, or in mode serve concurrency.
const JsonValue* find_cell(const JsonValue& report, uint64_t rows, const char* of, uint64_t count);
ReportedCell reported_cell(const JsonValue& report, uint64_t rows, uint64_t threads);
// The durations of a list of a cell, in nanoseconds.
std::vector<double> reported_durations(const JsonValue& list);

}  // namespace mle::tools
