// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/json/document.h"

#include "format/rules.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mle::compiler {
namespace {

using enum format::rule::Rule;
using nlohmann::json;

// Watches the parser: it is told of every value before it is kept.
class Guard {
 public:
  bool operator()(int depth, json::parse_event_t event, json& parsed) {
    if (depth > kMaxJsonDepth) return fail("it is nested too deeply");
    if (event == json::parse_event_t::object_start) keys_.emplace_back();
    if (event == json::parse_event_t::object_end) keys_.pop_back();
    if (event == json::parse_event_t::key && !keys_.back().insert(parsed.get<std::string>()).second)
      return fail("a key is there twice: " + parsed.get<std::string>().substr(0, 80));
    return true;
  }
  const std::string& problem() const { return problem_; }

 private:
  bool fail(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
    return false;
  }
  std::vector<std::set<std::string>> keys_;
  std::string problem_;
};

}  // namespace

Result<json> parse_json(std::span<const std::byte> bytes) {
  if (bytes.size() > kMaxJsonBytes)
    return error(Code::Unsupported, C203_SourceTooLarge, Status::kNoOffset, "",
                 "a JSON text of %zu bytes, at most %zu are read", bytes.size(), kMaxJsonBytes);
  const char* begin = reinterpret_cast<const char*>(bytes.data());
  Guard guard;
  try {
    json document = json::parse(begin, begin + bytes.size(), std::ref(guard));
    if (guard.problem().empty()) return document;
    return Status::make(Code::Corrupt, C204_Damaged, Status::kNoOffset,
                        "no readable JSON: " + guard.problem(), "");
  } catch (const json::exception& problem) {
    // "[json.exception.parse_error.101] parse error at line 3, column 7: …"
    const std::string text = problem.what();
    return Status::make(
        Code::Corrupt, C204_Damaged, Status::kNoOffset,
        "no readable JSON: " +
            text.substr(text.find("] ") == std::string::npos ? 0 : text.find("] ") + 2),
        "");
  }
}

}  // namespace mle::compiler
