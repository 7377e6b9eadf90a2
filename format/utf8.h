// Is this UTF-8? Strict: no overlong forms, no surrogates, nothing above U+10FFFF.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
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

// Eight bytes as one number; what is missing counts as the letter 'x'.
inline uint64_t eight_bytes(std::string_view text, size_t at) noexcept {
  uint64_t word = 0x7878787878787878;
  std::memcpy(&word, text.data() + at,
              text.size() - at < sizeof word ? text.size() - at : sizeof word);
  return word;
}

inline constexpr uint64_t kEachByte = 0x0101010101010101;
inline constexpr uint64_t kTopBits = 0x80 * kEachByte;

// All bytes from 1 to 127.
inline bool is_plain_ascii(std::string_view text) noexcept {
  uint64_t other = 0;
  for (size_t i = 0; i < text.size(); i += 8) {
    const uint64_t word = eight_bytes(text, i);
    other |= word | (word - kEachByte);
  }
  return (other & kTopBits) == 0;
}

// A name is printed in logs, tables and metrics: no control characters. Eight bytes at a time,
// because many tensors may bear one name of many kilobytes.
inline bool has_control_characters(std::string_view text) noexcept {
  uint64_t found = 0;
  for (size_t i = 0; i < text.size(); i += 8) {
    const uint64_t word = eight_bytes(text, i);
    const uint64_t low = word & ~kTopBits;
    const uint64_t from_space = low + 0x60 * kEachByte;  // the top bit says: at least 0x20
    const uint64_t is_delete = low + kEachByte;          // the top bit says: 0x7F
    found |= ~word & (~from_space | is_delete);
  }
  return (found & kTopBits) != 0;
}

}  // namespace mle::format
