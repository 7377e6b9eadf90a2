// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/row_source.h"

#include "format/rules.h"
#include "tests/tools/support.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace mle;
using namespace mle::tools;
using namespace mle::tools::testing;

namespace {

const uint32_t kTwo[] = {2};
const uint32_t kOne[] = {1};
const std::string_view kNames[] = {"age", "height"};
const TensorSpec kPair[] = {{"x", DType::F32, kTwo, true}};
const TensorSpec kColumns[] = {{"a", DType::F32, kOne, true}, {"b", DType::I64, kOne, true}};

// All rows of the first input as floats, read `most` at a time; or the first error.
Result<std::vector<float>> floats_of(const std::string& path, const RowTarget& target,
                                     uint64_t most = 2) {
  const Console console("test");
  MLE_TRY_ASSIGN(const auto source, open_rows(path, target, console));
  std::vector<float> all;
  std::vector<In> inputs;
  for (;;) {
    MLE_TRY_ASSIGN(const uint64_t rows, source->next(most, inputs));
    if (rows == 0) return all;
    const auto* data = static_cast<const float*>(inputs[0].data());
    all.insert(all.end(), data, data + inputs[0].count());
  }
}

std::string refusal(const std::string& path, const RowTarget& target) {
  const auto rows = floats_of(path, target);
  return rows.has_value() ? "" : rows.error().message();
}

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("tools: CSV columns are found by name whatever their order, extra ones ignored") {
  const TempFolder folder;
  const std::string path =
      folder.file("x.csv", "height, note ,age\n1.5,hello,30\n1.6,,40\n,x,50\n");
  const auto rows = floats_of(path, {kPair, kNames});
  REQUIRE(rows.has_value());
  REQUIRE(rows->size() == 6);
  CHECK((*rows)[0] == 30);
  CHECK((*rows)[1] == 1.5f);
  CHECK((*rows)[4] == 50);
  CHECK(std::isnan((*rows)[5]));  // an empty cell is NaN
}

TEST_CASE("tools: a CSV that lacks a column of the model is refused by its name") {
  const TempFolder folder;
  const std::string message = refusal(folder.file("x.csv", "age,weight\n1,2\n"), {kPair, kNames});
  CHECK(mentions(message, "no column 'height'"));
  CHECK(mentions(refusal(folder.file("y.csv", "age,height,age\n1,2,3\n"), {kPair, kNames}),
                 "two columns are called 'age'"));
}

TEST_CASE("tools: without names CSV columns go by position, with or without a header") {
  const TempFolder folder;
  const std::vector<float> wanted{1, 2, 3, 4, 5, 6};
  CHECK(*floats_of(folder.file("a.csv", "1,2\n3,4\n5,6\n"), {kPair, {}}) == wanted);
  CHECK(*floats_of(folder.file("b.csv", "p,q\n1,2\n3,4\n5,6\n"), {kPair, {}}) == wanted);
  CHECK(*floats_of(folder.file("c.csv", "1,2\n3,4\n5,6\n"), {kPair, kNames}) == wanted);
  CHECK(mentions(refusal(folder.file("d.csv", "1,2,3\n"), {kPair, {}}),
                 "has 3 columns, the model takes 2"));
  CHECK(floats_of(folder.file("e.csv", ""), {kPair, {}})->empty());
}

TEST_CASE("tools: the columns of a wide input without names are called as answers are") {
  const TempFolder folder;
  const std::string path = folder.file("x.csv", "x[1],note,x[0]\n2,a,1\n4,b,3\n");
  CHECK(*floats_of(path, {kPair, {}}) == std::vector<float>{1, 2, 3, 4});
  CHECK(mentions(refusal(folder.file("y.csv", "x[1],p\n2,1\n"), {kPair, {}}), "no column 'x[0]'"));
}

TEST_CASE("tools: a first CSV line with a number in it is no header, so its typo is refused") {
  const TempFolder folder;
  CHECK(mentions(refusal(folder.file("a.csv", "1,2O\n3,4\n"), {kPair, {}}),
                 "line 1: column 2: '2O' is not a number"));
  CHECK(mentions(refusal(folder.file("b.csv", "1,2O\n3,4\n"), {kPair, kNames}),
                 "line 1: column 2: '2O' is not a number"));
  CHECK(floats_of(folder.file("c.csv", ",\n3,4\n"), {kPair, {}})->size() == 4);
  CHECK(floats_of(folder.file("d.csv", "age,height,2020\n3,4,5\n"), {kPair, kNames})->size() == 2);
}

TEST_CASE("tools: a CSV header with none of the model's names is refused, not taken by position") {
  const TempFolder folder;
  CHECK(mentions(refusal(folder.file("a.csv", "p,q\n1,2\n"), {kPair, kNames}),
                 "no column 'age', 'height'"));
  CHECK(
      mentions(refusal(folder.file("b.csv", "p,q\n1,2\n"), {kColumns, {}}), "no column 'a', 'b'"));
}

TEST_CASE("tools: a bad CSV row is named by its line and column") {
  const TempFolder folder;
  CHECK(mentions(refusal(folder.file("a.csv", "age,height\n1,2\n1,tall\n"), {kPair, kNames}),
                 "line 3: column 'height': 'tall' is not a number"));
  CHECK(mentions(refusal(folder.file("b.csv", "1,2\n1\n"), {kPair, {}}),
                 "line 2: has 1 fields, the lines before have 2"));
  CHECK(mentions(refusal(folder.file("c.csv", "a,b\n1,1.5\n"), {kColumns, {}}),
                 "line 2: column 'b': '1.5' does not fit i64"));
  CHECK(mentions(refusal(folder.file("d.csv", "a,b\n1,\n"), {kColumns, {}}), "is empty"));
}

TEST_CASE("tools: npz arrays are found by name, one array for one input by any name") {
  const TempFolder folder;
  const std::string a = npy_file<float>("<f4", {3, 1}, {1, 2, 3});
  const std::string b = npy_file<int32_t>("<i4", {3, 1}, {7, 8, 9});
  const std::string both =
      folder.file("ab.npz", npz_file({{"b.npy", b}, {"more.npy", a}, {"a.npy", a}}));
  CHECK(*floats_of(both, {kColumns, {}}) == std::vector<float>{1, 2, 3});
  CHECK(mentions(refusal(folder.file("b.npz", npz_file({{"b.npy", b}})), {kColumns, {}}),
                 "no array for input 'a'"));
  const std::string pair = npy_file<float>("<f4", {1, 2}, {1, 2});
  CHECK(*floats_of(folder.file("any.npz", npz_file({{"whatever.npy", pair}})), {kPair, {}}) ==
        std::vector<float>{1, 2});
}

TEST_CASE("tools: one array is a table of columns for inputs that are called by their places") {
  const TensorSpec places[] = {{"x2", DType::F32, kOne, true}, {"x0", DType::I64, kOne, true}};
  const TempFolder folder;
  const std::string table = npy_file<float>("<f4", {2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(*floats_of(folder.file("c.npy", table), {places, {}}) == std::vector<float>{3, 7});
  CHECK(*floats_of(folder.file("c.npz", npz_file({{"X.npy", table}})), {places, {}}) ==
        std::vector<float>{3, 7});
  const std::string by_column = npy_file<float>("<f4", {2, 4}, {1, 5, 2, 6, 3, 7, 4, 8});
  CHECK(*floats_of(folder.file("f.npy", fortran(by_column)), {places, {}}) ==
        std::vector<float>{3, 7});
  const TensorSpec first[] = {{"x0", DType::F32, kOne, true}};
  CHECK(*floats_of(folder.file("one.npy", table), {first, {}}) == std::vector<float>{1, 5});
  const std::string narrow = npy_file<float>("<f4", {2, 2}, {1, 2, 3, 4});
  CHECK(mentions(refusal(folder.file("n.npy", narrow), {places, {}}), "no column 2"));
  CHECK(mentions(refusal(folder.file("o.npy", table), {kColumns, {}}), "the model has 2 inputs"));
}

TEST_CASE("tools: inputs of different lengths are refused") {
  const TempFolder folder;
  const std::string three = npy_file<float>("<f4", {3, 1}, {1, 2, 3});
  const std::string two = npy_file<int64_t>("<i8", {2, 1}, {1, 2});
  CHECK(mentions(
      refusal(folder.file("x.npz", npz_file({{"a.npy", three}, {"b.npy", two}})), {kColumns, {}}),
      "input 'b' has 2 rows, others have 3"));
}

TEST_CASE("tools: a file that is not there is NotFound and a folder is refused") {
  const TempFolder folder;
  const auto missing = floats_of(folder.path("none"), {kPair, {}});
  REQUIRE(!missing.has_value());
  CHECK(missing.error().code() == Code::NotFound);
  CHECK(!floats_of(folder.path(""), {kPair, {}}).has_value());
}

TEST_CASE("tools: a whole model takes all numbers of a CSV as its one tensor") {
  const TempFolder folder;
  const uint32_t dims[] = {2, 2};
  const TensorSpec whole[] = {{"x", DType::F32, dims, false}};
  CHECK(*floats_of(folder.file("a.csv", "1,2\n3,4\n"), {whole, {}}) ==
        std::vector<float>{1, 2, 3, 4});
  CHECK(mentions(refusal(folder.file("b.csv", "1,2\n3\n"), {whole, {}}), "holds 3 numbers"));
  CHECK(mentions(refusal(folder.file("c.csv", "1,2\n3,4\n5,6\n"), {whole, {}}), "more than"));
}
