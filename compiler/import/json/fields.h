// JSON whose shape nobody has checked: what is not there, or is something else, is null.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace mle::compiler {

// An object's member.
inline const nlohmann::json& field(const nlohmann::json& object, const char* name) {
  static const nlohmann::json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(name);
  return found == object.end() ? kNull : *found;
}

// A list's element.
inline const nlohmann::json& element(const nlohmann::json& list, size_t index) {
  static const nlohmann::json kNull;
  return list.is_array() && index < list.size() ? list[index] : kNull;
}

// A list's elements; none of anything else.
inline const nlohmann::json& items_of(const nlohmann::json& list) {
  static const nlohmann::json kEmpty = nlohmann::json::array();
  return list.is_array() ? list : kEmpty;
}

inline std::string text_of(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

inline std::optional<int64_t> integer_of(const nlohmann::json& value) {
  if (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX) return std::nullopt;
  if (value.is_number_integer()) return value.get<int64_t>();
  return std::nullopt;
}

}  // namespace mle::compiler
