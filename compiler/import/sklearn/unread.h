// Estimators of scikit-learn that are known and not read: refused by name, with a word on why.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace mle::compiler::sklearn {

struct Unread {
  std::string_view name;
  std::string_view about;  // "clustering"
};

// By name, in ascending order.
std::span<const Unread> unread_estimators();
const Unread* find_unread(std::string_view name);

}  // namespace mle::compiler::sklearn
