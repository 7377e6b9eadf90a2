// Cast between every pair of types that can be cast.
// SPDX-License-Identifier: Apache-2.0
#include "tests/format/one_op.h"
#include "tests/runtime/networks.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace mle::testing {
namespace {

template <class From, class To>
std::vector<To> cast(const std::vector<From>& from) {
  TinyModel m;
  const uint16_t x = m.add_input("x", {1});
  const uint16_t y = m.add_output("y", {1});
  m.tensor(x).dtype = static_cast<fb::DType>(In(from).dtype());
  std::vector<To> to(from.size());
  m.tensor(y).dtype = static_cast<fb::DType>(In(to).dtype());
  m.add_op(fb::OpKind::Cast, {x}, y);
  m.add_entry("predict", {x}, {y});
  const Model model = load(m);
  Session session = Session::make(model).or_exit();
  const Status status = session.run({In(from)}, {Out(to)});
  REQUIRE_MESSAGE(status.ok(), status.message());
  return to;
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <class To>
void check_from_floats() {
  const double lowest = static_cast<double>(std::numeric_limits<To>::lowest());
  const double highest = static_cast<double>(std::numeric_limits<To>::max());
  const std::vector<double> xs = {0,      -0.0,   0.9,          -0.9,         1.5,
                                  100.99, kNan,   kInfinity,    -kInfinity,   1e30,
                                  -1e30,  lowest, lowest - 1.5, highest + 1.5};
  const std::vector<To> ys = cast<double, To>(xs);
  for (size_t i = 0; i < xs.size(); ++i) {
    CAPTURE(xs[i]);
    const double whole = std::trunc(xs[i]);
    if (std::isnan(xs[i])) {
      CHECK(ys[i] == 0);
    } else if (whole >= highest) {
      CHECK(ys[i] == std::numeric_limits<To>::max());
    } else if (whole <= lowest) {
      CHECK(ys[i] == std::numeric_limits<To>::lowest());
    } else {
      CHECK(static_cast<double>(ys[i]) == whole);
    }
  }
}

TEST_CASE("steps: Cast from float to integer drops the fraction, saturates and makes NaN 0") {
  check_from_floats<int8_t>();
  check_from_floats<uint8_t>();
  check_from_floats<int16_t>();
  check_from_floats<uint16_t>();
  check_from_floats<int32_t>();
  check_from_floats<uint32_t>();
  check_from_floats<int64_t>();
  check_from_floats<uint64_t>();
  CHECK(cast<float, int32_t>({2147483520.0f, 2147483648.0f, -2147483648.0f, -2147483904.0f}) ==
        std::vector<int32_t>{2147483520, INT32_MAX, INT32_MIN, INT32_MIN});
}

TEST_CASE("steps: Cast from integer rounds once, to smaller integers wraps") {
  CHECK(cast<int64_t, float>({0, -1, 16777217, INT64_MAX, 9007199791611905}) ==
        std::vector<float>{0, -1, 16777216, 9223372036854775808.0f, 9007200328482816.0f});
  CHECK(cast<uint64_t, double>({UINT64_MAX}) == std::vector<double>{18446744073709551616.0});
  CHECK(cast<int32_t, uint8_t>({-1, 256, 257}) == std::vector<uint8_t>{255, 0, 1});
  CHECK(cast<int16_t, int64_t>({-5, 7}) == std::vector<int64_t>{-5, 7});
  CHECK(cast<uint32_t, int8_t>({200}) == std::vector<int8_t>{-56});
}

TEST_CASE("steps: Cast between float types rounds to nearest and keeps denormals and infinities") {
  CHECK(cast<double, float>({1e-40, 1e300, -0.1}) ==
        std::vector<float>{1e-40f, std::numeric_limits<float>::infinity(), -0.1f});
  CHECK(cast<float, double>({1e-40f, 0.1f}) == std::vector<double>{double{1e-40f}, double{0.1f}});
  CHECK(std::isnan(cast<double, float>({kNan})[0]));
}

TEST_CASE("steps: Cast to bool asks whether it is zero, from bool gives 0 or 1 for any byte") {
  TinyModel m;
  const uint16_t x = m.add_input("x", {1});
  const uint16_t flag = m.add_output("flag", {1});
  const uint16_t y = m.add_output("y", {1});
  m.tensor(flag).dtype = fb::DType::Bool;
  m.tensor(y).dtype = fb::DType::I32;
  m.add_op(fb::OpKind::Cast, {x}, flag);
  m.add_op(fb::OpKind::Cast, {flag}, y);
  m.add_entry("predict", {x}, {flag, y});
  const Model model = load(m);
  Session session = Session::make(model).or_exit();
  const std::vector<float> xs = {0.0f, -0.0f, 0.25f, -7.0f, std::nanf(""), 1e-44f};
  std::vector<uint8_t> flags(xs.size());
  std::vector<int32_t> ys(xs.size());
  const Status status = session.run({xs}, {Out(DType::Bool, flags.data(), flags.size()), ys});
  REQUIRE_MESSAGE(status.ok(), status.message());
  CHECK(flags == std::vector<uint8_t>{0, 0, 1, 1, 1, 1});
  CHECK(ys == std::vector<int32_t>{0, 0, 1, 1, 1, 1});

  m = TinyModel();
  const uint16_t b = m.add_input("b", {3});
  const uint16_t f = m.add_output("f", {3});
  m.tensor(b).dtype = fb::DType::Bool;
  m.add_op(fb::OpKind::Cast, {b}, f);
  m.add_entry("predict", {b}, {f});
  const Model from_bool = load(m);
  Session second = Session::make(from_bool).or_exit();
  const uint8_t bytes[] = {0, 1, 200};
  float floats[3];
  CHECK(second.run({In(DType::Bool, bytes, 3)}, {floats}).ok());
  CHECK((floats[0] == 0 && floats[1] == 1 && floats[2] == 1));
}

// Both ways between f32 and a 16-bit float whose values are given by their bits.
std::vector<uint16_t> to_half(DType half, const std::vector<float>& from) {
  TinyModel m = one_op({1}, {1});
  m.tensor(1).dtype = static_cast<fb::DType>(half);
  m.add_op(fb::OpKind::Cast, {0}, 1);
  const Model model = load(m);
  std::vector<uint16_t> to(from.size());
  REQUIRE(Session::make(model).or_exit().run({In(from)}, {Out(half, to.data(), to.size())}).ok());
  return to;
}

std::vector<float> from_half(DType half, const std::vector<uint16_t>& from) {
  TinyModel m = one_op({1}, {1});
  m.tensor(0).dtype = static_cast<fb::DType>(half);
  m.add_op(fb::OpKind::Cast, {0}, 1);
  const Model model = load(m);
  std::vector<float> to(from.size());
  REQUIRE(Session::make(model).or_exit().run({In(half, from.data(), from.size())}, {Out(to)}).ok());
  return to;
}

TEST_CASE("runtime: every 16-bit float survives the way through f32, ties go to the even one") {
  for (const DType half : {DType::F16, DType::BF16}) {
    CAPTURE(name_of(half));
    const uint16_t infinity = half == DType::F16 ? 0x7C00 : 0x7F80;
    std::vector<uint16_t> all;
    for (uint32_t bits = 0; bits < 0x10000; ++bits)
      if ((bits & 0x7FFF) <= infinity) all.push_back(static_cast<uint16_t>(bits));
    const std::vector<float> values = from_half(half, all);
    CHECK(to_half(half, values) == all);

    std::vector<float> middles, above;
    std::vector<uint16_t> even, next;
    for (size_t i = 0; i + 2 < all.size() && all[i + 1] < infinity; ++i) {
      const float middle = static_cast<float>((double{values[i]} + double{values[i + 1]}) / 2);
      middles.push_back(middle);
      even.push_back(static_cast<uint16_t>(all[i] % 2 == 0 ? all[i] : all[i + 1]));
      above.push_back(std::nextafter(middle, INFINITY));
      next.push_back(all[i + 1]);
    }
    CHECK(to_half(half, middles) == even);
    CHECK(to_half(half, above) == next);
  }
}

TEST_CASE("runtime: 16-bit floats know infinity and one NaN") {
  const std::vector<float> x = {65519.0f, 65520.0f, -1e9f, NAN};
  CHECK(to_half(DType::F16, x) == std::vector<uint16_t>{0x7BFF, 0x7C00, 0xFC00, 0x7E00});
  CHECK(to_half(DType::BF16, {3.4e38f, NAN}) == std::vector<uint16_t>{0x7F80, 0x7FC0});
  CHECK(std::isnan(from_half(DType::F16, {0x7E01})[0]));
}

}  // namespace
}  // namespace mle::testing
