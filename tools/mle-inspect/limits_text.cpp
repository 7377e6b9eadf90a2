// The limits of the format and the texts of its rules.
// SPDX-License-Identifier: Apache-2.0
#include "format/limits.h"
#include "format/rules.h"
#include "tools/cli/json.h"
#include "tools/cli/text.h"
#include "tools/mle-inspect/screens.h"

#include <algorithm>
#include <utility>

namespace mle::tools {
namespace {

struct Limit {
  const char* name;
  uint64_t value;
  const char* sentence;
};

constexpr Limit kLimits[] = {
    {"max_program_bytes", format::kMaxProgramBytes, "bytes of a program, unless the caller asks"},
    {"max_program_bytes_ceiling", format::kMaxProgramBytesCeiling, "the most a caller may ask for"},
    {"max_segments", format::kMaxSegments, "segments of a file"},
    {"max_gap", format::kMaxGap, "zero bytes between two regions, exclusive"},
    {"max_segment_align", format::kMaxSegmentAlign, "alignment of a segment"},
    {"max_rank", format::kMaxRank, "dims of a tensor"},
    {"max_dim", format::kMaxDim, "elements along one dim"},
    {"max_tensor_bytes", format::kMaxTensorBytes, "bytes of a tensor"},
    {"max_tensors", format::kMaxTensors, "tensors of a model"},
    {"max_arena_bytes", format::kMaxArenaBytes, "bytes a session computes in"},
    {"max_reduce_rows", format::kMaxReduceRows, "ops of a model that take all rows together"},
    {"max_name_bytes", format::kMaxNameBytes, "bytes of a name"},
    {"verifier_depth", format::kVerifierDepth, "tables inside tables"},
    {"work_per_program_byte", format::kWorkPerProgramByte, "steps of the validator per byte"},
    {"work_base", format::kWorkBase, "and in any case"},
    {"loader_bytes_per_program_byte", format::kLoaderBytesPerProgramByte,
     "bytes the loader may allocate per byte"},
    {"loader_bytes_base", format::kLoaderBytesBase, "and in any case"},
    {"read_whole", format::kReadWhole, "files up to this size are read and summed whole"},
};

}  // namespace

std::string limits_text() {
  std::string text;
  for (const Limit& limit : kLimits) {
    const std::string name = limit.name, value = grouped(limit.value);
    text += name + std::string(32 - name.size(), ' ');
    text += std::string(value.size() < 17 ? 17 - value.size() : 0, ' ') + value + "  ";
    text += std::string(limit.sentence) + "\n";
  }
  return text;
}

std::string limits_json() {
  JsonWriter json;
  json.begin_object().field("schema", "mle-limits/1");
  for (const Limit& limit : kLimits) json.field(limit.name, limit.value);
  return json.end_object().str();
}

namespace {

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? "\\|" : std::string(1, c);
  return out;
}

}  // namespace

std::string errors_page() {
  std::string text =
      "# Errors\n\n"
      "Every rule that can refuse something, from the table in `format/rules.cpp`. Messages say "
      "what was\n"
      "met and where; the rule's code comes with them, and `mle-inspect --explain V31` prints its "
      "line.\n"
      "This page is made by `cmake --build build/release --target errors_page`; a test fails when "
      "it\n"
      "is stale.\n";
  constexpr std::pair<char, const char*> kGroups[] = {{'V', "Files"},
                                                      {'R', "The running library"},
                                                      {'C', "The compiler and its importers"},
                                                      {'T', "The tools"},
                                                      {'S', "The server"}};
  for (const auto& [letter, title] : kGroups) {
    bool begun = false;
    for (const format::RuleText& rule : format::rules()) {
      if (rule.code[0] != letter) continue;
      if (!begun)
        text += std::string("\n## ") + title +
                "\n\n| code | | what must hold | what to do |\n|---|---|---|---|\n";
      begun = true;
      text += std::string("| ") + rule.code + " | " + cell(rule.title) + " | " +
              cell(rule.sentence) + " | " + cell(rule.way_out) + " |\n";
    }
  }
  return text;
}

std::optional<std::string> explain_text(std::string_view code) {
  if (code == "all") return errors_page();
  const format::RuleText* rule = format::find_rule(code);
  if (rule == nullptr) return {};
  std::string text = std::string(rule->code) + "  " + rule->title + "\n\n" + rule->sentence + "\n";
  if (*rule->way_out != '\0') text += std::string("\nWhat to do: ") + rule->way_out + "\n";
  return text;
}

}  // namespace mle::tools
