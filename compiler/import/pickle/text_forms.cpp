// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/pickle/text_forms.h"

#include <algorithm>
#include <charconv>

namespace mle::compiler::pickle {
namespace {

std::optional<uint32_t> parse_hex(std::string_view text, size_t at, size_t digits, int base = 16) {
  uint32_t value = 0;
  if (at + digits > text.size()) return std::nullopt;
  const char* begin = text.data() + at;
  const auto [end, problem] = std::from_chars(begin, begin + digits, value, base);
  if (problem != std::errc() || end != begin + digits) return std::nullopt;
  return value;
}

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// One escape of a quoted string, `at` behind the backslash; moves `at` behind it.
bool append_escape(std::string_view text, size_t& at, std::string& out) {
  const char c = text[at++];
  constexpr std::string_view kFrom = "\\'\"abfnrtv", kTo = "\\'\"\a\b\f\n\r\t\v";
  if (const size_t i = kFrom.find(c); i != std::string_view::npos) {
    out += kTo[i];
    return true;
  }
  if (c == 'x') {
    const auto value = parse_hex(text, at, 2);
    if (!value) return false;
    out += static_cast<char>(*value);
    at += 2;
    return true;
  }
  if (is_octal(c)) {
    size_t digits = 1;
    while (digits < 3 && at - 1 + digits < text.size() && is_octal(text[at - 1 + digits])) ++digits;
    const auto value = parse_hex(text, at - 1, digits, 8);
    if (!value || *value > 255) return false;
    out += static_cast<char>(*value);
    at += digits - 1;
    return true;
  }
  out += '\\';  // as Python: an unknown escape stays
  out += c;
  return true;
}

// Length of the UTF-8 sequence at the front of `text`, its code in `code`; 0 where there is none.
size_t decode(std::string_view text, uint32_t& code) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return code = first, 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  if (length == 0 || first > 0xF4 || text.size() < length) return 0;
  code = first & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  return code < kSmallest[length] || code > 0x10FFFF || surrogate ? 0 : length;
}

}  // namespace

std::optional<int64_t> parse_integer(std::string_view text) {
  if (text.ends_with('L')) text.remove_suffix(1);
  int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_integer(std::string_view text) {
  if (text.ends_with('L')) text.remove_suffix(1);
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<double> parse_real(std::string_view text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::string> parse_quoted(std::string_view text) {
  const bool quoted =
      text.size() >= 2 && (text[0] == '\'' || text[0] == '"') && text.back() == text[0];
  if (!quoted) return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '\\') {
      out += text[at++];
    } else if (++at == text.size() || !append_escape(text, at, out)) {
      return std::nullopt;
    }
  }
  return out;
}

std::optional<std::string> parse_unicode(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const bool escape =
        text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == 'u' || text[at + 1] == 'U');
    if (!escape) {
      append_utf8(out, static_cast<unsigned char>(text[at++]));
      continue;
    }
    const size_t digits = text[at + 1] == 'u' ? 4 : 8;
    const auto code = parse_hex(text, at + 2, digits);
    if (!code || *code > 0x10FFFF) return std::nullopt;
    append_utf8(out, *code);
    at += 2 + digits;
  }
  return out;
}

void append_utf8(std::string& text, uint32_t code) {
  const auto put = [&](uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) return put(0xC0 | code >> 6), put(0x80 | (code & 0x3F));
  if (code < 0x10000)
    return put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 0x3F)), put(0x80 | (code >> 6 & 0x3F)),
      put(0x80 | (code & 0x3F));
}

std::optional<std::string> latin1_bytes(std::string_view utf8) {
  std::string bytes;
  for (size_t at = 0; at < utf8.size();) {
    uint32_t code = 0;
    const size_t length = decode(utf8.substr(at), code);
    if (length == 0 || code > 0xFF) return std::nullopt;
    bytes += static_cast<char>(code);
    at += length;
  }
  return bytes;
}

bool is_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    uint32_t code = 0;
    const size_t length = decode(text.substr(at), code);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace mle::compiler::pickle
