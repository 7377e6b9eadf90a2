// "did you mean …?": the known name that a mistyped one is closest to.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mle::tools {

// Empty where nothing is near: more than a third of the letters differ.
std::string nearest_name(std::string_view typed, std::span<const std::string> known);

}  // namespace mle::tools
