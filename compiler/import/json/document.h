// JSON from strangers: bounded in size and depth, no key twice in one object.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <span>

namespace mle::compiler {

inline constexpr size_t kMaxJsonBytes = size_t{16} << 20;
inline constexpr int kMaxJsonDepth = 64;

// The document, or what is wrong with it and where.
Result<nlohmann::json> parse_json(std::span<const std::byte> bytes);

}  // namespace mle::compiler
