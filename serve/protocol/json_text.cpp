// SPDX-License-Identifier: Apache-2.0
#include "serve/protocol/json_text.h"

#include <algorithm>
#include <cstddef>

namespace mle::serve {
namespace {

// Bytes of the UTF-8 character that `text` begins with; 0 where it is none.
size_t character_bytes(std::string_view text) noexcept {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](size_t count) {
    if (text.size() <= count) return false;
    for (size_t i = 1; i <= count; ++i)
      if ((byte(i) & 0xC0) != 0x80) return false;
    return true;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!follows(2) || (first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F))
      return 0;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!follows(3) || (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F))
      return 0;
    return 4;
  }
  return 0;
}

// Goes as it is, byte by byte.
bool is_plain(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= ' ' && byte < 0x7F && c != '"' && c != '\\';
}

void append_escaped(std::string& to, char c) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"': to += "\\\""; return;
    case '\\': to += "\\\\"; return;
    case '\n': to += "\\n"; return;
    case '\r': to += "\\r"; return;
    case '\t': to += "\\t"; return;
    default:
      to += "\\u00";
      to += kHex[(static_cast<unsigned char>(c) >> 4) & 15];
      to += kHex[static_cast<unsigned char>(c) & 15];
  }
}

}  // namespace

void append_json_text(std::string& to, std::string_view text) {
  to += '"';
  while (!text.empty()) {
    const auto run = std::find_if_not(text.begin(), text.end(), is_plain);
    to.append(text.begin(), run);
    text.remove_prefix(static_cast<size_t>(run - text.begin()));
    if (text.empty()) break;
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      append_escaped(to, text[0]);
      text.remove_prefix(1);
      continue;
    }
    const size_t bytes = character_bytes(text);
    if (bytes > 0)
      to.append(text.substr(0, bytes));
    else
      to += "\xEF\xBF\xBD";
    text.remove_prefix(bytes > 0 ? bytes : 1);
  }
  to += '"';
}

}  // namespace mle::serve
