// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/csv.h"

#include "format/rules.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

using namespace mle;
using namespace mle::tools;

namespace {

using Records = std::vector<std::vector<std::string>>;

// Hands the text out in pieces of `step` bytes.
CsvReader reader_of(std::string text, size_t step) {
  return CsvReader([text = std::move(text), step, at = size_t{0}](std::span<char> to) mutable {
    const size_t count = std::min({step, to.size(), text.size() - at});
    std::memcpy(to.data(), text.data() + at, count);
    at += count;
    return Result<size_t>(count);
  });
}

Result<Records> records_of(const std::string& text, size_t step = 65536) {
  CsvReader reader = reader_of(text, step);
  Records records;
  std::vector<CsvField> fields;
  for (;;) {
    MLE_TRY_ASSIGN(const bool more, reader.next(fields));
    if (!more) return records;
    auto& record = records.emplace_back();
    for (const CsvField& field : fields) record.emplace_back(field.text);
  }
}

}  // namespace

TEST_CASE("tools: CSV is read the same however its bytes arrive") {
  const std::string text =
      "\xEF\xBB\xBF"
      "a,\"b,\"\"c\"\"\nd\",\r\n\r\n1,2,3\n\"\",x,y";
  const Records wanted{{"a", "b,\"c\"\nd", ""}, {"1", "2", "3"}, {"", "x", "y"}};
  for (const size_t step : {3u, 4u, 7u, 65536u}) {
    const auto records = records_of(text, step);
    REQUIRE(records.has_value());
    CHECK(*records == wanted);
  }
}

TEST_CASE("tools: quotes tell an empty field from one that is not there") {
  CsvReader reader = reader_of("\"\",\n", 99);
  std::vector<CsvField> fields;
  REQUIRE(*reader.next(fields));
  REQUIRE(fields.size() == 2);
  CHECK(fields[0].quoted);
  CHECK(!fields[1].quoted);
}

TEST_CASE("tools: lines are counted through CRLF, blank lines and quoted line ends") {
  CsvReader reader = reader_of("a\r\n\r\n\"x\ny\"\nlast\n", 99);
  std::vector<CsvField> fields;
  std::vector<uint64_t> lines;
  while (*reader.next(fields)) lines.push_back(reader.line());
  CHECK(lines == std::vector<uint64_t>{1, 3, 5});
}

TEST_CASE("tools: broken CSV is refused with its line") {
  const std::pair<const char*, const char*> kCases[] = {
      {"a\nb\"c\n", "line 2: a quote stands inside"},
      {"a\n\"b\"c\n", "line 2: text follows"},
      {"a\n\n\"b\nc", "line 3: a quote is opened"},
  };
  for (const auto& [text, message] : kCases) {
    const auto records = records_of(text);
    REQUIRE(!records.has_value());
    CHECK(records.error().rule() == format::rule::T303_BadRow);
    CHECK(std::string(records.error().message()).find(message) == 0);
  }
  CHECK(!records_of(std::string("a,\0b\n", 5)).has_value());
}

TEST_CASE("tools: a record that never ends is refused before memory runs out") {
  uint64_t given = 0;
  CsvReader reader([&given](std::span<char> to) {
    std::fill(to.begin(), to.end(), 'x');
    given += to.size();
    return Result<size_t>(to.size());
  });
  std::vector<CsvField> fields;
  CHECK(!reader.next(fields).has_value());
  CHECK(given < 2 * kMaxCsvRecord);
}

TEST_CASE("tools: a quoted field reads back as it was") {
  for (const std::string text : {"plain", "a,b", "say \"hi\"", "two\nlines", ""}) {
    const auto records = records_of(csv_quoted(text) + ",end");
    REQUIRE(records.has_value());
    CHECK((*records)[0][0] == text);
  }
}
