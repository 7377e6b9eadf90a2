// SPDX-License-Identifier: Apache-2.0
#include "runtime/float_mode.h"
#include "tests/kernels/support.h"
#include "tests/support/effort.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

namespace mle::kernels::test {
namespace {

// Checks every output of one call, and that nothing between rows was written.
template <class T>
void check_call(const Table& table, const Layer<T>& layer, Numbers& numbers, size_t rows,
                bool odd) {
  constexpr T kUntouched = 12345;
  const size_t x_stride = layer.k + numbers.below(5);
  const size_t y_stride = layer.n + numbers.below(5);
  const std::vector<T> x = numbers.many<T>(rows * x_stride + 1, odd);
  std::vector<T> y(rows * y_stride + 1, kUntouched);
  table.of<T>().dense(layer.with(), {x.data() + 1, x_stride, y.data() + 1, y_stride, rows});
  size_t wrong = 0;
  if (y[0] != kUntouched) ++wrong;
  for (size_t r = 0; r < rows; ++r) {
    const T* row = x.data() + 1 + r * x_stride;
    for (size_t j = 0; j < y_stride; ++j) {
      const T got = y[1 + r * y_stride + j];
      if (j >= layer.n) {
        if (got != kUntouched) ++wrong;
        continue;
      }
      const T want = layer.canonical(row, j);
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

TEST_CASE_TEMPLATE("kernels: dense adds in the canonical order for any shape, batch and stride", T,
                   float, double) {
  Numbers numbers(1);
  for (int i = 0; i < testing::effort(300, 60); ++i) {
    const Layer<T> layer(numbers, 1 + numbers.below(130), 1 + numbers.below(130));
    const size_t rows = i % 10 == 0 ? numbers.below(301) : numbers.below(20);
    for (const Table* table : tables()) check_call(*table, layer, numbers, rows, false);
  }
}

TEST_CASE_TEMPLATE("kernels: dense keeps the canonical order with NaN, infinities and denormals", T,
                   float, double) {
  Numbers numbers(2);
  for (int i = 0; i < testing::effort(150, 40); ++i) {
    const Layer<T> layer(numbers, 1 + numbers.below(130), 1 + numbers.below(130), i % 3 == 0);
    for (const Table* table : tables()) check_call(*table, layer, numbers, numbers.below(18), true);
  }
}

TEST_CASE_TEMPLATE("kernels: dense keeps the canonical order where k is cut to stay in cache", T,
                   float, double) {
  Numbers numbers(3);
  for (const auto& [k, n] : {std::pair<size_t, size_t>{2100, 131}, {1025, 200}}) {
    const Layer<T> layer(numbers, k, n);
    for (const Table* table : tables()) {
      if (table->fused) check_call(*table, layer, numbers, 17, false);
    }
  }
}

TEST_CASE_TEMPLATE("kernels: a row has the same answer in every batch and place", T, float,
                   double) {
  Numbers numbers(4);
  for (int i = 0; i < 60; ++i) {
    const size_t k = 1 + numbers.below(300), n = 1 + numbers.below(130),
                 rows = 1 + numbers.below(40);
    const Layer<T> layer(numbers, k, n);
    const std::vector<T> x = numbers.many<T>(rows * k, true);
    const auto act = static_cast<Act>(numbers.below(format::kActCount));
    for (const Table* table : tables()) {
      std::vector<T> together(rows * n), alone(n);
      table->of<T>().dense(layer.with(act), {x.data(), k, together.data(), n, rows});
      size_t wrong = 0;
      for (size_t r = 0; r < rows; ++r) {
        table->of<T>().dense(layer.with(act), {x.data() + r * k, k, alone.data(), n, 1});
        for (size_t j = 0; j < n; ++j) wrong += !same(alone[j], together[r * n + j]);
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE_TEMPLATE("kernels: a fused activation has the bits of a separate one, in all FMA tables",
                   T, float, double) {
  Numbers numbers(5);
  const FloatMode flushed(true);  // as the session does for dense steps
  for (size_t act = 0; act < format::kActCount; ++act) {
    const size_t k = 1 + numbers.below(60), n = 1 + numbers.below(130),
                 rows = 1 + numbers.below(40);
    const Layer<T> layer(numbers, k, n);
    const std::vector<T> x = numbers.many<T>(rows * k, true);
    std::vector<T> of_first;
    for (const Table* table : tables()) {
      std::vector<T> fused(rows * n), plain(rows * n);
      const DenseLayer<T> fusing = layer.with(static_cast<Act>(act));
      table->of<T>().dense(fusing, {x.data(), k, fused.data(), n, rows});
      table->of<T>().dense(layer.with(), {x.data(), k, plain.data(), n, rows});
      table->of<T>().unary[act](
          {plain.data(), n, plain.data(), n, rows, n, fusing.alpha, fusing.beta});
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
