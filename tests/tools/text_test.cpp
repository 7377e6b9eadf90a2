// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/text.h"

#include "tools/cli/json.h"
#include "tools/cli/json_document.h"
#include "tools/cli/suggest.h"
#include "tools/cli/table.h"
#include "tools/mle-bench/samples.h"
#include "tools/mle-convert/timestamp.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace mle::tools;

TEST_CASE("tools: a number is read whole or not at all") {
  CHECK(*to_double("1.5e3") == 1500);
  CHECK(*to_double("+2") == 2);
  CHECK(std::isnan(*to_double("nan")));
  CHECK(*to_double("-inf") == -std::numeric_limits<double>::infinity());
  for (const char* text : {"", "1,5", "1 ", "0x10", "1e", "+-2", "++2", "1.5x"})
    CHECK_MESSAGE(!to_double(text).has_value(), text);
  CHECK(*to_u64("18446744073709551615") == std::numeric_limits<uint64_t>::max());
  CHECK(!to_u64("18446744073709551616").has_value());
  CHECK(!to_u64("-1").has_value());
  CHECK(*to_i64("-9223372036854775808") == std::numeric_limits<int64_t>::min());
}

TEST_CASE("tools: a number beyond the range of a double becomes infinite or zero") {
  CHECK(*to_double("1e999") == std::numeric_limits<double>::infinity());
  CHECK(*to_double("-1e999") == -std::numeric_limits<double>::infinity());
  CHECK(*to_double("1e-999") == 0);
  CHECK(*to_double("0.000001e-999") == 0);
  CHECK(*to_double("1" + std::string(400, '0')) == std::numeric_limits<double>::infinity());
  CHECK(*to_double("0." + std::string(400, '0') + "1") == 0);
  CHECK(*to_double("1e99999999999999999999") == std::numeric_limits<double>::infinity());
  CHECK(*to_double("1e-99999999999999999999") == 0);
}

TEST_CASE("tools: figures for people have three digits and no exponent") {
  CHECK(three_digits(0) == "0");
  CHECK(three_digits(1.5e-7) == "0.000000150");
  CHECK(three_digits(1.5e-10) == "1.50e-10");
  CHECK(three_digits(12.345) == "12.3");
  CHECK(three_digits(123456) == "123456");
  CHECK(byte_text(1023) == "1023 B");
  CHECK(byte_text(1536) == "1.50 KiB");
  CHECK(duration_text(1500) == "1.50 µs");
  CHECK(grouped(1234567) == "1,234,567");
  CHECK(grouped(123) == "123");
}

TEST_CASE("tools: text that would steer a terminal is shown as codes") {
  CHECK(printable("a\033[2J\n\x7F") == "a\\x1b[2J\\x0a\\x7f");
  CHECK(printable("\xC2\x9B"
                  "31m") == "\\x9b31m");
  CHECK(printable("größe") == "größe");
}

TEST_CASE("tools: a mistyped name finds its neighbour and nonsense finds none") {
  const std::vector<std::string> names{"--threads", "--rows-per-batch", "--input"};
  CHECK(nearest_name("--thread", names) == "--threads");
  CHECK(nearest_name("--rows_per_batch", names) == "--rows-per-batch");
  CHECK(nearest_name("--zzz", names).empty());
}

TEST_CASE("tools: what JsonWriter writes is read back, hostile strings included") {
  JsonWriter json;
  json.begin_object().field("text", "a\"b\\c\n\x01 \xFF é \xED\xA0\x80");
  json.key("list").begin_array().number(0.1).number(std::nan("")).boolean(true).end_array();
  json.key("empty").begin_object().end_object().field("big", uint64_t{1} << 53).end_object();
  const auto value = parse_json(json.str());
  REQUIRE(value.has_value());
  CHECK((*value)["text"].text.find("a\"b\\c\n\x01 \xEF\xBF\xBD é") == 0);
  REQUIRE((*value)["list"].items.size() == 3);
  CHECK((*value)["list"].items[0].number == 0.1);
  CHECK((*value)["list"].items[1].kind == JsonValue::Kind::Null);
  CHECK((*value)["big"].number == 0x1p53);
}

TEST_CASE("tools: JSON that is broken or nests too deep is refused") {
  for (const char* text : {"", "{", "[1,]", "{\"a\":}", "nul", "1 2"})
    CHECK_MESSAGE(!parse_json(text).has_value(), text);
  CHECK(parse_json(std::string(60, '[') + std::string(60, ']')).has_value());
  CHECK(!parse_json(std::string(100000, '[') + std::string(100000, ']')).has_value());
  CHECK(!parse_json(std::string(100000, '[')).has_value());
}

TEST_CASE("tools: a table keeps its columns under their heads in all three forms") {
  const Table table{{"name", "µs"}, {{"a,b", "1"}, {"c", "10"}}};
  CHECK(table.aligned() == "name  µs\na,b    1\nc     10\n");
  CHECK(table.markdown() == "| name | µs |\n|---|---:|\n| a,b | 1 |\n| c | 10 |\n");
  CHECK(table.csv() == "name,µs\n\"a,b\",1\nc,10\n");
}

TEST_CASE("tools: percentiles are samples by nearest rank and p999 needs ten thousand of them") {
  std::vector<double> samples;
  for (int i = 100; i > 0; --i) samples.push_back(i);
  const Percentiles p = percentiles(samples);
  CHECK(p.p50 == 50);
  CHECK(p.p99 == 99);
  CHECK(p.min == 1);
  CHECK(p.max == 100);
  CHECK(p.mean == 50.5);
  CHECK(!p.p999.has_value());
  CHECK(percentiles(std::vector<double>(kSamplesForP999, 3)).p999.has_value());
  CHECK(percentiles({7}).p99 == 7);
}

TEST_CASE("tools: a ratio's interval holds it, and is narrow where rounds agree") {
  std::vector<double> a, b;
  for (int i = 0; i < 11; ++i) {
    b.push_back(100 + 50 * (i % 3));  // the machine's mood, which both share
    a.push_back(b.back() * (2 + 0.01 * (i % 2)));
  }
  const Ratio paired = paired_ratio(a, b);
  CHECK(paired.value == doctest::Approx(2).epsilon(0.01));
  CHECK(paired.low <= paired.value);
  CHECK(paired.value <= paired.high);
  CHECK(paired.high - paired.low < 0.05);
  const Ratio separate = separate_ratio(a, b);
  CHECK(separate.high - separate.low > paired.high - paired.low);
}

TEST_CASE("tools: a timestamp is a date, or a date and a time in UTC, and nothing else") {
  CHECK(*parse_timestamp("1970-01-01") == 0);
  CHECK(*parse_timestamp("2026-01-31T12:34:56Z") == 1769862896);
  CHECK(*parse_timestamp("2024-02-29") == 1709164800);
  for (const char* text :
       {"", "2025-02-29", "2026-13-01", "2026-1-1", "2026-01-31T12:34:56", "2026-01-31T24:00:00Z",
        "2026-01-31 12:34:56Z", "1969-12-31", "yesterday!"})
    CHECK_MESSAGE(!parse_timestamp(text).has_value(), text);
}
