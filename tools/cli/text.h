// Numbers to text and back, for flags, rows and reports.
// Promise: no locale, no exceptions, and reading takes the whole text or nothing.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mle::tools {

// Without blanks and tabs at both ends.
std::string_view trim(std::string_view text);

// A decimal number, "nan" or "inf" in any case, with or without a sign. Values beyond the range of
// a double become infinite or zero, as everywhere else.
std::optional<double> to_double(std::string_view text);
std::optional<int64_t> to_i64(std::string_view text);
std::optional<uint64_t> to_u64(std::string_view text);

// The shortest text that reads back as the same value; "nan", "inf", "-inf".
void append_number(std::string& out, float value);
void append_number(std::string& out, double value);

// For people: three significant digits; an exponent only below 10^-9.
std::string three_digits(double value);
// "832 B", "12.3 KiB", "4.56 MiB".
std::string byte_text(uint64_t bytes);
// "123 ns", "4.56 µs", "7.89 ms", "1.23 s".
std::string duration_text(double nanoseconds);
// "1,234,567".
std::string grouped(uint64_t value);

// "a,b" → {"a", "b"}, each trimmed; one empty text gives none.
std::vector<std::string> split_list(std::string_view text, char separator = ',');

// Bytes that would steer a terminal replaced by \xNN: names in messages come from strangers' files.
std::string printable(std::string_view text);

}  // namespace mle::tools
