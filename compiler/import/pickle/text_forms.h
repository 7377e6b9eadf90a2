// The text forms of protocol 0: numbers in decimal, strings with Python's escapes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mle::compiler::pickle {

std::optional<int64_t> parse_integer(std::string_view text);  // "12", "-3", "7L"
bool is_integer(std::string_view text);                       // of any length
std::optional<double> parse_real(std::string_view text);      // "1.5", "-inf", "nan"
// The bytes of 'a\x00' or "a", quotes included in the text.
std::optional<std::string> parse_quoted(std::string_view text);
// Latin-1 with \uXXXX and \UXXXXXXXX, as UTF-8.
std::optional<std::string> parse_unicode(std::string_view text);

void append_utf8(std::string& text, uint32_t code);
// The bytes that UTF-8 text stands for where each character is one byte; nothing if one is not.
std::optional<std::string> latin1_bytes(std::string_view utf8);
bool is_utf8(std::string_view text);
bool is_ascii(std::string_view text);

}  // namespace mle::compiler::pickle
