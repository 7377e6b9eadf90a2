// What run() accepts, what it refuses, and that a refused call has written nothing.
// SPDX-License-Identifier: Apache-2.0
#include "format/rules.h"
#include "tests/runtime/networks.h"

#include <doctest/doctest.h>

#include <array>
#include <cstring>
#include <limits>

namespace mle::testing {
namespace {

namespace rule = format::rule;

// x[3], z[2] → y[2], sum[2]: two inputs and two outputs, per row.
TinyModel two_by_two() {
  TinyModel m;
  const uint16_t x = m.add_input("x", {3});
  const uint16_t z = m.add_input("z", {2});
  const uint16_t y = m.add_output("y", {2});
  const uint16_t sum = m.add_output("sum", {2});
  const uint16_t w = m.add_dense_weight("w", 3, 2, std::vector<float>{1, 2, 3, 4, 5, 6});
  m.add_op(fb::OpKind::Dense, {x, w}, y);
  m.add_op(fb::OpKind::Binary, {y, z}, sum).iattr = {0};
  m.add_entry("predict", {x, z}, {y, sum});
  return m;
}

bool mentions(const Status& status, const char* text) {
  return std::strstr(status.message(), text) != nullptr;
}

struct Fixture {
  Model model = load(two_by_two());
  Session session = Session::make(model).or_exit();
  std::array<float, 6> x = {1, 2, 3, 4, 5, 6};
  std::array<float, 4> z = {1, 1, 1, 1};
  std::array<float, 4> y = {-9, -9, -9, -9};
  std::array<float, 4> sum = {-9, -9, -9, -9};

