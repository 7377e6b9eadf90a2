// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/support.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace mle::kernels::test {
namespace {

template <class T>
constexpr T kInfinity = std::numeric_limits<T>::infinity();
template <class T>
constexpr T kNan = std::numeric_limits<T>::quiet_NaN();

template <class T>
std::vector<T> softmax_of(const Table& table, bool log, const std::vector<T>& x) {
  std::vector<T> y(x.size());
  const FloatTable<T>& kernels = table.of<T>();
  (log ? kernels.log_softmax
       : kernels.softmax)({x.data(), x.size(), y.data(), x.size(), 1, x.size(), 1});
  return y;
}

TEST_CASE_TEMPLATE("kernels: softmax and its logarithm are near the truth for any width", T, float,
                   double) {
  Numbers numbers(11);
  for (const Table* table : tables()) {
    for (size_t n = 1; n < 100; ++n) {
      std::vector<T> x = numbers.many<T>(n);
      for (T& value : x) value *= 8;
      const double top = *std::max_element(x.begin(), x.end());
      double sum = 0;
      for (const T value : x) sum += std::exp(static_cast<double>(value) - top);
      const std::vector<T> y = softmax_of(*table, false, x);
      const std::vector<T> z = softmax_of(*table, true, x);
      double worst = 0, worst_log = 0;
      for (size_t i = 0; i < n; ++i) {
        const double difference = static_cast<double>(x[i]) - top;
        const double want = std::exp(difference) / sum;
        worst = std::max(worst, std::fabs(static_cast<double>(y[i]) - want) / want);
        worst_log =
            std::max(worst_log, std::fabs(static_cast<double>(z[i]) - difference + std::log(sum)));
      }
      // x - max may be off by half an ulp of up to 128, which e^x makes relative.
      CHECK(worst < (sizeof(T) == 4 ? 8e-6 : 2e-14));
      CHECK(worst_log < (sizeof(T) == 4 ? 2e-5 : 5e-14));
    }
  }
}

TEST_CASE_TEMPLATE("kernels: softmax treats NaN and infinities as numpy does", T, float, double) {
  for (const Table* table : tables()) {
    for (const bool log : {false, true}) {
      for (const T odd : {kNan<T>, kInfinity<T>}) {
        for (const T value : softmax_of<T>(*table, log, {1, odd, 3, -2, 0}))
          CHECK(std::isnan(value));
      }
      for (const T value : softmax_of<T>(*table, log, {-kInfinity<T>, -kInfinity<T>})) {
        CHECK(std::isnan(value));
      }
    }
    const std::vector<T> y = softmax_of<T>(*table, false, {0, -kInfinity<T>, 0});
    CHECK(y == std::vector<T>{0.5, 0, 0.5});
    CHECK(softmax_of<T>(*table, true, {7, -kInfinity<T>}) == std::vector<T>{0, -kInfinity<T>});
  }
}

TEST_CASE_TEMPLATE("kernels: softmax has the same bits in all FMA tables, rows, steps and in place",
                   T, float, double) {
  Numbers numbers(12);
  const Table* first = tables().front();
  for (const Table* table : tables()) {
    for (const bool log : {false, true}) {
      for (const size_t n : {1u, 2u, 10u, 16u, 17u, 50u}) {
        const size_t rows = 3, step = 4, stride = n * step + 3;
        std::vector<T> spread = numbers.many<T>(rows * stride, n == 50);
        std::vector<std::vector<T>> want;
        const Table* judge = table->fused ? first : table;
        for (size_t r = 0; r < rows; ++r) {
          std::vector<T> row(n);
          for (size_t i = 0; i < n; ++i) row[i] = spread[r * stride + i * step];
          want.push_back(softmax_of(*judge, log, row));
        }
        const FloatTable<T>& kernels = table->of<T>();
        (log ? kernels.log_softmax
             : kernels.softmax)({spread.data(), stride, spread.data(), stride, rows, n, step});
        size_t wrong = 0;
        for (size_t r = 0; r < rows; ++r) {
          for (size_t i = 0; i < n; ++i) wrong += !same(want[r][i], spread[r * stride + i * step]);
        }
        CHECK(wrong == 0);
      }
    }
  }
}

template <class T>
int64_t argmax_of(const Table& table, const std::vector<T>& x, bool last, size_t step = 1) {
  int64_t y = -1;
  table.of<T>().argmax({x.data(), x.size(), &y, 1, 1, x.size() / step, step, last});
  return y;
}

TEST_CASE_TEMPLATE("kernels: arg-max takes the first or last of equals, and NaN before all", T,
                   float, double) {
  for (const Table* table : tables()) {
    CHECK(argmax_of<T>(*table, {1, 3, 2, 3}, false) == 1);
    CHECK(argmax_of<T>(*table, {1, 3, 2, 3}, true) == 3);
    CHECK(argmax_of<T>(*table, {1, kNan<T>, kInfinity<T>, kNan<T>}, false) == 1);
    CHECK(argmax_of<T>(*table, {1, kNan<T>, kInfinity<T>, kNan<T>}, true) == 3);
    CHECK(argmax_of<T>(*table, {-T{0}, T{0}}, false) == 0);
    CHECK(argmax_of<T>(*table, {-kInfinity<T>}, true) == 0);
    CHECK(argmax_of<T>(*table, {1, 9, 2, 9, 3, 9}, false, 2) == 2);
    Numbers numbers(13);
    for (size_t n = 1; n < 70; ++n) {
      const std::vector<T> x = numbers.many<T>(n);
      CHECK(argmax_of(*table, x, false) == std::max_element(x.begin(), x.end()) - x.begin());
    }
  }
}

}  // namespace
}  // namespace mle::kernels::test
