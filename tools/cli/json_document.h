// JsonValue: a JSON text as a tree of plain values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mle::tools {

struct JsonMember;

struct JsonValue {
  enum class Kind : uint8_t { Null, Boolean, Number, Text, Array, Object };
  Kind kind = Kind::Null;
  bool boolean = false;
  double number = 0;
  std::string text;
  std::vector<JsonValue> items;
  std::vector<JsonMember> members;

  // The member of that name; a Null where there is none.
  const JsonValue& operator[](std::string_view name) const;
};

struct JsonMember {
  std::string name;
  JsonValue value;
};

inline constexpr size_t kMaxJsonDepth = 64;

// Strict JSON; InvalidArgument where it is none or nests deeper than kMaxJsonDepth.
Result<JsonValue> parse_json(std::string_view text);

}  // namespace mle::tools
