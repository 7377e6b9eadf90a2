// The table of rules and the small pieces under the reader.
// SPDX-License-Identifier: Apache-2.0
#include "format/rules.h"

#include "format/layout.h"
#include "format/limits.h"
#include "format/refuse.h"
#include "format/utf8.h"

#include <doctest/doctest.h>

#include <cctype>
#include <cstring>
#include <set>
#include <string>

using namespace mle;
using namespace mle::format;

TEST_CASE("rules: every rule has a code that is its letter and number, and three texts") {
  CHECK(rules().size() > 80);
  for (const RuleText& text : rules()) {
    CAPTURE(text.number);
    const char letter = text.number < 100 ? 'V' : "RCTS"[text.number / 100 - 1];
    char code[8];
    std::snprintf(code, sizeof code, "%c%02d", letter, text.number);
    CHECK(std::string(text.code) == code);
    for (const char* words : {text.title, text.sentence, text.way_out}) {
      CHECK(std::strlen(words) > 2);
      CHECK(std::strchr(words, '\n') == nullptr);
    }
    CHECK(std::string(text.sentence).back() == '.');
    CHECK(std::string(text.way_out).back() == '.');
  }
}

// What a status can carry, block by block: first and last number of each run in rules.h.
TEST_CASE("rules: every number of the enum has its text") {
  const struct {
    int first;
    int last;
  } runs[] = {{rule::V01_FileTooShort, rule::V09_HeaderSum},
              {rule::V10_RegionOutside, rule::V18_ProgramTooLarge},
              {rule::V20_ProgramOverflow, rule::V25_StringIndex},
              {rule::V30_Dims, rule::V37_Quant},
              {rule::V40_UnknownOp, rule::V48_InPlace},
              {rule::V50_ArenaPlace, rule::V55_RowsMix},
              {rule::V60_EntryIndex, rule::V67_Classes},
              {rule::V70_Work, rule::V71_LoaderMemory},
              {rule::R101_Open, rule::R106_UnknownOutput},
              {rule::R110_ArgumentCount, rule::R117_NoAnswer},
              {rule::R120_NoMemory, rule::R122_Golden},
              {rule::C201_UnknownFormat, rule::C221_OutOfScope},
              {rule::T301_Usage, rule::T306_Export},
              {rule::S401_UnknownModel, rule::S418_SharedMemory}};
  std::set<int> expected;
  for (const auto& run : runs) {
    for (int number = run.first; number <= run.last; ++number) {
      CAPTURE(number);
      expected.insert(number);
      const RuleText* text = find_rule(number);
      REQUIRE(text != nullptr);
      CHECK(text->number == number);
    }
  }
  for (const RuleText& text : rules()) {
    CAPTURE(text.number);
    CHECK(expected.count(text.number) == 1);
  }
}

TEST_CASE("rules: a code is found in either case, nonsense is not") {
  REQUIRE(find_rule("V31") != nullptr);
  CHECK(find_rule("V31") == find_rule(31));
  CHECK(find_rule("v31") == find_rule(31));
  CHECK(find_rule("V19") == nullptr);
  CHECK(find_rule("") == nullptr);
  CHECK(find_rule(0) == nullptr);
  CHECK(find_rule(9999) == nullptr);
}

TEST_CASE("rules: refuse() carries rule, offset, formatted message and the table's way out") {
  const Status status = refuse(Code::Corrupt, rule::V31_TensorBytes, 42, "tensor %d: %s", 7, "no");
  CHECK(status.code() == Code::Corrupt);
  CHECK(status.rule() == 31);
  CHECK(status.offset() == 42);
  CHECK(std::string(status.message()) == "tensor 7: no");
  CHECK(std::string(status.hint()) == find_rule(31)->way_out);
}

TEST_CASE("utf8: strict forms are accepted, overlong, surrogate, cut and stray bytes are not") {
  for (const char* good : {"", "abc", "é", "€", "😀", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF",
                           "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    CAPTURE(std::string(good));
    CHECK(is_utf8(good));
  }
  for (const char* bad :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "a\xE2\x28\xA1"}) {
    CAPTURE(std::string(bad));
    CHECK_FALSE(is_utf8(bad));
  }
}

TEST_CASE("layout: row strides are whole lines and never a multiple of a page") {
  CHECK(row_stride_bytes(1, 4) == 64);
  CHECK(row_stride_bytes(16, 4) == 64);
  CHECK(row_stride_bytes(17, 4) == 128);
  CHECK(row_stride_bytes(1024, 4) == 4096 + 64);
  for (uint64_t width = 1; width < 5000; ++width) {
    const uint64_t bytes = row_stride_bytes(width, 4);
    CHECK((bytes >= width * 4 && bytes % 64 == 0 && bytes % 4096 != 0));
  }
}

TEST_CASE("layout: packed sizes never fall below the plain size") {
  for (const uint64_t k : {1u, 2u, 15u, 16u, 17u, 255u, 256u, 1000u}) {
    for (const uint64_t n : {1u, 2u, 16u, 17u, 64u, 100u}) {
      const DenseOrder order = dense_order(k, n, DType::F32);
      CHECK(packed_elements(order.layout, k, n) >= k * n);
      CHECK((order.chains == 1 || order.chains == 2 || order.chains == 4 || order.chains == 8));
    }
  }
}

TEST_CASE("strings: one byte among letters decides, wherever it stands") {
  for (size_t size = 1; size < 20; ++size) {
    for (size_t at = 0; at < size; ++at) {
      for (int value = 0; value < 256; ++value) {
        std::string text(size, 'n');
        text[at] = static_cast<char>(value);
        CAPTURE(size);
        CAPTURE(at);
        CAPTURE(value);
        REQUIRE(has_control_characters(text) == (value < 0x20 || value == 0x7F));
        REQUIRE(is_plain_ascii(text) == (value > 0 && value < 0x80));
      }
    }
  }
}
