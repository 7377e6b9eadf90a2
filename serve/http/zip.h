// gzip and deflate (which in HTTP is the zlib format) of whole bodies.
// Promise: what unzips to more than allowed is refused before it takes that much memory.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mle::serve {

enum class Encoding : uint8_t { None, Gzip, Deflate, Unknown };

// Of Content-Encoding.
Encoding encoding_of(std::string_view header) noexcept;
// The one to answer with, of Accept-Encoding: None unless one of ours is listed and not refused.
Encoding accepted_encoding(std::string_view header) noexcept;
const char* name_of(Encoding encoding) noexcept;

enum class Unzipped : uint8_t { Good, Damaged, TooLarge };
Unzipped unzip(Encoding encoding, std::string_view bytes, size_t most, std::string& to);

// Appends; false where memory is short: then `to` is as it was.
bool zip(Encoding encoding, std::string_view bytes, std::string& to);

}  // namespace mle::serve
