// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/support.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

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
  CAPTURE(table.isa);
  CAPTURE(layer.k);
  CAPTURE(layer.n);
  CAPTURE(rows);
  CHECK(wrong == 0);
}

TEST_CASE("kernels: dense adds in the canonical order for any shape, batch and stride") {
  Numbers numbers(1);
  for (int i = 0; i < 300; ++i) {
    const Layer layer(numbers, 1 + numbers.below(130), 1 + numbers.below(130));
    const size_t rows = i % 10 == 0 ? numbers.below(301) : numbers.below(20);
    for (const Table* table : tables()) check_call(*table, layer, numbers, rows, false);
  }
}

TEST_CASE("kernels: dense keeps the canonical order with NaN, infinities and denormals") {
  Numbers numbers(2);
  for (int i = 0; i < 150; ++i) {
    const Layer layer(numbers, 1 + numbers.below(130), 1 + numbers.below(130), i % 3 == 0);
    for (const Table* table : tables()) check_call(*table, layer, numbers, numbers.below(18), true);
  }
}

}  // namespace
}  // namespace mle::kernels::test
