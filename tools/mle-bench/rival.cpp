// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-bench/rival.h"

#include "format/rules.h"
#include "tools/cli/input_file.h"
#include "tools/cli/text.h"

#include <sys/stat.h>
#include <unistd.h>

namespace mle::tools {
namespace {

constexpr size_t kMaxSavedReport = size_t{64} << 20;
constexpr double kMicro = 1000;  // nanoseconds

bool is_file(const std::string& path) {
  struct stat facts {};
  return stat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode);
}

bool is_command(const std::string& against) {
  if (is_file(against)) return access(against.c_str(), X_OK) == 0 && !against.ends_with(".mle");
  return against.find(' ') != std::string::npos;
}

}  // namespace

Result<JsonValue> parse_report(const std::string& text, const std::string& mode,
                               const std::string& from) {
  auto report = parse_json(text);
  if (report && (*report)["schema"].text == "mle-bench/1" && (*report)["mode"].text == mode)
    return report;
  return Status::make(Code::InvalidArgument, format::rule::T302_ReadRows, Status::kNoOffset,
                      from + ": is no report of mle-bench " + mode,
                      "make one with mle-bench " + mode +
                          (mode == "serve" ? " TARGET" : " MODEL.mle") + " --json FILE");
}

Result<Rival> open_rival(const std::string& against, const std::string& mode) {
  Rival rival;
  if (against.empty()) return rival;
  if (is_command(against)) {
    for (const std::string& word : split_list(against, ' '))
      if (!word.empty()) rival.command.push_back(word);
  } else if (against.ends_with(".json")) {
    MLE_TRY_ASSIGN(const std::string text, read_text_file(against, kMaxSavedReport));
    MLE_TRY_ASSIGN(rival.saved, parse_report(text, mode, against));
  } else {
    rival.model = against;
  }
  return rival;
}

std::vector<double> reported_durations(const JsonValue& list) {
  std::vector<double> made;
  for (const JsonValue& each : list.items)
    if (each.number > 0) made.push_back(each.number * kMicro);
  return made;
}

const JsonValue* find_cell(const JsonValue& report, uint64_t rows, const char* of, uint64_t count) {
  for (const JsonValue& cell : report["results"].items)
    if (cell["rows"].number == static_cast<double>(rows) &&
        cell[of].number == static_cast<double>(count))
      return &cell;
  return nullptr;
}

ReportedCell reported_cell(const JsonValue& report, uint64_t rows, uint64_t threads) {
  const JsonValue* const cell = find_cell(report, rows, "threads", threads);
  if (cell == nullptr) return {};
  return {reported_durations((*cell)["rounds_us"]), reported_durations((*cell)["quantiles_us"])};
}

}  // namespace mle::tools
