// Arithmetic, comparison and choice of whole numbers, bools and strings.
// SPDX-License-Identifier: Apache-2.0
#include "format/op_kinds.h"
#include "tests/runtime/networks.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace mle::testing {
namespace {

template <class X, class Y>
std::vector<Y> answer(fb::OpKind kind, uint32_t fn, const std::vector<X>& a,
                      const std::vector<X>& b) {
  TinyModel m;
  const uint16_t left = m.add_input("a", {1}), right = m.add_input("b", {1});
  const uint16_t y = m.add_output("y", {1});
  std::vector<Y> to(a.size());
  m.tensor(left).dtype = m.tensor(right).dtype = static_cast<fb::DType>(In(a).dtype());
  m.tensor(y).dtype = static_cast<fb::DType>(Out(to).dtype());
  m.add_op(kind, {left, right}, y).iattr = {fn};
  m.add_entry("predict", {left, right}, {y});
  const Model model = load(m);
  Session session = Session::make(model).or_exit();
  const Status status = session.run({In(a), In(b)}, {Out(to)});
  REQUIRE_MESSAGE(status.ok(), status.message());
  return to;
}

template <class T>
std::vector<T> binary(format::BinaryFn fn, const std::vector<T>& a, const std::vector<T>& b) {
  return answer<T, T>(fb::OpKind::Binary, static_cast<uint32_t>(fn), a, b);
}

template <class T>
void check_division() {
  using L = std::numeric_limits<T>;
  const T low = L::lowest(), high = L::max();
  const auto minus = static_cast<T>(-1);
  const std::vector<T> a = {7, static_cast<T>(-7), low, low, high, 5, 0},
                       b = {2, 2, minus, 1, minus, 0, 0};
  const auto quotients = binary(format::BinaryFn::Div, a, b);
  const auto modulos = binary(format::BinaryFn::Mod, a, b);
  const auto rests = binary(format::BinaryFn::Fmod, a, b);
  CHECK(quotients[0] == 3);
  CHECK(quotients[5] == 0);
  CHECK(modulos[5] == 0);
  CHECK(rests[6] == 0);
  if constexpr (std::is_signed_v<T>) {
    CHECK(quotients[1] == -3);   // cut towards zero
    CHECK(quotients[2] == low);  // wraps
    CHECK(modulos[1] == 1);
    CHECK(rests[1] == -1);
    CHECK(modulos[2] == 0);
    CHECK(rests[2] == 0);
  }
}

TEST_CASE_TEMPLATE("runtime: no division of whole numbers traps", T, int8_t, uint8_t, int16_t,
                   uint16_t, int32_t, uint32_t, int64_t, uint64_t) {
  check_division<T>();
}

TEST_CASE_TEMPLATE("runtime: sums and products of whole numbers wrap", T, int8_t, uint8_t, int16_t,
                   uint16_t, int32_t, uint32_t, int64_t, uint64_t) {
  using L = std::numeric_limits<T>;
  CHECK(binary<T>(format::BinaryFn::Add, {L::max()}, {1})[0] == L::lowest());
  CHECK(binary<T>(format::BinaryFn::Sub, {L::lowest()}, {1})[0] == L::max());
  CHECK(binary<T>(format::BinaryFn::Mul, {L::max()}, {2})[0] == static_cast<T>(-2));
  CHECK(binary<T>(format::BinaryFn::Pow, {3}, {4})[0] == 81);
  CHECK(binary<T>(format::BinaryFn::Min, {3}, {4})[0] == 3);
  CHECK(binary<T>(format::BinaryFn::Max, {3}, {4})[0] == 4);
}

TEST_CASE("runtime: shifts by all bits or more leave nothing but the sign") {
  CHECK(binary<uint8_t>(format::BinaryFn::ShiftLeft, {1, 255, 255}, {7, 8, 200}) ==
        std::vector<uint8_t>{128, 0, 0});
  CHECK(binary<int64_t>(format::BinaryFn::ShiftRight, {-8, -8, 8}, {1, 64, -1}) ==
        std::vector<int64_t>{-4, -1, 0});
}

TEST_CASE("runtime: 64-bit ids keep every digit") {
  constexpr int64_t kBig = 9007199254740993;  // 2^53 + 1
  CHECK(binary<int64_t>(format::BinaryFn::Sub, {kBig}, {kBig - 3}) == std::vector<int64_t>{3});
  CHECK(binary<int64_t>(format::BinaryFn::Mod, {kBig}, {10}) == std::vector<int64_t>{3});
}

TEST_CASE("runtime: comparisons of strings go by their bytes, a missing one comes first") {
  TinyModel m;
  const uint16_t a = m.add_input("a", {1}), b = m.add_input("b", {1}), y = m.add_output("y", {1});
  m.tensor(a).dtype = m.tensor(b).dtype = fb::DType::Str;
  m.tensor(y).dtype = fb::DType::Bool;
  m.add_op(fb::OpKind::Compare, {a, b}, y).iattr = {static_cast<uint32_t>(format::CompareFn::Less)};
  m.add_entry("predict", {a, b}, {y});
  const Model model = load(m);
  Session session = Session::make(model).or_exit();
  const std::vector<std::string_view> left = {"a", "b", "", std::string_view(), "a"};
  const std::vector<std::string_view> right = {"b", "a", "a", "", "\xC3\xA4"};
  bool less[5] = {};
  REQUIRE(session.run({In(left), In(right)}, {Out(less)}).ok());
  CHECK(less[0]);
  CHECK_FALSE(less[1]);
  CHECK(less[2]);
  CHECK(less[3]);
  CHECK(less[4]);
}

}  // namespace
}  // namespace mle::testing
