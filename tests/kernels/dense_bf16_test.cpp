// Dense layers whose rows and weights are bf16: tables with a name against one chain of fused
// multiply-adds in plain loops, bit by bit; what stands for no name, which may multiply otherwise,
// against double. Both: a row has the same bits in every call.
// SPDX-License-Identifier: Apache-2.0
#include "format/half.h"
#include "format/stored_weights.h"
#include "runtime/float_mode.h"
#include "runtime/kernels/round_bf16.h"
#include "tests/kernels/support.h"
#include "tests/support/effort.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

namespace mle::kernels::test {
namespace {

struct Bf16Weights {
  size_t k, n;
  std::vector<float> plain;
  Aligned<uint16_t> packed;
  Aligned<float> bias;

  Bf16Weights(Numbers& numbers, size_t k_, size_t n_, bool odd)
      : k(k_),
        n(n_),
        plain(numbers.many(k * n, odd)),
        packed(format::packed_elements(format::Layout::Panel16K2, k, n)),
        bias(format::round_up(n, 16)) {
    for (size_t j = 0; j < n; ++j) bias[j] = numbers.ordinary();
    for (size_t i = 0; i < k + k % 2; ++i) {
      for (size_t j = 0; j < n; ++j) {
        uint16_t bits = 0x7FC0;  // NaN, where there is no weight
        if (i < k) {
          bits = format::float_to_bfloat(double{plain[i * n + j]});
          plain[i * n + j] = format::bfloat_to_float(bits);
        }
        packed[((j / 16 * ((k + 1) / 2) + i / 2) * 16 + j % 16) * 2 + i % 2] = bits;
      }
    }
  }
  Bf16Layer layer(const Table& table, Act act) const {
    return {.stored = reinterpret_cast<const std::byte*>(packed.data()),
            .b = bias.data(),
            .k = k,
            .n = n,
            .relu = act == Act::Relu,
            .act = act == Act::None || act == Act::Relu ? nullptr
                                                        : table.f32.unary[static_cast<size_t>(act)],
            .alpha = 0.5f,
            .beta = 0.25f};
  }
};

std::vector<uint16_t> in_bf16(const std::vector<float>& x) {
  std::vector<uint16_t> bits;
  for (const float value : x) bits.push_back(format::float_to_bfloat(double{value}));
  return bits;
}

// The sum of one output in the order of the tables that decode, before its activation.
float one_chain(const Bf16Weights& weights, const uint16_t* x, size_t column, bool fused) {
  float sum = weights.bias.data()[column];
  for (size_t k = 0; k < weights.k; ++k) {
    const float w = weights.plain[k * weights.n + column], value = format::bfloat_to_float(x[k]);
    sum = fused ? std::fma(value, w, sum) : value * w + sum;
  }
  // What is beside the last of an odd number counts as zeros.
  return weights.k % 2 == 0 ? sum : sum + 0.0f;
}

constexpr float kUntouched = 12345;

std::vector<float> answers(const Table& table, const Bf16Weights& weights, Act act,
                           const uint16_t* x, size_t x_stride, size_t y_stride, size_t rows) {
  std::vector<float> y(rows * y_stride + 1, kUntouched);
  table.dense_rows_bf16(weights.layer(table, act), {x, x_stride, y.data(), y_stride, rows});
  return y;
}

// Of rows of a call, each beside itself alone and in calls of other numbers of rows.
size_t otherwise_in_other_calls(const Table& table, const Bf16Weights& weights, Act act,
                                const std::vector<uint16_t>& x, size_t x_stride, size_t rows) {
  const std::vector<float> all = answers(table, weights, act, x.data(), x_stride, weights.n, rows);
  size_t wrong = 0;
  for (const size_t part : {size_t{1}, size_t{2}, size_t{3}, size_t{5}, size_t{11}}) {
    for (size_t row = 0; row < rows; row += part) {
      const size_t count = std::min(part, rows - row);
      const std::vector<float> some =
          answers(table, weights, act, x.data() + row * x_stride, x_stride, weights.n, count);
      for (size_t i = 0; i < count * weights.n; ++i)
        wrong += same(some[i], all[row * weights.n + i]) ? 0 : 1;
    }
  }
  return wrong;
}

struct Call {
  size_t k, n, rows, x_stride, y_stride;
  Act act;
};

Call some_call(Numbers& numbers, int i) {
  const size_t k = 1 + numbers.below(i % 9 == 0 ? 1500 : 150), n = 13 + numbers.below(230);
  return {k,
          n,
          i % 6 == 0 ? numbers.below(90) : numbers.below(20),
          k + numbers.below(4),
          n + numbers.below(4),
          static_cast<Act>(i % 5 == 0 ? numbers.below(format::kActCount) : numbers.below(2))};
}

TEST_CASE("kernels: layers of bf16 rows add one chain in tables with a name") {
  Numbers numbers(31);
  const FloatMode flushed(true);
  for (int i = 0; i < testing::effort(150, 40); ++i) {
    const Call call = some_call(numbers, i);
    const Bf16Weights weights(numbers, call.k, call.n, i % 4 == 3);
    const std::vector<uint16_t> x =
        in_bf16(numbers.many(call.rows * call.x_stride + 1, i % 4 == 3));
    for (const Table* table : tables()) {
      const std::vector<float> y =
          answers(*table, weights, call.act, x.data(), call.x_stride, call.y_stride, call.rows);
      size_t wrong = same(y.back(), kUntouched) ? 0 : 1;
      for (size_t r = 0; r < call.rows; ++r) {
        std::vector<float> want(call.n);
        for (size_t j = 0; j < call.n; ++j)
          want[j] = one_chain(weights, x.data() + r * call.x_stride, j, table->fused);
        table->f32.unary[static_cast<size_t>(call.act)](
            {want.data(), call.n, want.data(), call.n, 1, call.n, 0.5f, 0.25f});
        for (size_t j = 0; j < call.y_stride; ++j)
          wrong += same(y[r * call.y_stride + j], j < call.n ? want[j] : kUntouched) ? 0 : 1;
      }
      CAPTURE(std::string(table->isa));
      CAPTURE(call.k);
      CAPTURE(call.n);
      CAPTURE(call.rows);
      CHECK(wrong == 0);
      CHECK(otherwise_in_other_calls(*table, weights, call.act, x, call.x_stride, call.rows) == 0);
    }
  }
}

TEST_CASE("kernels: layers of bf16 rows are near enough in the table without a name") {
  Numbers numbers(32);
  const Table& table = *find_table("", 0);
  const FloatMode flushed(true);
  for (int i = 0; i < testing::effort(150, 40); ++i) {
    Call call = some_call(numbers, i);
    call.act = i % 2 == 0 ? Act::None : Act::Relu;
    const Bf16Weights weights(numbers, call.k, call.n, false);
    const std::vector<uint16_t> x = in_bf16(numbers.many(call.rows * call.x_stride + 1));
    const std::vector<float> y =
        answers(table, weights, call.act, x.data(), call.x_stride, call.y_stride, call.rows);
    size_t wrong = same(y.back(), kUntouched) ? 0 : 1;
    for (size_t r = 0; r < call.rows; ++r) {
      for (size_t j = 0; j < call.y_stride; ++j) {
        const float got = y[r * call.y_stride + j];
        if (j >= call.n) {
          wrong += same(got, kUntouched) ? 0 : 1;
          continue;
        }
        double sum = double{weights.bias.data()[j]}, size = std::fabs(sum);
        for (size_t k = 0; k < call.k; ++k) {
          const double product = double{format::bfloat_to_float(x[r * call.x_stride + k])} *
                                 double{weights.plain[k * call.n + j]};
          sum += product;
          size += std::fabs(product);
        }
        if (call.act == Act::Relu) sum = std::max(sum, 0.0);
        const double bound = 2 * static_cast<double>(call.k + 4) * 0x1p-24 * size;
        wrong += std::fabs(double{got} - sum) <= bound ? 0 : 1;
      }
    }
    CAPTURE(call.k);
    CAPTURE(call.n);
    CAPTURE(call.rows);
    CHECK(wrong == 0);
    CHECK(otherwise_in_other_calls(table, weights, call.act, x, call.x_stride, call.rows) == 0);
  }
}

TEST_CASE("kernels: floats are rounded to bf16 to nearest even in every mode") {
  Numbers numbers(35);
  for (int i = 0; i < testing::effort(200, 60); ++i) {
    const size_t n = numbers.below(70);
    std::vector<float> x = numbers.many(n, i % 2 == 0);
    // Halfway between two numbers of bf16, and beside it.
    for (size_t at = 0; at < n; at += 3) {
      const uint32_t halfway = 0x7FFF + static_cast<uint32_t>(numbers.below(3));
      x[at] = std::bit_cast<float>((std::bit_cast<uint32_t>(x[at]) & 0xFFFF0000) | halfway);
    }
    const FloatMode mode(i % 3 == 0);
    std::vector<uint16_t> y(n + 1, 0x1234);
    round_to_bf16(x.data(), y.data(), n);
    size_t wrong = y.back() == 0x1234 ? 0 : 1;
    for (size_t at = 0; at < n; ++at) {
      const auto bits = std::bit_cast<uint32_t>(x[at]);
      const uint32_t below = bits & 0xFFFF, even = bits >> 16 & 1;
      const uint32_t want =
          std::isnan(x[at]) ? 0x7FC0 : (bits >> 16) + (below + even > 0x8000 ? 1 : 0);
      wrong += y[at] == want ? 0 : 1;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("kernels: an odd bf16 stays in its row") {
  Numbers numbers(33);
  const FloatMode flushed(true);
  const Bf16Weights weights(numbers, 37, 50, false);
  std::vector<const Table*> all(tables().begin(), tables().end());
  all.push_back(find_table("", 0));
  using limits = std::numeric_limits<float>;
  for (const float odd : {limits::quiet_NaN(), limits::infinity(), -limits::infinity()}) {
    std::vector<float> x(size_t{9} * 37, 1.0f);
    x[4 * 37 + 36] = odd;
    for (const Table* table : all) {
      const std::vector<float> y =
          answers(*table, weights, Act::None, in_bf16(x).data(), 37, 50, 9);
      size_t wrong = 0;
      for (size_t r = 0; r < 9; ++r)
        for (size_t j = 0; j < 50; ++j) wrong += std::isfinite(y[r * 50 + j]) == (r != 4) ? 0 : 1;
      CAPTURE(std::string(table->isa));
      CHECK(wrong == 0);
    }
  }
}

// Neither behind the last element of a row nor of the weights.
TEST_CASE("kernels: layers of bf16 rows read what they are given and no more") {
  Numbers numbers(34);
  std::vector<const Table*> all(tables().begin(), tables().end());
  all.push_back(find_table("", 0));
  for (const size_t k : {size_t{1}, size_t{6}, size_t{33}}) {
    for (const size_t rows : {size_t{1}, size_t{3}, size_t{8}}) {
      const Bf16Weights weights(numbers, k, 40, false);
      const Guarded x(rows * k * sizeof(uint16_t), false), y(rows * 40 * sizeof(float), false);
      const std::vector<uint16_t> from = in_bf16(numbers.many(rows * k));
      std::memcpy(x.as<uint16_t>(), from.data(), from.size() * sizeof(uint16_t));
      for (const Table* table : all) {
        table->dense_rows_bf16(weights.layer(*table, Act::None),
                               {x.as<uint16_t>(), k, y.as<float>(), 40, rows});
        CHECK(std::isfinite(y.as<float>()[rows * 40 - 1]));
      }
    }
  }
}

}  // namespace
}  // namespace mle::kernels::test
