// SPDX-License-Identifier: Apache-2.0
#include "format/rules.h"
#include "tests/tools/support.h"
#include "tools/cli/json_reader.h"
#include "tools/cli/row_source.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

using namespace mle;
using namespace mle::tools;
using namespace mle::tools::testing;

namespace {

const uint32_t kTwo[] = {2};
const uint32_t kOne[] = {1};
const uint32_t kSquare[] = {2, 2};
const std::string_view kNames[] = {"age", "height"};
const TensorSpec kPair[] = {{"x", DType::F32, kTwo, true}};
const TensorSpec kColumns[] = {
    {"a", DType::F64, kOne, true}, {"b", DType::I64, kOne, true}, {"c", DType::Str, kOne, true}};

// All rows of one input, read `most` at a time, as their bytes; or the first error.
template <class T>
Result<std::vector<T>> read(const std::string& path, const RowTarget& target, size_t input = 0,
                            uint64_t most = 2) {
  const Console console("test");
  MLE_TRY_ASSIGN(const auto source, open_rows(path, target, console));
  std::vector<T> all;
  std::vector<In> inputs;
  for (;;) {
    MLE_TRY_ASSIGN(const uint64_t rows, source->next(most, inputs));
    if (rows == 0) return all;
    const auto* data = static_cast<const T*>(inputs[input].data());
    all.insert(all.end(), data, data + inputs[input].count());
  }
}

std::string refusal(const TempFolder& folder, const std::string& lines, const RowTarget& target) {
  const auto rows = read<float>(folder.file("refused.jsonl", lines), target);
  return rows.has_value() ? "" : rows.error().message();
}

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

bool accepts(std::string_view text) {
  JsonReader reader;
  reader.start(text);
  for (;;) {
    const auto token = reader.next();
    if (token == JsonReader::Token::End) return true;
    if (token == JsonReader::Token::Bad) return false;
  }
}

}  // namespace

