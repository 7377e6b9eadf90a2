// Models whose rows mix: one call is one batch, however it is cut into tiles.
// SPDX-License-Identifier: Apache-2.0
#include <mle/c.h>

#include "format/header.h"
#include "tests/format/one_op.h"
#include "tests/runtime/networks.h"
#include "tests/support/no_alloc.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace mle::testing {
namespace {

uint16_t add_whole(TinyModel& m, std::vector<uint32_t> dims) {
  const uint16_t tensor = m.add_arena("of all rows", std::move(dims));
  m.tensor(tensor).rows = fb::Rows::Whole;
  return tensor;
}

// `layers` times: less the smallest, by the range of all rows, then a running sum.
TinyModel ranges(int layers, uint32_t width) {
  TinyModel m;
  m.required_features = format::kFeatureRowsMix;
  const uint16_t input = m.add_input("x", {width});
  uint16_t x = input;
  const uint16_t y = m.add_output("y", {width});
  for (int layer = 0; layer < layers; ++layer) {
    const uint16_t most = add_whole(m, {width}), least = add_whole(m, {width});
    const uint16_t span = add_whole(m, {width});
    const uint16_t moved = m.add_arena("moved", {width});
    const uint16_t scaled = m.add_arena("scaled", {width});
    const uint16_t next = layer + 1 == layers ? y : m.add_arena("next", {width});
    m.add_op(fb::OpKind::ReduceRows, {x}, most).iattr = {2};
    m.add_op(fb::OpKind::ReduceRows, {x}, least).iattr = {3};
    m.add_op(fb::OpKind::Binary, {most, least}, span).iattr = {1};
    m.add_op(fb::OpKind::Binary, {x, least}, moved).iattr = {1};
    m.add_op(fb::OpKind::Binary, {moved, span}, scaled).iattr = {3};
    m.add_op(fb::OpKind::CumSum, {scaled}, next).iattr = {0, 0, 0};
    x = next;
  }
  m.add_entry("predict", {input}, {y});
  return m;
}

// The same in plain words.
std::vector<float> wanted(int layers, size_t width, std::vector<float> x) {
  const size_t rows = x.size() / width;
  for (int layer = 0; layer < layers; ++layer) {
    for (size_t i = 0; i < width; ++i) {
      float most = x[i], least = x[i];
      for (size_t r = 0; r < rows; ++r) {
        most = std::max(most, x[r * width + i]);
        least = std::min(least, x[r * width + i]);
      }
      for (size_t r = 0; r < rows; ++r)
        x[r * width + i] = (x[r * width + i] - least) / (most - least);
    }
    for (size_t r = 0; r < rows; ++r)
      for (size_t i = 1; i < width; ++i) x[r * width + i] += x[r * width + i - 1];
  }
  return x;
}

Session session_of(const Model& model, size_t tile_rows, int threads = 1) {
  SessionOptions options;
  options.tile_rows = tile_rows;
  options.threads = threads;
  return Session::make(model, options).or_exit();
}

TEST_CASE("rows that mix: the answers are those of all rows together, whatever the tiles") {
  constexpr int kLayers = 4;
  constexpr size_t kWidth = 5;
  const Model model = load(ranges(kLayers, kWidth));
  REQUIRE(model.rows_mix());
  for (const size_t rows : {2u, 3u, 7u, 64u, 301u}) {
    const std::vector<float> x = random_rows(rows * kWidth, 11);
    const std::vector<float> expected = wanted(kLayers, kWidth, x);
    for (const size_t tile : {0u, 1u, 2u, 7u, 64u, 1000u}) {
      for (const int threads : {1, 3}) {
        CAPTURE(rows);
        CAPTURE(tile);
        Session session = session_of(model, tile, threads);
        CHECK(session.rows_mix());
        CHECK(same_bits(answers(session, x), expected));
        CHECK(same_bits(answers(session, x), expected));  // nothing stays from the call before
      }
    }
  }
}

TEST_CASE("rows that mix: the order of the rows does not change a bit, nor do zeros and NaN") {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const Model model = load(one_reduce_rows());
  std::vector<float> x = {-0.0f, 1, kNan, 4, -5, 0.0f, 0.0f, 2, 3, -4, -6, -0.0f};
  for (size_t turn = 0; turn < 2; ++turn) {
    for (const size_t tile : {1u, 2u}) {
      Session session = session_of(model, tile);
      const std::vector<float> y = answers(session, x);
      const size_t a = turn * 6, b = 6 - a;  // where the first of the rows is now
      CHECK(y[a + 1] == -1);
      CHECK(y[b + 1] == 0);
      CHECK(std::isnan(y[a + 2]));
      CHECK(std::isnan(y[b + 2]));
      // The largest is +0: -0 - +0 is -0, and +0 - +0 is +0.
      CHECK(std::signbit(y[a]));
      CHECK_FALSE(std::signbit(y[b]));
    }
    std::rotate(x.begin(), x.begin() + 6, x.end());
  }
}

TEST_CASE("rows that mix: no rows give no answers, one row is a batch of its own") {
  const Model model = load(one_reduce_rows());
  Session session = session_of(model, 0);
  CHECK(answers(session, {}).empty());
  CHECK(answers(session, std::vector<float>{1, 2, 3, 4, 5, 6}) == std::vector<float>(6, 0.0f));
}

TEST_CASE("rows that mix: a run takes no memory") {
  constexpr size_t kRows = 100, kWidth = 3;
  const Model model = load(ranges(3, kWidth));
  const std::vector<float> x = random_rows(kRows * kWidth, 5);
  std::vector<float> y(x.size());
  Session session = session_of(model, 7);
  bool good = false;
  const size_t before = allocation_count();
  good = session.run({In(x)}, {Out(y)}).ok();
  const size_t after = allocation_count();
  CHECK(good);
  CHECK(after == before);
}

TEST_CASE("rows that mix: an observer sees each row of each step once") {
  constexpr size_t kRows = 10, kWidth = 3;
  struct Seen {
    std::vector<size_t> rows = std::vector<size_t>(18);
    size_t last_row = 0;
  } seen;
  const Model model = load(ranges(3, kWidth));
  Session session = session_of(model, 4);
  session.set_observer(
      [](void* context, const StepOutput& output) noexcept {
        auto& all = *static_cast<Seen*>(context);
        all.rows.at(output.step) += output.rows;
        all.last_row = std::max(all.last_row, output.first_row + output.rows);
      },
      &seen);
  answers(session, random_rows(kRows * kWidth, 1));
  for (size_t step = 0; step < seen.rows.size(); ++step) {
    CAPTURE(step);
    CHECK(seen.rows[step] == (step % 6 < 3 ? 1 : kRows));
  }
  CHECK(seen.last_row == kRows);
}

TEST_CASE(
    "rows that mix: of several rows without an answer the lowest is named, whatever the tiles") {
  // Row r looks up place x[r], before and after the rows mix; the table has 4.
  TinyModel m;
  m.required_features = format::kFeatureRowsMix;
  const uint16_t place = m.add_input("place", {1});
  m.tensor(place).dtype = fb::DType::I64;
  const uint16_t other = m.add_input("other", {1});
  m.tensor(other).dtype = fb::DType::I64;
  const uint16_t table = m.add_constant("table", {4}, std::vector<float>{1, 2, 3, 4});
  const uint16_t first = m.add_arena("first", {1}), second = m.add_arena("second", {1});
  const uint16_t most = add_whole(m, {1});
  const uint16_t sum = m.add_arena("sum", {1}), y = m.add_output("y", {1});
  m.add_op(fb::OpKind::Gather, {table, place}, first, "early").iattr = {0};
  m.add_op(fb::OpKind::ReduceRows, {first}, most).iattr = {2};
  m.add_op(fb::OpKind::Binary, {first, most}, sum).iattr = {0};
  m.add_op(fb::OpKind::Gather, {table, other}, second, "late").iattr = {0};
  m.add_op(fb::OpKind::Binary, {sum, second}, y).iattr = {0};
  m.add_entry("predict", {place, other}, {y});
  const Model model = load(m);
  const std::vector<int64_t> places = {0, 1, 2, 3, 0, 9, 1, 2}, others = {0, 1, 7, 3, 0, 1, 1, 2};
  std::vector<float> answer(places.size());
  for (const size_t tile : {1u, 3u, 8u}) {
    Session session = session_of(model, tile);
    const Status status = session.run({In(places), In(others)}, {Out(answer)});
    CHECK(std::string(status.message()).find("row 2: 'late' met") != std::string::npos);
  }
}

TEST_CASE("rows that mix: a model without such an op says so, in C too") {
  CHECK_FALSE(load(tiny_mlp()).rows_mix());
  const AlignedBytes plain = make_file(tiny_mlp()), mixing = make_file(one_reduce_rows());
  for (const AlignedBytes* bytes : {&plain, &mixing}) {
    mle_model* model = nullptr;
    REQUIRE(mle_model_from_memory(bytes->data(), bytes->size(), nullptr, &model, nullptr) ==
            MLE_OK);
    CHECK(mle_model_rows_mix(model) == (bytes == &mixing ? 1 : 0));
    mle_model_destroy(model);
  }
  CHECK(mle_model_rows_mix(nullptr) == 0);
}

}  // namespace
}  // namespace mle::testing
