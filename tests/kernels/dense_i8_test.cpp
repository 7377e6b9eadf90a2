// Dense layers in whole numbers: every table against the rule of docs/numerics.md in plain loops,
// bit by bit; and the AVX-512 table without VNNI, too, where there is one.
// SPDX-License-Identifier: Apache-2.0
#include "format/stored_weights.h"
#include "runtime/float_mode.h"
#include "tests/kernels/support.h"
#include "tests/support/effort.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace mle::kernels {
extern const Table kAvx512 [[gnu::weak]];
}

namespace mle::kernels::test {
namespace {

std::vector<const Table*> all_tables() {
  std::vector<const Table*> all(tables().begin(), tables().end());
  if (&kAvx512 != nullptr && std::string(all[0]->isa) == "avx512") all.push_back(&kAvx512);
  return all;
}

struct I8Weights {
  size_t k, n;
  std::vector<int> plain;
  Aligned<uint8_t> packed;
  Aligned<int32_t> sums;

  I8Weights(Numbers& numbers, size_t k_, size_t n_, bool largest)
      : k(k_),
        n(n_),
        plain(k * n),
        packed(format::packed_elements(format::Layout::Panel16K4, k, n)),
        sums(format::round_up(n, 16)) {
    for (size_t i = 0; i < k; ++i) {
      for (size_t j = 0; j < n; ++j) {
        const int w =
            largest ? (j % 2 == 0 ? 127 : -128) : static_cast<int>(numbers.below(256)) - 128;
        plain[i * n + j] = w;
        sums[j] += w;
        packed[((j / 16 * ((k + 3) / 4) + i / 4) * 16 + j % 16) * 4 + i % 4] =
            static_cast<uint8_t>(static_cast<int8_t>(w));
      }
    }
  }
  I8Layer layer() const {
    return {reinterpret_cast<const std::byte*>(packed.data()), sums.data(), k, n};
  }
};

// The rule, without a thought for speed.
std::vector<float> answers(const I8Weights& weights, const float* x) {
  double low = 0, high = 0;
  bool finite = true;
  for (size_t i = 0; i < weights.k; ++i) {
    finite = finite && std::isfinite(x[i]);
    if (std::fabs(x[i]) < std::numeric_limits<float>::min()) continue;
    low = std::min(low, double{x[i]});
    high = std::max(high, double{x[i]});
  }
  if (!finite) return std::vector<float>(weights.n, std::numeric_limits<float>::quiet_NaN());
  const double range = high - low;
  std::vector<float> y(weights.n);
  if (range < 0x1p-100) return y;
  const auto per_unit = static_cast<float>(255.0 / range);
  const auto scale = static_cast<float>(range / 255.0);
  const auto zero = static_cast<int64_t>(std::nearbyint(static_cast<float>(-low) * per_unit));
  std::vector<int64_t> codes(weights.k);
  for (size_t i = 0; i < weights.k; ++i) {
    const auto code = static_cast<int64_t>(std::nearbyint(x[i] * per_unit)) + zero;
    codes[i] = std::clamp<int64_t>(code, 0, 255);
  }
  for (size_t j = 0; j < weights.n; ++j) {
    int64_t sum = 0;
    for (size_t i = 0; i < weights.k; ++i)
      sum += (codes[i] - zero) * weights.plain[i * weights.n + j];
    y[j] = static_cast<float>(sum) * scale;
  }
  return y;
}

void check_call(const I8Weights& weights, const std::vector<float>& x, size_t rows, size_t x_stride,
                size_t y_stride) {
  constexpr float kUntouched = 12345;
  for (const Table* table : all_tables()) {
    std::vector<float> y(rows * y_stride + 1, kUntouched);
    table->dense_rows_i8(weights.layer(), {x.data(), x_stride, y.data(), y_stride, rows});
    size_t wrong = y.back() == kUntouched ? 0 : 1;
    for (size_t r = 0; r < rows; ++r) {
      const std::vector<float> want = answers(weights, x.data() + r * x_stride);
      for (size_t j = 0; j < y_stride; ++j) {
        wrong += same(y[r * y_stride + j], j < weights.n ? want[j] : kUntouched) ? 0 : 1;
      }
    }
    CAPTURE(std::string(table->isa));
    CAPTURE(weights.k);
    CAPTURE(weights.n);
    CAPTURE(rows);
    CHECK(wrong == 0);
  }
}

TEST_CASE("kernels: layers in whole numbers have the same bits in every table and batch") {
  Numbers numbers(21);
  const FloatMode flushed(true);
  for (int i = 0; i < testing::effort(150, 40); ++i) {
    const size_t k = 1 + numbers.below(i % 9 == 0 ? 3000 : 200), n = 17 + numbers.below(230);
    const size_t rows = i % 7 == 0 ? numbers.below(90) : numbers.below(12);
    const I8Weights weights(numbers, k, n, false);
    const size_t x_stride = k + numbers.below(4);
    std::vector<float> x = numbers.many(rows * x_stride, i % 4 == 0);
    if (i % 3 == 0) {
      for (float& value : x) value = value < 0 ? 0 : value;  // as behind a ReLU
    }
    check_call(weights, x, rows, x_stride, n + numbers.below(4));
  }
}

TEST_CASE("kernels: the longest sums of the largest products stay exact") {
  Numbers numbers(22);
  const FloatMode flushed(true);
  const I8Weights weights(numbers, format::kMostIn8Bits, 20, true);
  std::vector<float> x(2 * weights.k, 3.0f);
  for (size_t i = 0; i < weights.k; ++i) x[weights.k + i] = i % 2 == 0 ? -1.0f : -0.999f;
  check_call(weights, x, 2, weights.k, 20);
}

TEST_CASE("kernels: rows at the ends of what floats hold are rounded to 8 bits as the rule says") {
  Numbers numbers(23);
  const FloatMode flushed(true);
  const I8Weights weights(numbers, 37, 33, false);
  using limits = std::numeric_limits<float>;
  for (const float size : {limits::max(), 1e30f, 1e-20f, 0x1p-99f, 0x1p-101f, limits::min(),
                           limits::denorm_min(), 0.0f}) {
    std::vector<float> x(37);
    for (size_t i = 0; i < x.size(); ++i) {
      x[i] = size * (i % 3 == 0 ? 1.0f : i % 3 == 1 ? -1.0f : 0.3f);
    }
    check_call(weights, x, 1, 37, 33);
  }
  for (const float odd : {limits::quiet_NaN(), limits::infinity(), -limits::infinity()}) {
    std::vector<float> x(3 * 37, 1.0f);
    x[37 + 36] = odd;  // only its own row answers NaN
    check_call(weights, x, 3, 37, 33);
  }
}

}  // namespace
}  // namespace mle::kernels::test
