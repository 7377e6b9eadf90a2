// SPDX-License-Identifier: Apache-2.0
#include "runtime/float_mode.h"
#include "tests/kernels/support.h"
#include "tests/support/effort.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

namespace mle::kernels::test {
namespace {

constexpr float kUntouched = 12345.0f;

// Checks every output of one call, and that nothing between rows was written.
void check_call(const Table& table, const Layer& layer, Numbers& numbers, size_t rows, bool odd) {
  const size_t x_stride = layer.k + numbers.below(5);
  const size_t y_stride = layer.n + numbers.below(5);
  const std::vector<float> x = numbers.many(rows * x_stride + 1, odd);
  std::vector<float> y(rows * y_stride + 1, kUntouched);
  table.dense(layer.args(x.data() + 1, x_stride, y.data() + 1, y_stride, rows));
  size_t wrong = 0;
  if (y[0] != kUntouched) ++wrong;
  for (size_t r = 0; r < rows; ++r) {
    const float* row = x.data() + 1 + r * x_stride;
    for (size_t j = 0; j < y_stride; ++j) {
      const float got = y[1 + r * y_stride + j];
      if (j >= layer.n) {
        if (got != kUntouched) ++wrong;
        continue;
      }
      const float want = layer.canonical(row, j);
      if (table.fused) {
        if (!same(got, want)) ++wrong;
      } else if (const double bound = layer.unfused_bound(row, j); bound < 1e30) {
        const double error = std::fabs(static_cast<double>(got) - static_cast<double>(want));
        if (!(error <= bound)) ++wrong;
      }
    }
  }
  CAPTURE(std::string(table.isa));
  CAPTURE(layer.k);
  CAPTURE(layer.n);
  CAPTURE(rows);
  CHECK(wrong == 0);
}

TEST_CASE("kernels: dense adds in the canonical order for any shape, batch and stride") {
  Numbers numbers(1);
  for (int i = 0; i < testing::effort(300, 60); ++i) {
    const Layer layer(numbers, 1 + numbers.below(130), 1 + numbers.below(130));
    const size_t rows = i % 10 == 0 ? numbers.below(301) : numbers.below(20);
    for (const Table* table : tables()) check_call(*table, layer, numbers, rows, false);
  }
}

TEST_CASE("kernels: dense keeps the canonical order with NaN, infinities and denormals") {
  Numbers numbers(2);
  for (int i = 0; i < testing::effort(150, 40); ++i) {
    const Layer layer(numbers, 1 + numbers.below(130), 1 + numbers.below(130), i % 3 == 0);
    for (const Table* table : tables()) check_call(*table, layer, numbers, numbers.below(18), true);
  }
}

TEST_CASE("kernels: dense keeps the canonical order where k is cut to stay in cache") {
  Numbers numbers(3);
  for (const auto& [k, n] : {std::pair<size_t, size_t>{2100, 131}, {1025, 200}}) {
    const Layer layer(numbers, k, n);
    for (const Table* table : tables()) {
      if (table->fused) check_call(*table, layer, numbers, 17, false);
    }
  }
}

TEST_CASE("kernels: a row has the same answer in every batch and place") {
  Numbers numbers(4);
  for (int i = 0; i < 60; ++i) {
    const size_t k = 1 + numbers.below(300), n = 1 + numbers.below(130),
                 rows = 1 + numbers.below(40);
    const Layer layer(numbers, k, n);
    const std::vector<float> x = numbers.many(rows * k, true);
    const auto act = static_cast<Act>(numbers.below(format::kActCount));
    for (const Table* table : tables()) {
      std::vector<float> together(rows * n), alone(n);
      table->dense(layer.args(x.data(), k, together.data(), n, rows, act));
      size_t wrong = 0;
      for (size_t r = 0; r < rows; ++r) {
        table->dense(layer.args(x.data() + r * k, k, alone.data(), n, 1, act));
        for (size_t j = 0; j < n; ++j) wrong += !same(alone[j], together[r * n + j]);
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("kernels: a fused activation has the bits of a separate one, in all FMA tables") {
  Numbers numbers(5);
  const FloatMode flushed(true);  // as the session does for dense steps
  for (size_t act = 0; act < format::kActCount; ++act) {
    const size_t k = 1 + numbers.below(60), n = 1 + numbers.below(130),
                 rows = 1 + numbers.below(40);
    const Layer layer(numbers, k, n);
    const std::vector<float> x = numbers.many(rows * k, true);
    std::vector<float> of_first;
    for (const Table* table : tables()) {
      std::vector<float> fused(rows * n), plain(rows * n);
      const DenseArgs args = layer.args(x.data(), k, fused.data(), n, rows, static_cast<Act>(act));
      table->dense(args);
      table->dense(layer.args(x.data(), k, plain.data(), n, rows));
      table->unary[act]({plain.data(), n, plain.data(), n, rows, n, args.alpha, args.beta});
      if (of_first.empty()) of_first = fused;
      size_t wrong = 0, unequal = 0;
      for (size_t i = 0; i < fused.size(); ++i) {
        wrong += !same(fused[i], plain[i]);
        unequal += table->fused && !same(fused[i], of_first[i]);
      }
      CAPTURE(act);
      CHECK(wrong == 0);
      CHECK(unequal == 0);
    }
  }
}

}  // namespace
}  // namespace mle::kernels::test
