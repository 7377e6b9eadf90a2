// Is this UTF-8? Strict: no overlong forms, no surrogates, nothing above U+10FFFF.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace mle::format {

constexpr bool is_utf8(std::string_view text) noexcept {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  for (size_t i = 0; i < text.size();) {
    const unsigned char lead = byte(i);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                          : lead >= 0xE0 && lead <= 0xEF ? 3
                          : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                         : 0;
    if (length == 0 || text.size() - i < length) return false;
    // The second byte decides overlong forms, surrogates and the upper end.
    const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (byte(i + 1) < low || byte(i + 1) > high) return false;
    for (size_t j = i + 2; j < i + length; ++j) {
      if (byte(j) < 0x80 || byte(j) > 0xBF) return false;
    }
    i += length;
  }
  return true;
}

// All bytes from 1 to 127. No early end, so that many bytes are taken at a time.
constexpr bool is_plain_ascii(std::string_view text) noexcept {
  unsigned other = 0;
  for (const char c : text) {
    const unsigned byte = static_cast<unsigned char>(c);
    other |= byte | (byte - 1);
  }
  return (other & 0x80) == 0;
}

// A name is printed in logs, tables and metrics: no control characters.
constexpr bool has_control_characters(std::string_view text) noexcept {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) return true;
  }
  return false;
}

}  // namespace mle::format