  // The call must be refused by that rule, with the words, and leave the outputs alone.
  void refused(std::initializer_list<In> in, std::initializer_list<Out> out, int number,
               const char* words) {
    const Status status = session.run(in, out);
    CHECK(status.code() == Code::InvalidArgument);
    CHECK(status.rule() == number);
    CHECK_MESSAGE(mentions(status, words), status.message());
    CHECK(status.hint()[0] != '\0');
    for (const float value : y) CHECK(value == -9);
    for (const float value : sum) CHECK(value == -9);
  }
};

TEST_CASE_FIXTURE(Fixture, "session: several inputs and outputs run in the order of the specs") {
  REQUIRE(session.inputs().size() == 2);
  REQUIRE(session.outputs().size() == 2);
  CHECK(session.inputs()[1].name == "z");
  CHECK(session.outputs()[1].name == "sum");
  REQUIRE(session.run({x, z}, {y, sum}).ok());
  CHECK(y == std::array<float, 4>{22, 28, 49, 64});
  CHECK(sum == std::array<float, 4>{23, 29, 50, 65});
}

TEST_CASE_FIXTURE(Fixture, "session: a wrong number of arguments is refused") {
  refused({x}, {y, sum}, rule::R110_ArgumentCount, "expected 2 inputs, got 1");
  refused({x, z}, {y}, rule::R110_ArgumentCount, "expected 2 outputs, got 1");
  refused({}, {}, rule::R110_ArgumentCount, "expected 2 inputs, got 0");
}

TEST_CASE_FIXTURE(Fixture, "session: a wrong type is refused by name") {
  const std::array<int32_t, 6> ints = {};
  std::array<double, 4> doubles = {};
  refused({ints, z}, {y, sum}, rule::R111_ArgumentType, "input 'x': expected f32, got i32");
  refused({x, z}, {y, doubles}, rule::R111_ArgumentType, "output 'sum': expected f32, got f64");
}

TEST_CASE_FIXTURE(Fixture, "session: sizes that do not fit are refused with expected and got") {
  refused({std::span(x).first(5), z}, {y, sum}, rule::R112_ArgumentSize,
          "input 'x': expected rows of 3 elements, got 5");
  refused({x, std::span(z).first(3)}, {y, sum}, rule::R112_ArgumentSize,
          "input 'z': expected 2 rows of 2 = 4 elements, got 3");
  refused({x, std::span(z).first(2)}, {y, sum}, rule::R113_RowsDisagree, "= 4 elements, got 2");
  refused({x, z}, {y, std::span(sum).first(2)}, rule::R113_RowsDisagree, "output 'sum'");
  refused({In(DType::F32, x.data(), SIZE_MAX / 3 * 3), z}, {y, sum}, rule::R113_RowsDisagree,
          "input 'z'");
}

TEST_CASE_FIXTURE(Fixture, "session: null data is refused unless there are no rows") {
  refused({x, In(DType::F32, nullptr, 4)}, {y, sum}, rule::R114_NullData, "input 'z'");
  refused({x, z}, {y, Out(DType::F32, nullptr, 4)}, rule::R114_NullData, "output 'sum'");
  CHECK(session
            .run({In(DType::F32, nullptr, 0), In(DType::F32, nullptr, 0)},
                 {Out(DType::F32, nullptr, 0), Out(DType::F32, nullptr, 0)})
            .ok());
}

TEST_CASE_FIXTURE(Fixture, "session: strides that cannot be are refused") {
  const auto strided = [&](ptrdiff_t bytes) { return In(DType::F32, x.data(), 6, bytes); };
  const auto out = [&](ptrdiff_t bytes) { return Out(DType::F32, sum.data(), 4, bytes); };
  refused({strided(-12), z}, {y, sum}, rule::R115_Stride, "input 'x': row_bytes is negative: -12");
  refused({x, z}, {y, out(4)}, rule::R115_Stride, "output 'sum': expected row_bytes of at least 8");
  refused({strided(std::numeric_limits<ptrdiff_t>::max()), z}, {y, sum}, rule::R115_Stride,
          "do not fit into memory");
}

TEST_CASE_FIXTURE(Fixture, "session: rows of an input may overlap, as a sliding window does") {
  const std::array<float, 4> series = {1, 2, 3, 4};
  REQUIRE(session.run({In(DType::F32, series.data(), 6, 4), z}, {y, sum}).ok());
  CHECK(y == std::array<float, 4>{22, 28, 31, 40});
}

TEST_CASE_FIXTURE(Fixture, "session: doubles are rounded to f32 while they are copied in") {
  const std::array<double, 6> doubles = {1, 2, 3, 4, 5, 6};
  REQUIRE(session.run({doubles, z}, {y, sum}).ok());
  CHECK(y == std::array<float, 4>{22, 28, 49, 64});
  // At an odd address and with rows apart, too.
  std::array<std::byte, 80> bytes = {};
  for (size_t r = 0; r < 2; ++r) {
    std::memcpy(bytes.data() + 1 + r * 29, doubles.data() + r * 3, 3 * sizeof(double));
  }
  y.fill(0);
  REQUIRE(session.run({In(DType::F64, bytes.data() + 1, 6, 29), z}, {y, sum}).ok());
  CHECK(y == std::array<float, 4>{22, 28, 49, 64});
}

TEST_CASE_FIXTURE(Fixture, "session: memory that is not aligned to its elements works") {
  std::array<std::byte, 40> in = {};
  std::array<std::byte, 40> out = {};
  std::memcpy(in.data() + 1, x.data(), sizeof x);
  REQUIRE(
      session.run({In(DType::F32, in.data() + 1, 6), z}, {y, Out(DType::F32, out.data() + 3, 4, 9)})
          .ok());
  CHECK(y == std::array<float, 4>{22, 28, 49, 64});
  for (size_t r = 0; r < 2; ++r) {
    float row[2];
    std::memcpy(row, out.data() + 3 + r * 9, sizeof row);
    CHECK((row[0] == y[r * 2] + 1 && row[1] == y[r * 2 + 1] + 1));
  }
  CHECK(out[3 + 8] == std::byte{0});  // between the rows
}

TEST_CASE("session: run of two spans is for one f32 input and one f32 output") {
  const Model model = load(tiny_linear());
  Session session = Session::make(model).or_exit();
  const std::vector<float> rows = {0, 0, 0, 1, 2, 4};
  std::vector<float> out(4);
  REQUIRE(session.run(rows, out).ok());
  CHECK(out == std::vector<float>{0.5f, -0.5f, 0.25f, 1.0f});
  const Status size = session.run(rows, std::span(out).first(3));
  CHECK(size.code() == Code::InvalidArgument);
  CHECK(mentions(size, "got 3"));
  CHECK(session.run(std::span(rows).first(5), out).rule() == rule::R112_ArgumentSize);
  CHECK(session.run(rows, std::span(out).first(2)).rule() == rule::R113_RowsDisagree);
  std::vector<float> generally(4);
  REQUIRE(session.run({In(rows)}, {Out(generally)}).ok());
  CHECK(generally == out);
  CHECK(session.run(std::span<const float>(), std::span<float>()).ok());
  Fixture two;
  const Status status = two.session.run(two.x, two.y);
  CHECK(status.rule() == rule::R116_NotSimple);
}

TEST_CASE("session: a whole model takes exactly one tensor") {
  const Model model = load(tiny_whole());
  Session session = Session::make(model).or_exit();
  CHECK(session.tile_rows() == 1);
  std::vector<float> rows = random_rows(24, 1);
  std::vector<float> out(24, -9.0f);
  CHECK(session.run(std::span(rows).first(12), std::span(out).first(12)).ok());
  const Status twice = session.run(rows, out);
  CHECK(twice.rule() == rule::R112_ArgumentSize);
  CHECK(mentions(twice, "expected 12 elements, got 24"));
  CHECK(session.run(std::span(rows).first(0), std::span(out).first(0)).rule() ==
        rule::R112_ArgumentSize);
  const Status strided =
      session.run({In(DType::F32, rows.data(), 12, 16)}, {Out(DType::F32, out.data(), 12)});
  CHECK(strided.rule() == rule::R115_Stride);
}

TEST_CASE("session: wide rows whose stride falls into one cache set give the same answers") {
  constexpr size_t kRows = 1280;
  const std::vector<uint32_t> widths = {1024, 6};
  const TinyModel network = random_mlp(widths, 2);
  Session session = Session::make(load(network)).or_exit();
  const std::vector<float> rows = random_rows(kRows * 1024, 5);  // 4096 bytes apart, 5 MiB
  const std::vector<float> together = answers(session, rows);
  for (size_t r = 0; r < kRows; ++r) {
    const std::vector<float> alone = answers(session, std::span(rows).subspan(r * 1024, 1024));
    CHECK(same_bits(alone, std::span(together).subspan(r * 6, 6)));
  }
}

}  // namespace
}  // namespace mle::testing
