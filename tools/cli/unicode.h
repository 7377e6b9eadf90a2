// Characters as UTF-8.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace mle::tools {

// `c` is at most 0x10FFFF.
inline void append_utf8(std::string& out, uint32_t c) {
  const auto add = [&out](uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) return add(c);
  if (c < 0x800) return add(0xC0 | c >> 6), add(0x80 | (c & 63));
  if (c < 0x10000) return add(0xE0 | c >> 12), add(0x80 | (c >> 6 & 63)), add(0x80 | (c & 63));
  add(0xF0 | c >> 18), add(0x80 | (c >> 12 & 63)), add(0x80 | (c >> 6 & 63)), add(0x80 | (c & 63));
}

// The first character of valid UTF-8, taken off its front.
inline uint32_t take_utf8(std::string_view& text) {
  const auto byte = [&text](size_t i) { return static_cast<uint32_t>(text[i]) & 0xFF; };
  const uint32_t first = byte(0);
  const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  uint32_t c = length == 1 ? first : first & (0x7F >> length);
  for (size_t i = 1; i < length && i < text.size(); ++i) c = c << 6 | (byte(i) & 63);
  text.remove_prefix(std::min(length, text.size()));
  return c;
}

}  // namespace mle::tools
