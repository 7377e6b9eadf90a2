// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/text.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <system_error>

namespace mle::tools {
namespace {

template <class T>
std::optional<T> to_integer(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return value;
}

// from_chars leaves the value alone when it is out of range; which way it went out is in the text:
// the position of the first non-zero digit against the decimal point, moved by the exponent.
double out_of_range(std::string_view text) {
  const bool negative = text[0] == '-';
  int64_t magnitude = 0;
  bool point = false, digit = false;
  size_t i = negative ? 1 : 0;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '.') {
      point = true;
      continue;
    }
    digit = digit || text[i] != '0';
    if (digit && !point) ++magnitude;
    if (!digit && point) --magnitude;
  }
  if (i < text.size()) {
    const std::string_view exponent = text.substr(i + 1);
    magnitude += to_integer<int32_t>(exponent).value_or(exponent[0] == '-'
                                                            ? std::numeric_limits<int32_t>::min()
                                                            : std::numeric_limits<int32_t>::max());
  }
  const double size = magnitude > 0 ? std::numeric_limits<double>::infinity() : 0.0;
  return negative ? -size : size;
}

template <class T>
void append_shortest(std::string& out, T value) {
  if (std::isnan(value)) {
    out += "nan";
    return;
  }
  char text[64];
  const auto result = std::to_chars(text, text + sizeof text, value);
  out.append(text, result.ptr);
}

}  // namespace

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<double> to_double(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
  if (text.empty()) return {};
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size()) return {};
  if (error == std::errc::result_out_of_range) return out_of_range(text);
  if (error != std::errc()) return {};
  return value;
}

std::optional<int64_t> to_i64(std::string_view text) { return to_integer<int64_t>(text); }
std::optional<uint64_t> to_u64(std::string_view text) { return to_integer<uint64_t>(text); }

void append_number(std::string& out, float value) { append_shortest(out, value); }
void append_number(std::string& out, double value) { append_shortest(out, value); }

std::string three_digits(double value) {
  char text[400];
  if (!std::isfinite(value)) return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
  if (value == 0) return "0";
  const int magnitude = static_cast<int>(std::floor(std::log10(std::fabs(value))));
  const int decimals = magnitude >= 2 ? 0 : 2 - magnitude;
  if (magnitude < -9)
    std::snprintf(text, sizeof text, "%.2e", value);
  else
    std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string byte_text(uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  for (; value >= 1024 && unit < 4; ++unit) value /= 1024;
  return (unit == 0 ? std::to_string(bytes) : three_digits(value)) + " " + kUnits[unit];
}

std::string duration_text(double nanoseconds) {
  if (nanoseconds < 1e3) return three_digits(nanoseconds) + " ns";
  if (nanoseconds < 1e6) return three_digits(nanoseconds / 1e3) + " µs";
  if (nanoseconds < 1e9) return three_digits(nanoseconds / 1e6) + " ms";
  return three_digits(nanoseconds / 1e9) + " s";
}

std::string grouped(uint64_t value) {
  std::string text = std::to_string(value);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

std::vector<std::string> split_list(std::string_view text, char separator) {
  std::vector<std::string> parts;
  if (trim(text).empty()) return parts;
  for (size_t start = 0;;) {
    const size_t end = text.find(separator, start);
    parts.emplace_back(trim(text.substr(start, end - start)));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

std::string printable(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0u;
    const bool c1 = c == 0xC2 && next >= 0x80 && next < 0xA0;  // ESC and friends in UTF-8
    if (c >= 0x20 && c != 0x7F && !c1) {
      out += text[i];
      continue;
    }
    char escape[8];
    std::snprintf(escape, sizeof escape, "\\x%02x", c1 ? next : c);
    out += escape;
    if (c1) ++i;
  }
  return out;
}

}  // namespace mle::tools
