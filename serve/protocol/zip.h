// gzip and deflate (which both protocols mean the zlib format by) of whole bodies and messages.
// Promise: what unzips to more than allowed is refused before it takes that much memory.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mle::serve {

enum class Encoding : uint8_t { None, Gzip, Deflate, Unknown };

enum class Unzipped : uint8_t { Good, Damaged, TooLarge };
Unzipped unzip(Encoding encoding, std::string_view bytes, size_t most, std::string& to);

// Appends; false where memory is short: then `to` is as it was.
bool zip(Encoding encoding, std::string_view bytes, std::string& to);

}  // namespace mle::serve
