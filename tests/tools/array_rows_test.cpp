// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/array_rows.h"

#include "tests/tools/support.h"
#include "tools/cli/half.h"
#include "tools/cli/number.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace mle;
using namespace mle::tools;
using namespace mle::tools::testing;

namespace {

const uint32_t kThree[] = {3};
const uint32_t kTwoByTwo[] = {2, 2};
const uint32_t kOne[] = {1};

TensorSpec spec(DType dtype, std::span<const uint32_t> dims, bool per_row = true) {
  return {"x", dtype, dims, per_row};
}

Result<ArrayRows> rows_of(const std::string& file, const TensorSpec& input) {
  auto array = archive::parse_npy(bytes_of(file));
  REQUIRE(array.has_value());
  return ArrayRows::make(std::move(*array), input);
}

template <class T>
std::vector<T> converted(const std::string& file, const TensorSpec& input) {
  auto rows = rows_of(file, input);
  REQUIRE(rows.has_value());
  std::vector<T> out(rows->rows() * rows->width());
  const Status status = rows->convert(0, rows->rows(), out.data());
  REQUIRE_MESSAGE(status.ok(), status.message());
  return out;
}

std::string refusal(const std::string& file, const TensorSpec& input) {
  auto rows = rows_of(file, input);
  if (!rows) return rows.error().message();
  std::vector<std::byte> out(rows->rows() * rows->width() * 16);
  return rows->convert(0, rows->rows(), out.data()).message();
}

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("tools: an array in Fortran order gives the rows of the same array in C order") {
  const std::string c = npy_file<int32_t>("<i4", {2, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7});
  // The same array, first axis fastest.
  const std::string f = fortran(npy_file<int32_t>("<i4", {2, 2, 2}, {0, 4, 2, 6, 1, 5, 3, 7}));
  CHECK(converted<int32_t>(f, spec(DType::I32, kTwoByTwo)) ==
        converted<int32_t>(c, spec(DType::I32, kTwoByTwo)));
}

TEST_CASE("tools: big-endian numbers and half floats are converted by value") {
  const std::string big =
      npy_file<uint8_t>(">f4", {1, 3}, {0x3F, 0x80, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0});
  CHECK(converted<float>(big, spec(DType::F32, kThree)) == std::vector<float>{1, -2, 0});
  const std::string half = npy_file<uint16_t>("<f2", {1, 3}, {0x3C00, 0xC000, 0x0001});
  CHECK(converted<double>(half, spec(DType::F64, kThree)) == std::vector<double>{1, -2, 0x1p-24});
}

TEST_CASE("tools: rounding a double to bfloat keeps every bfloat and rounds once") {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const float value = bfloat_to_float(static_cast<uint16_t>(bits));
    if (std::isnan(value)) continue;
    if (float_to_bfloat(value) != bits) FAIL("bfloat " << bits);
  }
  CHECK(float_to_bfloat(std::nan("")) == 0x7FC0);
  CHECK(float_to_bfloat(1 + 0x1p-8) == 0x3F80);            // a tie goes to even
  CHECK(float_to_bfloat(1 + 0x1p-8 + 0x1p-40) == 0x3F81);  // and this is none
  CHECK(float_to_bfloat(-1 - 0x1p-8 - 0x1p-40) == 0xBF81);
  CHECK(float_to_bfloat(1 + 3 * 0x1p-8 - 0x1p-40) == 0x3F81);
  CHECK(float_to_bfloat(3.4e38) == 0x7F80);
  CHECK(float_to_bfloat(1e-60) == 0);
}

TEST_CASE("tools: rounding a double to half and back keeps every half") {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = half_to_float(static_cast<uint16_t>(bits));
    if (std::isnan(value)) continue;
    if (float_to_half(value) != bits) FAIL("half " << bits);
  }
  CHECK(float_to_half(65519.999) == 0x7BFF);
  CHECK(float_to_half(65520) == 0x7C00);
  CHECK(float_to_half(1 + 0x1p-11) == 0x3C00);      // a tie goes to even
  CHECK(float_to_half(1 + 3 * 0x1p-11) == 0x3C02);  // and so does this one
  CHECK(float_to_half(0x1p-25) == 0);
  CHECK(float_to_half(-0.0) == 0x8000);
}

TEST_CASE("tools: doubles are rounded to float, whole numbers must fit exactly") {
  CHECK(converted<float>(npy_file<double>("<f8", {1, 1}, {0.1}), spec(DType::F32, kOne)) ==
        std::vector<float>{0.1f});
  CHECK(converted<float>(npy_file<int64_t>("<i8", {1, 1}, {1 << 24}), spec(DType::F32, kOne)) ==
        std::vector<float>{16777216});
  CHECK(mentions(
      refusal(npy_file<int64_t>("<i8", {2, 1}, {1, (1 << 24) + 1}), spec(DType::F32, kOne)),
      "row 1, element 0: 16777217 does not fit f32"));
  CHECK(mentions(refusal(npy_file<int64_t>("<i8", {1, 1}, {300}), spec(DType::U8, kOne)), "300"));
  CHECK(mentions(refusal(npy_file<int8_t>("|i1", {1, 1}, {-1}), spec(DType::U64, kOne)), "-1"));
  CHECK(mentions(refusal(npy_file<double>("<f8", {1, 1}, {0.5}), spec(DType::I32, kOne)), "0.5"));
  CHECK(mentions(refusal(npy_file<double>("<f8", {1, 1}, {std::nan("")}), spec(DType::I64, kOne)),
                 "nan"));
  CHECK(mentions(refusal(npy_file<uint8_t>("|u1", {1, 1}, {2}), spec(DType::Bool, kOne)), "2"));
  CHECK(converted<int8_t>(npy_file<double>("<f8", {1, 1}, {-128}), spec(DType::I8, kOne)) ==
        std::vector<int8_t>{-128});
}

