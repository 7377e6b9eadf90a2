// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/json_document.h"

#include "format/rules.h"

#include <nlohmann/json.hpp>

namespace mle::tools {
namespace {

JsonValue from_nlohmann(const nlohmann::json& value) {
  JsonValue result;
  if (value.is_boolean()) {
    result.kind = JsonValue::Kind::Boolean;
    result.boolean = value.get<bool>();
  } else if (value.is_number()) {
    result.kind = JsonValue::Kind::Number;
    result.number = value.get<double>();
  } else if (value.is_string()) {
    result.kind = JsonValue::Kind::Text;
    result.text = value.get<std::string>();
  } else if (value.is_array()) {
    result.kind = JsonValue::Kind::Array;
    for (const auto& item : value) result.items.push_back(from_nlohmann(item));
  } else if (value.is_object()) {
    result.kind = JsonValue::Kind::Object;
    for (const auto& [name, member] : value.items())
      result.members.push_back({name, from_nlohmann(member)});
  }
  return result;
}

}  // namespace

const JsonValue& JsonValue::operator[](std::string_view name) const {
  static const JsonValue kNull;
  for (const auto& [key, value] : members)
    if (key == name) return value;
  return kNull;
}

Result<JsonValue> parse_json(std::string_view text) {
  bool too_deep = false;
  const auto callback = [&too_deep](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    too_deep = too_deep || depth > static_cast<int>(kMaxJsonDepth);
    return !too_deep;
  };
  const nlohmann::json document =
      nlohmann::json::parse(text.begin(), text.end(), callback, /*allow_exceptions=*/false);
  if (document.is_discarded() || too_deep)
    return Status::make(Code::InvalidArgument, format::rule::T302_ReadRows, Status::kNoOffset,
                        "is no JSON document", "give a file that --json wrote");
  return from_nlohmann(document);
}

}  // namespace mle::tools
