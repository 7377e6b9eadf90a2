// Times as the user gives them: for provenance only, never taken from the clock.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mle::tools {

// "2026-01-31" or "2026-01-31T12:34:56Z" as seconds since 1970; nothing where it is no such time.
std::optional<uint64_t> parse_timestamp(std::string_view text);

}  // namespace mle::tools
