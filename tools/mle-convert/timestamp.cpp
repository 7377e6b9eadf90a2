// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-convert/timestamp.h"

#include <chrono>

namespace mle::tools {
namespace {

// Digits and nothing else, at fixed places.
std::optional<unsigned> digits(std::string_view text, size_t at, size_t count) {
  unsigned value = 0;
  for (size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return {};
    value = value * 10 + static_cast<unsigned>(text[i] - '0');
  }
  return value;
}

}  // namespace

std::optional<uint64_t> parse_timestamp(std::string_view text) {
  const bool with_time = text.size() == 20;
  if (!with_time && text.size() != 10) return {};
  if (text[4] != '-' || text[7] != '-') return {};
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  if (!year || !month || !day || *year < 1970) return {};
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok()) return {};
  const auto days = std::chrono::sys_days(date).time_since_epoch();
  uint64_t seconds = static_cast<uint64_t>(std::chrono::seconds(days).count());
  if (!with_time) return seconds;
  if (text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != 'Z') return {};
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) return {};
  return seconds + *hour * 3600 + *minute * 60 + *second;
}

}  // namespace mle::tools
