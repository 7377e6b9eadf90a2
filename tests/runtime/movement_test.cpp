// Transpose, Expand, Gather and GatherElements against the obvious loop, in elements of every size.
// SPDX-License-Identifier: Apache-2.0
#include "format/rules.h"
#include "tests/runtime/networks.h"

#include <doctest/doctest.h>

#include <string>

namespace mle::testing {
namespace {

using Dims = std::vector<uint32_t>;

size_t count(const Dims& dims) {
  size_t n = 1;
  for (const uint32_t dim : dims) n *= dim;
  return n;
}

// Where element `e` of a tensor is along its axes.
Dims place(size_t e, const Dims& dims) {
  Dims at(dims.size());
  for (size_t i = dims.size(); i-- > 0; e /= dims[i]) at[i] = static_cast<uint32_t>(e % dims[i]);
  return at;
}

size_t element(const Dims& at, const Dims& dims) {
  size_t e = 0;
  for (size_t i = 0; i < dims.size(); ++i) e = e * dims[i] + at[i];
  return e;
}

template <class T>
std::vector<T> numbered(size_t n) {
  std::vector<T> all(n);
  for (size_t i = 0; i < n; ++i) all[i] = static_cast<T>(i * 7 + 1);
  return all;
}

template <class T>
constexpr fb::DType kType = fb::DType::F32;
template <>
constexpr fb::DType kType<uint8_t> = fb::DType::U8;
template <>
constexpr fb::DType kType<int16_t> = fb::DType::I16;
template <>
constexpr fb::DType kType<double> = fb::DType::F64;

// x and indices (or x alone) → one op → y, all of `T`.
TinyModel one(fb::OpKind kind, fb::DType dtype, Dims x, Dims y) {
  TinyModel m;
  const uint16_t in = m.add_input("x", std::move(x));
  const uint16_t out = m.add_output("y", std::move(y));
  m.tensor(in).dtype = dtype;
  m.tensor(out).dtype = dtype;
  m.add_op(kind, {in}, out, "mover");
  m.add_entry("predict", {in}, {out});
  return m;
}

constexpr size_t kRows = 5;

template <class T>
void check_transpose(const Dims& dims, const Dims& order) {
  Dims to;
  for (const uint32_t axis : order) to.push_back(dims[axis]);
  TinyModel m = one(fb::OpKind::Transpose, kType<T>, dims, to);
  m.op(0).indices = order;
  const Model model = load(m);
  Session session = Session::make(model).or_exit();
  const std::vector<T> x = numbered<T>(kRows * count(dims));
  std::vector<T> y(x.size());
  REQUIRE(session.run({x}, {y}).ok());
  for (size_t i = 0; i < y.size(); ++i) {
    const Dims at = place(i % count(dims), to);
    Dims from(at.size());
    for (size_t axis = 0; axis < at.size(); ++axis) from[order[axis]] = at[axis];
    REQUIRE(y[i] == x[i / count(dims) * count(dims) + element(from, dims)]);
  }
}

const std::pair<Dims, Dims> kOrders[] = {
    {{}, {}},
    {{7}, {0}},
    {{1, 1}, {1, 0}},
    {{3, 4}, {1, 0}},
    {{3, 4}, {0, 1}},
    {{2, 3, 4}, {2, 0, 1}},
    {{2, 3, 4}, {0, 2, 1}},
    {{2, 3, 4}, {1, 0, 2}},
    {{2, 1, 4}, {2, 1, 0}},
    {{2, 3, 1, 5}, {1, 3, 2, 0}},
    {{2, 1, 3, 1, 2, 1, 2, 2}, {7, 0, 6, 5, 4, 1, 3, 2}},
};

TEST_CASE("steps: Transpose moves axes of rows, whatever the size of an element") {
  for (const auto& each : kOrders) {
    const auto& dims = each.first;
    const auto& order = each.second;
    CAPTURE(order.size());
    check_transpose<float>(dims, order);
    check_transpose<uint8_t>(dims, order);
    check_transpose<int16_t>(dims, order);
    check_transpose<double>(dims, order);
  }
}

// A string as it lies in memory: mle_string of <mle/c.h>.
struct Text {
  const char* data;
  size_t size;
  bool operator==(const Text&) const = default;
};

TEST_CASE("steps: Transpose and Expand hand strings on as they are") {
  const Text texts[] = {{"a", 1}, {"", 0}, {"a long one", 10}, {nullptr, 0}};
  const In in(DType::Str, texts, 4);
  {
    TinyModel m = one(fb::OpKind::Transpose, fb::DType::Str, {2, 2}, {2, 2});
    m.op(0).indices = {1, 0};
    const Model model = load(m);
    Session session = Session::make(model).or_exit();
    Text y[4] = {};
    REQUIRE(session.run({in}, {Out(DType::Str, y, 4)}).ok());
    const size_t order[] = {0, 2, 1, 3};
    for (size_t i = 0; i < 4; ++i) CHECK(y[i] == texts[order[i]]);
  }
  const Model model = load(one(fb::OpKind::Expand, fb::DType::Str, {2, 1}, {2, 3}));
  Session session = Session::make(model).or_exit();
  Text y[12] = {};
  REQUIRE(session.run({in}, {Out(DType::Str, y, 12)}).ok());
  for (size_t i = 0; i < 12; ++i) CHECK(y[i] == texts[i / 3]);
}

TEST_CASE("steps: Expand repeats along axes of one") {
  const std::pair<Dims, Dims> cases[] = {{{}, {3}},
                                         {{1}, {1}},
                                         {{4}, {3, 4}},
                                         {{4, 1}, {4, 3}},
                                         {{1, 4}, {3, 4}},
                                         {{2, 1, 3}, {2, 5, 3}},
                                         {{2, 1, 3}, {4, 2, 2, 3}}};
  for (const auto& [from, to] : cases) {
    const Model model = load(one(fb::OpKind::Expand, fb::DType::I16, from, to));
    Session session = Session::make(model).or_exit();
    const std::vector<int16_t> x = numbered<int16_t>(kRows * count(from));
    std::vector<int16_t> y(kRows * count(to));
    REQUIRE(session.run({x}, {y}).ok());
    for (size_t i = 0; i < y.size(); ++i) {
      const Dims at = place(i % count(to), to);
      Dims source;
      for (size_t axis = 0; axis < from.size(); ++axis)
        source.push_back(from[axis] == 1 ? 0 : at[to.size() - from.size() + axis]);
      REQUIRE(y[i] == x[i / count(to) * count(from) + element(source, from)]);
    }
  }
}

// Rows of `table` by the indices of `x`.
TinyModel embedding(uint32_t entries, uint32_t width, fb::DType index = fb::DType::I64) {
  TinyModel m;
  const uint16_t ids = m.add_input("ids", {2});
  m.tensor(ids).dtype = index;
  const uint16_t y = m.add_output("y", {2, width});
  const uint16_t table =
      m.add_constant("table", {entries, width}, numbered<float>(size_t{entries} * width));
  m.add_op(fb::OpKind::Gather, {table, ids}, y, "embedding").iattr = {0};
  m.add_entry("predict", {ids}, {y});
  return m;
}

TEST_CASE("steps: Gather looks entries of a table up, from the end where an index is negative") {
  for (const uint32_t width : {1u, 2u, 3u, 16u, 33u}) {
    const Model model = load(embedding(5, width));
    Session session = Session::make(model).or_exit();
    const int64_t ids[] = {0, 4, -1, -5, 2, 2};
    const size_t meant[] = {0, 4, 4, 0, 2, 2};
    std::vector<float> y(6 * width);
    REQUIRE(session.run({ids}, {y}).ok());
    const std::vector<float> table = numbered<float>(5 * width);
    for (size_t i = 0; i < y.size(); ++i)
      REQUIRE(y[i] == table[meant[i / width] * width + i % width]);
  }
}

TEST_CASE("steps: an index outside its table fails the call and names row and index") {
  for (const int64_t bad : {int64_t{5}, int64_t{-6}, INT64_MAX, INT64_MIN, int64_t{1} << 32}) {
    const Model model = load(embedding(5, 3));
    Session session = Session::make(model).or_exit();
    const int64_t ids[] = {0, 1, 2, bad, bad, 0};
    std::vector<float> y(18);
    const Status status = session.run({ids}, {y});
    REQUIRE_FALSE(status.ok());
    CHECK(status.rule() == format::rule::R117_NoAnswer);
    const std::string message = status.message();
    CHECK(message.find("row 1") != std::string::npos);
    CHECK(message.find("'embedding'") != std::string::npos);
    if (bad != INT64_MIN) CHECK(message.find(": " + std::to_string(bad)) != std::string::npos);
    const int64_t good[] = {0, 1};
    CHECK(session.run({good}, {std::span(y).first(6)}).ok());
  }
}

TEST_CASE("steps: 32-bit indices wrap nowhere") {
  const Model model = load(embedding(5, 3, fb::DType::I32));
  Session session = Session::make(model).or_exit();
  std::vector<float> y(6);
  for (const int32_t bad : {5, -6, INT32_MAX, INT32_MIN}) {
    const int32_t ids[] = {0, bad};
    CHECK_FALSE(session.run({ids}, {y}).ok());
  }
  const int32_t ids[] = {-2, 3};
  REQUIRE(session.run({ids}, {y}).ok());
  CHECK(y[0] == y[3]);
}

TEST_CASE("steps: Gather picks along an inner axis of every row, by indices of the row") {
  TinyModel m;
  const uint16_t x = m.add_input("x", {2, 4, 3});
  const uint16_t ids = m.add_input("ids", {2});
  m.tensor(ids).dtype = fb::DType::I32;
  const uint16_t y = m.add_output("y", {2, 2, 3});
  m.add_op(fb::OpKind::Gather, {x, ids}, y).iattr = {1};
  m.add_entry("predict", {x, ids}, {y});
  const Model model = load(m);
  Session session = Session::make(model).or_exit();
  const std::vector<float> from = random_rows(kRows * 24, 3);
  const std::vector<int32_t> picks = {0, 1, 3, 3, 2, -1, -4, 0, 1, 2};
  std::vector<float> to(kRows * 12);
  REQUIRE(session.run({from, picks}, {to}).ok());
  for (size_t i = 0; i < to.size(); ++i) {
    const Dims at = place(i, {kRows, 2, 2, 3});
    const int32_t pick = picks[at[0] * 2 + at[2]];
    const auto along = static_cast<uint32_t>(pick < 0 ? pick + 4 : pick);
    REQUIRE(to[i] == from[element({at[0], at[1], along, at[3]}, {kRows, 2, 4, 3})]);
  }
}

TEST_CASE("steps: GatherElements picks each element by an index of its own") {
  for (const uint32_t axis : {0u, 1u, 2u}) {
    const Dims data = {3, 4, 2};
    Dims picked = {2, 3, 2};
    picked[axis] = 5;
    TinyModel m;
    const uint16_t x = m.add_input("x", data);
    const uint16_t ids = m.add_input("ids", picked);
    m.tensor(ids).dtype = fb::DType::I64;
    const uint16_t y = m.add_output("y", picked);
    m.add_op(fb::OpKind::GatherElements, {x, ids}, y).iattr = {axis};
    m.add_entry("predict", {x, ids}, {y});
    const Model model = load(m);
    Session session = Session::make(model).or_exit();
    const std::vector<float> from = random_rows(kRows * 24, 9);
    std::vector<int64_t> picks(kRows * count(picked));
    for (size_t i = 0; i < picks.size(); ++i)
      picks[i] = static_cast<int64_t>(i * 5 % (2 * data[axis])) - data[axis];
    std::vector<float> to(picks.size());
    REQUIRE(session.run({from, picks}, {to}).ok());
    for (size_t i = 0; i < to.size(); ++i) {
      Dims at = place(i % count(picked), picked);
      at[axis] = static_cast<uint32_t>((picks[i] + data[axis]) % data[axis]);
      REQUIRE(to[i] == from[i / count(picked) * 24 + element(at, data)]);
    }
    picks[kRows * count(picked) - 1] = data[axis];
    const Status status = session.run({from, picks}, {to});
    REQUIRE_FALSE(status.ok());
    CHECK(std::string(status.message()).find("row 4") != std::string::npos);
  }
}

}  // namespace
}  // namespace mle::testing