TEST_CASE("tools: JSON that RFC 8259 allows is read, and nothing else but NaN and infinities") {
  for (const char* good :
       {"0", "-0", "1.5e-3", "[]", "{}", R"({"a":[1,{"b":null}],"":true})", " [1 , 2]\r",
        "\"\\u00e9\"", R"("\ud83d\ude00")", "NaN", "-Infinity", R"("\"\\\/\b\f\n\r\t")"})
    CHECK_MESSAGE(accepts(good), good);
  for (const char* bad : {"",        " ",           "01",          "1.",           ".5",
                          "1e",      "+1",          "[1,]",        "[,1]",         "[1 2]",
                          "{1:2}",   R"({"a"})",    R"({"a":1,})", "[1}",          "{]",
                          "]",       "1 2",         "tru",         "\"a",          "\"\n\"",
                          R"("\x")", R"("\ud83d")", R"("\ude00")", R"("\ud83dx")", "\"\xff\"",
                          "nan",     "-Inf",        "'a'",         "[1",           "{\"a\":1"})
    CHECK_MESSAGE(!accepts(bad), bad);
  CHECK(accepts(std::string(64, '[') + std::string(64, ']')));
  CHECK(!accepts(std::string(65, '[') + std::string(65, ']')));
}

TEST_CASE("tools: JSON lines name columns or inputs in any order, and null is missing") {
  const TempFolder folder;
  const std::string lines =
      "\xEF\xBB\xBF{\"height\": 1.5, \"note\": {\"x\": [1]}, \"age\": 30}\r\n\n"
      "{\"x\": [40, null]}\n{\"age\": true, \"height\": -0.0}";
  const auto rows = read<float>(folder.file("x.jsonl", lines), {kPair, kNames});
  REQUIRE(rows.has_value());
  REQUIRE(rows->size() == 6);
  CHECK((*rows)[0] == 30);
  CHECK((*rows)[1] == 1.5f);
  CHECK((*rows)[2] == 40);
  CHECK(std::isnan((*rows)[3]));
  CHECK((*rows)[4] == 1);
  CHECK(std::signbit((*rows)[5]));
}

TEST_CASE("tools: JSON lines without a suffix are known by their first character") {
  const TempFolder folder;
  CHECK(*read<float>(folder.file("a", "\n [1, 2]\n[3, 4]\n"), {kPair, {}}) ==
        std::vector<float>{1, 2, 3, 4});
  CHECK(*read<float>(folder.file("b.csv", "[1],[2]\n3,4\n"), {kPair, {}}) ==
        std::vector<float>{3, 4});
}

TEST_CASE("tools: JSON numbers keep all digits that the input's dtype can hold") {
  const TempFolder folder;
  const std::string lines =
      "{\"a\": 0.1, \"b\": 9223372036854775807, \"c\": \"\\u00e9\"}\n"
      "{\"a\": 9007199254740993, \"b\": -9223372036854775808, \"c\": null}\n"
      "{\"a\": 1e999, \"b\": 1e3, \"c\": \"\"}\n";
  const std::string path = folder.file("x.jsonl", lines);
  const auto reals = read<double>(path, {kColumns, {}}, 0);
  REQUIRE(reals.has_value());
  CHECK(*reals == std::vector<double>{0.1, 9007199254740992, INFINITY});
  CHECK(*read<int64_t>(path, {kColumns, {}}, 1) ==
        std::vector<int64_t>{INT64_MAX, INT64_MIN, 1000});
  const Console console("test");
  const auto source = open_rows(path, {kColumns, {}}, console);
  REQUIRE(source.has_value());
  std::vector<In> inputs;
  REQUIRE(*(*source)->next(3, inputs) == 3);
  const auto* texts = static_cast<const std::string_view*>(inputs[2].data());
  CHECK(texts[0] == "é");
  CHECK(texts[1].data() == nullptr);
  CHECK(texts[2].data() != nullptr);
  CHECK(texts[2].empty());
}

TEST_CASE("tools: inputs of more dims are nested arrays of their shape, or flat") {
  const TempFolder folder;
  const TensorSpec square[] = {{"x", DType::F32, kSquare, true}};
  CHECK(*read<float>(folder.file("a.jsonl", "[[1,2],[3,4]]\n{\"x\":[5,6,7,8]}\n"), {square, {}}) ==
        std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(mentions(refusal(folder, "[[1,2,3,4]]", {kPair, {}}), "has more than the 2 elements"));
  CHECK(mentions(refusal(folder, "[[1,2,3,4],[]]", {square, {}}), "not of one length"));
  CHECK(mentions(refusal(folder, "[[1],[2],[3],[4]]", {square, {}}), "has the shape (4, 1)"));
  CHECK(mentions(refusal(folder, "[[1,2],[3]]", {square, {}}), "not of one length"));
  CHECK(mentions(refusal(folder, "[1,[2],3,4]", {square, {}}), "not of one length"));
  CHECK(mentions(refusal(folder, "[[],[[1]]]", {square, {}}), "not of one length"));
  CHECK(mentions(refusal(folder, "[1]", {kPair, {}}), "has the shape (1,), the model takes (2,)"));
}

TEST_CASE("tools: a bad JSON line is named by its line, and by the column or the field") {
  const TempFolder folder;
  CHECK(mentions(refusal(folder, "[1,2]\n\n[1,2\n", {kPair, {}}),
                 "line 3: column 5: ends in the middle of a value"));
  CHECK(mentions(refusal(folder, "{\"age\":1,\"height\":\"tall\"}", {kPair, kNames}),
                 "line 1: 'height': text does not fit f32"));
  CHECK(mentions(refusal(folder, "[1,\"tall\"]", {kPair, kNames}),
                 "line 1: element 1: text does not fit f32"));
  CHECK(mentions(refusal(folder, "{\"a\":1,\"b\":1.5,\"c\":\"\"}", {kColumns, {}}),
                 "'b': 1.5 does not fit i64"));
  CHECK(mentions(refusal(folder, "{\"a\":1,\"b\":null,\"c\":\"\"}", {kColumns, {}}),
                 "'b': null does not fit i64"));
  CHECK(mentions(refusal(folder, "{\"a\":1,\"b\":1,\"c\":7}", {kColumns, {}}),
                 "'c': 7 does not fit str"));
  CHECK(mentions(refusal(folder, "[1,2]\n", {kColumns, {}}), "is no object, the model has 3"));
  CHECK(mentions(refusal(folder, "{\"age\":1,\"age\":1,\"height\":1}", {kPair, kNames}),
                 "'age': is there twice"));
  CHECK(mentions(refusal(folder, "{\"x\":[1,2],\"height\":1}", {kPair, kNames}),
                 "'height': is there twice"));
}

TEST_CASE("tools: a JSON line that lacks a column of the model is refused by its name") {
  const TempFolder folder;
  CHECK(mentions(refusal(folder, "{\"age\":1,\"height\":2}\n{\"age\":1}\n", {kPair, kNames}),
                 "line 2: no column 'height'"));
  CHECK(mentions(refusal(folder, "{}", {kPair, {}}), "no column 'x'"));
  CHECK(mentions(refusal(folder, "{\"a\":1}", {kColumns, {}}), "no column 'b', 'c'"));
}

TEST_CASE("tools: features of one input and other inputs stand together in a JSON line") {
  const TempFolder folder;
  const TensorSpec both[] = {{"x", DType::F32, kTwo, true}, {"id", DType::I64, kOne, true}};
  const std::string path = folder.file(
      "x.jsonl", "{\"id\": 7, \"age\": 1, \"height\": 2}\n{\"x\": [3, 4], \"id\": [8]}\n");
  CHECK(*read<float>(path, {both, kNames}) == std::vector<float>{1, 2, 3, 4});
  CHECK(*read<int64_t>(path, {both, kNames}, 1) == std::vector<int64_t>{7, 8});
}

TEST_CASE("tools: a whole model takes one JSON line") {
  const TempFolder folder;
  const TensorSpec whole[] = {{"x", DType::F32, kSquare, false}};
  CHECK(*read<float>(folder.file("a.jsonl", "[[1,2],[3,4]]\n"), {whole, {}}) ==
        std::vector<float>{1, 2, 3, 4});
  CHECK(mentions(refusal(folder, "[[1,2],[3,4]]\n[[1,2],[3,4]]\n", {whole, {}}),
                 "line 2: is more than the model takes"));
}
