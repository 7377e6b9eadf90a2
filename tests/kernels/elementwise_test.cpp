// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/support.h"
#include "tests/kernels/sweep.h"
#include "tests/support/effort.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <functional>
#include <limits>

namespace mle::kernels::test {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST_CASE("kernels: every function of one argument keeps its promise, equally in all FMA tables") {
  for (const Table* table : tables()) {
    // The sweep over the first of them has compared the others with it.
    if (table->fused && table != tables().front()) continue;
    for (const Promise& promise : promises()) {
      const Sweep result = sweep(*table, promise, testing::effort(1024u, 1u << 20));
      CAPTURE(std::string(table->isa));
      CAPTURE(std::string(promise.name));
      CAPTURE(result.worst_ulps);
      CAPTURE(result.broken_x);
      CAPTURE(result.unequal_x);
      CHECK(result.broken == 0);
      CHECK(result.unequal == 0);
    }
  }
}

TEST_CASE("kernels: functions of one argument are right at zeros, infinities and NaN") {
  const float odd[] = {0.0f, -0.0f, kInfinity, -kInfinity, kNan, -kNan};
  for (const Table* table : tables()) {
    for (const Promise& promise : promises()) {
      float y[std::size(odd)];
      table->unary[static_cast<size_t>(promise.act)](
          {odd, std::size(odd), y, std::size(odd), 1, std::size(odd), kAlpha, kBeta});
      for (size_t i = 0; i < std::size(odd); ++i) {
        CAPTURE(std::string(table->isa));
        CAPTURE(std::string(promise.name));
        CAPTURE(odd[i]);
        CHECK(same(y[i], static_cast<float>(reference(promise.act, odd[i]))));
      }
    }
  }
}

TEST_CASE("kernels: an element's function value depends on nothing but the element") {
  Numbers numbers(5);
  for (const Table* table : tables()) {
    for (size_t act = 0; act < format::kActCount; ++act) {
      const size_t rows = 3, n = 1 + numbers.below(70), stride = n + numbers.below(3);
      std::vector<float> x = numbers.many(rows * stride, true);
      const std::vector<float> before = x;
      table->unary[act]({x.data(), stride, x.data(), stride, rows, n, kAlpha, kBeta});
      size_t wrong = 0;
      for (size_t r = 0; r < rows; ++r) {
        for (size_t i = 0; i < stride; ++i) {
          float alone = before[r * stride + i];
          if (i < n) table->unary[act]({&alone, 1, &alone, 1, 1, 1, kAlpha, kBeta});
          if (!same(alone, x[r * stride + i])) ++wrong;
        }
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("kernels: clip keeps NaN and both limits, infinite ones too") {
  for (const Table* table : tables()) {
    const float x[] = {-5, -1, 0, 2, 3, kNan, kInfinity, -kInfinity};
    float y[8];
    table->clip({x, 8, y, 8, 1, 8, -1.0f, 2.0f});
    const float want[] = {-1, -1, 0, 2, 2, kNan, 2, -1};
    for (size_t i = 0; i < 8; ++i) CHECK(same(y[i], want[i]));
    table->clip({x, 8, y, 8, 1, 8, -kInfinity, kInfinity});
    for (size_t i = 0; i < 8; ++i) CHECK(same(y[i], x[i]));
  }
}

using Two = std::function<float(float, float)>;

// Calls a binary kernel with operands of all steps and strides; `check(a, b, y)` judges an element.
void for_each_broadcast(const Table& table, format::BinaryFn fn, Numbers& numbers,
                        const std::function<bool(float, float, float)>& check) {
  for (int mode = 0; mode < 16; ++mode) {
    const size_t rows = 1 + numbers.below(4), n = 1 + numbers.below(40);
    const size_t a_step = mode & 1, b_step = mode >> 1 & 1;
    const size_t a_stride = (mode & 4) != 0 ? n + 1 : 0, b_stride = (mode & 8) != 0 ? n + 2 : 0;
    const std::vector<float> a = numbers.many(rows * (n + 2), true);
    const std::vector<float> b = numbers.many(rows * (n + 2), true);
    std::vector<float> y(rows * n);
    table.binary[static_cast<size_t>(fn)](
        {a.data(), a_stride, a_step, b.data(), b_stride, b_step, y.data(), n, rows, n});
    size_t wrong = 0;
    for (size_t r = 0; r < rows; ++r) {
      for (size_t i = 0; i < n; ++i) {
        if (!check(a[r * a_stride + i * a_step], b[r * b_stride + i * b_step], y[r * n + i])) {
          ++wrong;
        }
      }
    }
    CAPTURE(std::string(table.isa));
    CAPTURE(static_cast<int>(fn));
    CHECK(wrong == 0);
  }
}

TEST_CASE("kernels: arithmetic of two operands is that of IEEE 754, with any broadcast") {
  const std::pair<format::BinaryFn, Two> functions[] = {
      {format::BinaryFn::Add, [](float a, float b) { return a + b; }},
      {format::BinaryFn::Sub, [](float a, float b) { return a - b; }},
      {format::BinaryFn::Mul, [](float a, float b) { return a * b; }},
      {format::BinaryFn::Div, [](float a, float b) { return a / b; }},
      {format::BinaryFn::PRelu, [](float a, float b) { return a < 0 ? a * b : a; }},
      {format::BinaryFn::Min,
       [](float a, float b) { return std::isnan(a) || std::isnan(b) ? kNan
                                     : a < b                        ? a
                                                                    : b; }},
      {format::BinaryFn::Max,
       [](float a, float b) { return std::isnan(a) || std::isnan(b) ? kNan
                                     : b < a                        ? a
                                                                    : b; }},
  };
  Numbers numbers(6);
  for (const Table* table : tables()) {
    for (const auto& [fn, want] : functions) {
      for_each_broadcast(*table, fn, numbers,
                         [&](float a, float b, float y) { return same(y, want(a, b)); });
    }
  }
}

TEST_CASE("kernels: pow is within 0.51 ulp of the true power") {
  Numbers numbers(7);
  for (const Table* table : tables()) {
    for (int i = 0; i < 200; ++i) {
      for_each_broadcast(*table, format::BinaryFn::Pow, numbers, [](float a, float b, float y) {
        return ulps(y, std::pow(static_cast<double>(a), static_cast<double>(b))) <= 0.51;
      });
    }
  }
}

TEST_CASE("kernels: pow has the special values of IEEE 754") {
  const float odd[] = {0.0f, -0.0f, 1, -1, 0.5f,  -0.5f,  2,         -2,         3,    -3,
                       4,    -4,    7, -7, 1e30f, -1e30f, kInfinity, -kInfinity, kNan, 1.5f};
  for (const Table* table : tables()) {
    for (const float a : odd) {
      for (const float b : odd) {
        float y;
        table->binary[static_cast<size_t>(format::BinaryFn::Pow)](
            {&a, 1, 1, &b, 1, 1, &y, 1, 1, 1});
        CAPTURE(std::string(table->isa));
        CAPTURE(a);
        CAPTURE(b);
        CHECK(same(y, std::pow(a, b)));
      }
    }
  }
}

TEST_CASE("kernels: comparisons are false for NaN, but for not-equal") {
  Numbers numbers(8);
  const std::function<bool(float, float)> functions[] = {
      [](float a, float b) { return a < b; },  [](float a, float b) { return a <= b; },
      [](float a, float b) { return a > b; },  [](float a, float b) { return a >= b; },
      [](float a, float b) { return a == b; }, [](float a, float b) { return a != b; }};
  for (const Table* table : tables()) {
    for (size_t fn = 0; fn < format::kCompareFnCount; ++fn) {
      const size_t n = 1 + numbers.below(50);
      const std::vector<float> a = numbers.many(2 * n, true);
      std::vector<float> b = numbers.many(2 * n, true);
      for (size_t i = 0; i < n; ++i) b[i] = a[i];
      std::vector<uint8_t> y(2 * n, 77);
      table->compare[fn]({a.data(), n, 1, b.data(), n, 1, y.data(), n, 2, n});
      size_t wrong = 0;
      for (size_t i = 0; i < 2 * n; ++i) wrong += y[i] != (functions[fn](a[i], b[i]) ? 1 : 0);
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("kernels: select takes a where c is not 0, with any broadcast") {
  Numbers numbers(9);
  for (const Table* table : tables()) {
    const size_t n = 37;
    const std::vector<float> a = numbers.many(2 * n, true);
    const float b = 4.0f;
    std::vector<uint8_t> c(n);
    for (uint8_t& value : c) value = static_cast<uint8_t>(numbers.below(3));
    std::vector<float> y(2 * n);
    table->select({c.data(), 0, 1, a.data(), n, 1, &b, 0, 0, y.data(), n, 2, n});
    size_t wrong = 0;
    for (size_t i = 0; i < 2 * n; ++i) wrong += !same(y[i], c[i % n] != 0 ? a[i] : b);
    CHECK(wrong == 0);
  }
}

TEST_CASE("kernels: scale is one fused multiply-add per element") {
  Numbers numbers(10);
  for (const Table* table : tables()) {
    const size_t n = 45, stride = 48;
    const std::vector<float> x = numbers.many(3 * stride);
    const std::vector<float> s = numbers.many(stride);
    const std::vector<float> t = numbers.many(stride);
    std::vector<float> y(3 * n);
    table->scale({x.data(), stride, s.data(), t.data(), y.data(), n, 3, n});
    size_t wrong = 0;
    for (size_t r = 0; r < 3; ++r) {
      for (size_t i = 0; i < n; ++i) {
        const float in = x[r * stride + i];
        const float want = table->fused ? std::fma(in, s[i], t[i]) : in * s[i] + t[i];
        wrong += !same(y[r * n + i], want);
      }
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("kernels: every NaN becomes the one canonical NaN and nothing else changes") {
  for (const Table* table : tables()) {
    const uint32_t odd[] = {0x7FC00000, 0xFFC00000, 0x7F800001, 0x7FFFFFFF,
                            0x80000000, 0x00000001, 0x7F800000, 0x3F800000};
    float y[2 * 9];
    for (size_t i = 0; i < std::size(y); ++i) y[i] = std::bit_cast<float>(odd[i % 8]);
    table->canonical_nan(y, 9, 2, 8);
    for (size_t i = 0; i < std::size(y); ++i) {
      const bool between = i % 9 == 8;
      const uint32_t want =
          !between && std::isnan(std::bit_cast<float>(odd[i % 8])) ? 0x7FC00000 : odd[i % 8];
      CHECK(std::bit_cast<uint32_t>(y[i]) == want);
    }
  }
}

TEST_CASE("kernels: f64 is rounded to the nearest f32") {
  const double x[] = {1.0, 1e300, -1e300, 0.1, 1e-46, 3.4028235677973366e38, 1.0000000596046448,
                      -0.0};
  for (const Table* table : tables()) {
    float y[8];
    table->f64_to_f32(x, 4, y, 4, 2, 4);
    for (size_t i = 0; i < 8; ++i) CHECK(same(y[i], static_cast<float>(x[i])));
  }
}

}  // namespace
}  // namespace mle::kernels::test
