// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/support.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace mle::kernels::test {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<float> softmax_of(const Table& table, bool log, const std::vector<float>& x) {
  std::vector<float> y(x.size());
  (log ? table.log_softmax
       : table.softmax)({x.data(), x.size(), y.data(), x.size(), 1, x.size(), 1});
  return y;
}

TEST_CASE("kernels: softmax and its logarithm are near the truth for any width") {
  Numbers numbers(11);
  for (const Table* table : tables()) {
    for (size_t n = 1; n < 100; ++n) {
      std::vector<float> x = numbers.many(n);
      for (float& value : x) value *= 8;
      const double top = *std::max_element(x.begin(), x.end());
      double sum = 0;
      for (const float value : x) sum += std::exp(static_cast<double>(value) - top);
      const std::vector<float> y = softmax_of(*table, false, x);
      const std::vector<float> z = softmax_of(*table, true, x);
      double worst = 0, worst_log = 0;
      for (size_t i = 0; i < n; ++i) {
        const double difference = static_cast<double>(x[i]) - top;
        const double want = std::exp(difference) / sum;
        worst = std::max(worst, std::fabs(static_cast<double>(y[i]) - want) / want);
        worst_log =
            std::max(worst_log, std::fabs(static_cast<double>(z[i]) - difference + std::log(sum)));
      }
      // x - max may be off by half an ulp of up to 128, which e^x makes relative.
      CHECK(worst < 8e-6);
      CHECK(worst_log < 2e-5);
    }
  }
}

TEST_CASE("kernels: softmax treats NaN and infinities as numpy does") {
  for (const Table* table : tables()) {
    for (const bool log : {false, true}) {
      for (const float odd : {kNan, kInfinity}) {
        for (const float value : softmax_of(*table, log, {1, odd, 3, -2, 0}))
          CHECK(std::isnan(value));
      }
      for (const float value : softmax_of(*table, log, {-kInfinity, -kInfinity})) {
        CHECK(std::isnan(value));
      }
    }
    const std::vector<float> y = softmax_of(*table, false, {0, -kInfinity, 0});
    CHECK(y == std::vector<float>{0.5f, 0.0f, 0.5f});
    CHECK(softmax_of(*table, true, {7, -kInfinity}) == std::vector<float>{0.0f, -kInfinity});
  }
}

TEST_CASE("kernels: softmax has the same bits in all FMA tables, rows, steps and in place") {
  Numbers numbers(12);
  const Table* first = tables().front();
  for (const Table* table : tables()) {
    for (const bool log : {false, true}) {
      for (const size_t n : {1u, 2u, 10u, 16u, 17u, 50u}) {
        const size_t rows = 3, step = 4, stride = n * step + 3;
        std::vector<float> spread = numbers.many(rows * stride, n == 50);
        std::vector<std::vector<float>> want;
        const Table* judge = table->fused ? first : table;
        for (size_t r = 0; r < rows; ++r) {
          std::vector<float> row(n);
          for (size_t i = 0; i < n; ++i) row[i] = spread[r * stride + i * step];
          want.push_back(softmax_of(*judge, log, row));
        }
        (log ? table->log_softmax
             : table->softmax)({spread.data(), stride, spread.data(), stride, rows, n, step});
        size_t wrong = 0;
        for (size_t r = 0; r < rows; ++r) {
          for (size_t i = 0; i < n; ++i) wrong += !same(want[r][i], spread[r * stride + i * step]);
        }
        CHECK(wrong == 0);
      }
    }
  }
}

int64_t argmax_of(const Table& table, const std::vector<float>& x, bool last, size_t step = 1) {
  int64_t y = -1;
  table.argmax({x.data(), x.size(), &y, 1, 1, x.size() / step, step, last});
  return y;
}

TEST_CASE("kernels: arg-max takes the first or last of equals, and NaN before all") {
  for (const Table* table : tables()) {
    CHECK(argmax_of(*table, {1, 3, 2, 3}, false) == 1);
    CHECK(argmax_of(*table, {1, 3, 2, 3}, true) == 3);
    CHECK(argmax_of(*table, {1, kNan, kInfinity, kNan}, false) == 1);
    CHECK(argmax_of(*table, {1, kNan, kInfinity, kNan}, true) == 3);
    CHECK(argmax_of(*table, {-0.0f, 0.0f}, false) == 0);
    CHECK(argmax_of(*table, {-kInfinity}, true) == 0);
    CHECK(argmax_of(*table, {1, 9, 2, 9, 3, 9}, false, 2) == 2);
    Numbers numbers(13);
    for (size_t n = 1; n < 70; ++n) {
      const std::vector<float> x = numbers.many(n);
      CHECK(argmax_of(*table, x, false) == std::max_element(x.begin(), x.end()) - x.begin());
    }
  }
}

}  // namespace
}  // namespace mle::kernels::test