TEST_CASE("tools: the ends of every integer type are told from what lies beyond them") {
  int64_t i64 = 0;
  uint64_t u64 = 0;
  CHECK(store(Number::of(0x1p63), u64));
  CHECK(!store(Number::of(0x1p63), i64));
  CHECK(store(Number::of(-0x1p63), i64));
  CHECK(!store(Number::of(0x1p64), u64));
  float f = 0;
  CHECK(!store(Number::of(std::numeric_limits<uint64_t>::max()), f));
  CHECK(!store(Number::of(std::numeric_limits<int64_t>::max()), f));
  CHECK(store(Number::of(std::numeric_limits<int64_t>::min()), f));
}

TEST_CASE("tools: an array must have the input's shape, axes of length one apart") {
  const std::vector<float> six{1, 2, 3, 4, 5, 6};
  CHECK(converted<float>(npy_file("<f4", {2, 3}, six), spec(DType::F32, kThree)) == six);
  CHECK(converted<float>(npy_file("<f4", {2, 1, 3}, six), spec(DType::F32, kThree)) == six);
  CHECK(converted<float>(npy_file("<f4", {6}, six), spec(DType::F32, kOne)) == six);
  CHECK(rows_of(npy_file<float>("<f4", {3}, {1, 2, 3}), spec(DType::F32, kThree))->rows() == 1);
  CHECK(rows_of(npy_file<float>("<f4", {0, 3}, {}), spec(DType::F32, kThree))->rows() == 0);
  CHECK(mentions(refusal(npy_file("<f4", {3, 2}, six), spec(DType::F32, kThree)),
                 "shape (3, 2), the model takes [rows, 3]"));
  CHECK(mentions(refusal(npy_file("<f4", {1, 6}, six), spec(DType::F32, kThree)), "(1, 6)"));
  const std::vector<float> four{1, 2, 3, 4};
  CHECK(converted<float>(npy_file("<f4", {2, 2}, four), spec(DType::F32, kTwoByTwo, false)) ==
        four);
  CHECK(mentions(refusal(npy_file("<f4", {4}, four), spec(DType::F32, kTwoByTwo, false)), "(4,)"));
}

TEST_CASE("tools: rows that already are what the model takes are used in place") {
  const std::string file = npy_file<float>("<f4", {2, 3}, {1, 2, 3, 4, 5, 6});
  std::vector<uint64_t> aligned((file.size() + 7) / 8);
  std::memcpy(aligned.data(), file.data(), file.size());
  auto array = archive::parse_npy(std::as_bytes(std::span(aligned)).first(file.size()));
  REQUIRE(array.has_value());
  const auto rows = ArrayRows::make(std::move(*array), spec(DType::F32, kThree));
  const auto second = rows->direct(1, 1);
  REQUIRE(second.has_value());
  CHECK(second->dtype() == DType::F32);
  CHECK(second->count() == 3);
  CHECK(*static_cast<const float*>(second->data()) == 4);
}

TEST_CASE("tools: doubles for a float input are left to the runtime, whole numbers are not") {
  const std::string file = npy_file<double>("<f8", {1, 3}, {1, 2, 3});
  std::vector<uint64_t> aligned((file.size() + 7) / 8);
  std::memcpy(aligned.data(), file.data(), file.size());
  auto array = archive::parse_npy(std::as_bytes(std::span(aligned)).first(file.size()));
  REQUIRE(array.has_value());
  const auto rows = ArrayRows::make(std::move(*array), spec(DType::F32, kThree));
  REQUIRE(rows->direct(0, 1).has_value());
  CHECK(rows->direct(0, 1)->dtype() == DType::F64);
  const auto whole = rows_of(npy_file<int32_t>("<i4", {1, 3}, {1, 2, 3}), spec(DType::F32, kThree));
  CHECK(!whole->direct(0, 1).has_value());
}

TEST_CASE("tools: text arrives as UTF-8, missing is not empty, and half a character is refused") {
  const std::string file = npy_file<uint32_t>("<U2", {3, 1}, {'a', 0xE9, 0x1F600, 0, 0, 0});
  auto rows = rows_of(file, spec(DType::Str, kOne));
  REQUIRE(rows.has_value());
  const std::string flags = npy_file<uint8_t>("|b1", {3, 1}, {1, 0, 0});
  const auto missing = archive::parse_npy(bytes_of(flags));
  REQUIRE(rows->set_missing(*missing).ok());
  std::string_view texts[3];
  REQUIRE(rows->convert(0, 3, texts).ok());
  CHECK(texts[0].data() == nullptr);
  CHECK(texts[1] == "\xF0\x9F\x98\x80");
  CHECK(texts[2].empty());
  CHECK(texts[2].data() != nullptr);
  REQUIRE(rows_of(file, spec(DType::Str, kOne))->convert(0, 1, texts).ok());
  CHECK(mentions(refusal(npy_file<uint32_t>("<U1", {1, 1}, {0xD800}), spec(DType::Str, kOne)),
                 "55296"));
  CHECK(mentions(refusal(npy_file<uint32_t>("<U1", {1, 1}, {0x110000}), spec(DType::Str, kOne)),
                 "1114112"));
  CHECK(mentions(refusal(file, spec(DType::F32, kOne)), "the model takes f32"));
}
