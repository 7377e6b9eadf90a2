// What the schema of exported programs has of its own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/json/fields.h"

#include <cstdint>
#include <string>

namespace mle::compiler::exported {

using nlohmann::json;

// The schema's unions: {"as_int": 3}, in the oldest files with all other members null beside it.
struct Choice {
  std::string name;
  const json* value = nullptr;
};
inline Choice choice_of(const json& value) {
  Choice none;
  if (!value.is_object()) return none;
  for (const auto& [name, chosen] : value.items()) {
    if (!chosen.is_null()) return {name, &chosen};
    if (name == "as_none") none = {name, &chosen};
  }
  return none;
}

// Element types as the schema numbers them → c10::ScalarType.
inline int64_t scalar_type_of(int64_t schema) {
  if (schema == 12) return 11;  // bool
  if (schema == 13) return 15;  // bfloat16
  if (schema == 28) return 27;  // uint16
  return schema >= 1 && schema <= 8 ? schema - 1 : -1;
}

}  // namespace mle::compiler::exported
