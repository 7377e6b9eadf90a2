// UBJSON (draft 12) from strangers: bounded in size and depth; what is made of it is no larger than
// it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <span>

namespace mle::compiler {

// The document, or the byte it broke at.
Result<nlohmann::json> parse_ubjson(std::span<const std::byte> bytes);

}  // namespace mle::compiler
