// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/support.h"
#include "tests/kernels/sweep.h"
#include "tests/support/effort.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <type_traits>

namespace mle::kernels::test {
namespace {

template <class T>
constexpr T kInfinity = std::numeric_limits<T>::infinity();
template <class T>
constexpr T kNan = std::numeric_limits<T>::quiet_NaN();

TEST_CASE_TEMPLATE(
    "kernels: every function of one argument keeps its promise, equally in all FMA tables", T,
    float, double) {
  for (const Table* table : tables()) {
    // The sweep over the first of them has compared the others with it.
    if (table->fused && table != tables().front()) continue;
    for (const Promise& promise : promises<T>()) {
      const Sweep result =
          sweep<T>(*table, promise, testing::effort(kFastPoints, kFastPoints / 64));
      CAPTURE(std::string(table->isa));
      CAPTURE(std::string(promise.name));
      CAPTURE(result.worst_ulps);
      CAPTURE(result.worst_x);
      CAPTURE(result.broken_x);
      CAPTURE(result.unequal_x);
      CHECK(result.broken == 0);
      CHECK(result.unequal == 0);
    }
  }
}

TEST_CASE_TEMPLATE("kernels: functions of one argument are right at zeros, infinities and NaN", T,
                   float, double) {
  const T odd[] = {0, -T{0}, kInfinity<T>, -kInfinity<T>, kNan<T>, -kNan<T>};
  for (const Table* table : tables()) {
    for (const Promise& promise : promises<T>()) {
      T y[std::size(odd)];
      table->of<T>().unary[static_cast<size_t>(promise.act)](
          {odd, std::size(odd), y, std::size(odd), 1, std::size(odd), kAlpha<T>, kBeta<T>});
      for (size_t i = 0; i < std::size(odd); ++i) {
        CAPTURE(std::string(table->isa));
        CAPTURE(std::string(promise.name));
        CAPTURE(odd[i]);
        const auto want = reference(promise.act, odd[i]);
        CHECK((same(y[i], static_cast<T>(want)) || (std::isnormal(want) && ulps(y[i], want) <= 1)));
      }
    }
  }
}

TEST_CASE_TEMPLATE("kernels: an element's function value depends on nothing but the element", T,
                   float, double) {
  Numbers numbers(5);
  for (const Table* table : tables()) {
    for (size_t act = 0; act < format::kActCount; ++act) {
      const size_t rows = 3, n = 1 + numbers.below(70), stride = n + numbers.below(3);
      std::vector<T> x = numbers.many<T>(rows * stride, true);
      const std::vector<T> before = x;
      table->of<T>().unary[act]({x.data(), stride, x.data(), stride, rows, n, kAlpha<T>, kBeta<T>});
      size_t wrong = 0;
      for (size_t r = 0; r < rows; ++r) {
        for (size_t i = 0; i < stride; ++i) {
          T alone = before[r * stride + i];
          if (i < n) table->of<T>().unary[act]({&alone, 1, &alone, 1, 1, 1, kAlpha<T>, kBeta<T>});
          if (!same(alone, x[r * stride + i])) ++wrong;
        }
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE_TEMPLATE("kernels: clip keeps NaN and both limits, infinite ones too", T, float, double) {
  for (const Table* table : tables()) {
    const T x[] = {-5, -1, 0, 2, 3, kNan<T>, kInfinity<T>, -kInfinity<T>};
    T y[8];
    table->of<T>().clip({x, 8, y, 8, 1, 8, -1, 2});
    const T want[] = {-1, -1, 0, 2, 2, kNan<T>, 2, -1};
    for (size_t i = 0; i < 8; ++i) CHECK(same(y[i], want[i]));
    table->of<T>().clip({x, 8, y, 8, 1, 8, -kInfinity<T>, kInfinity<T>});
    for (size_t i = 0; i < 8; ++i) CHECK(same(y[i], x[i]));
  }
}

template <class T>
using Two = std::function<T(T, T)>;

// Calls a binary kernel with operands of all steps and strides; `check(a, b, y)` judges an element.
template <class T>
void for_each_broadcast(const Table& table, format::BinaryFn fn, Numbers& numbers,
                        const std::function<bool(T, T, T)>& check) {
  for (int mode = 0; mode < 16; ++mode) {
    const size_t rows = 1 + numbers.below(4), n = 1 + numbers.below(40);
    const size_t a_step = mode & 1, b_step = mode >> 1 & 1;
    const size_t a_stride = (mode & 4) != 0 ? n + 1 : 0, b_stride = (mode & 8) != 0 ? n + 2 : 0;
    const std::vector<T> a = numbers.many<T>(rows * (n + 2), true);
    const std::vector<T> b = numbers.many<T>(rows * (n + 2), true);
    std::vector<T> y(rows * n);
    table.of<T>().binary[static_cast<size_t>(fn)](
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

TEST_CASE_TEMPLATE("kernels: arithmetic of two operands is that of IEEE 754, with any broadcast", T,
                   float, double) {
  const std::pair<format::BinaryFn, Two<T>> functions[] = {
      {format::BinaryFn::Add, [](T a, T b) { return a + b; }},
      {format::BinaryFn::Sub, [](T a, T b) { return a - b; }},
      {format::BinaryFn::Mul, [](T a, T b) { return a * b; }},
      {format::BinaryFn::Div, [](T a, T b) { return a / b; }},
      {format::BinaryFn::PRelu, [](T a, T b) { return a < 0 ? a * b : a; }},
      {format::BinaryFn::Min,
       [](T a, T b) { return std::isnan(a) || std::isnan(b) ? kNan<T>
                             : a < b                        ? a
                                                            : b; }},
      {format::BinaryFn::Max,
       [](T a, T b) { return std::isnan(a) || std::isnan(b) ? kNan<T>
                             : b < a                        ? a
                                                            : b; }},
  };
  Numbers numbers(6);
  for (const Table* table : tables()) {
    for (const auto& each : functions) {
      const auto& fn = each.first;
      const auto& want = each.second;
      for_each_broadcast<T>(*table, fn, numbers,
                            [&](T a, T b, T y) { return same(y, want(a, b)); });
    }
  }
}

TEST_CASE("kernels: pow of f32 is within 0.51 ulp of the true power") {
  Numbers numbers(7);
  for (const Table* table : tables()) {
    for (int i = 0; i < 200; ++i) {
      for_each_broadcast<float>(
          *table, format::BinaryFn::Pow, numbers, [](float a, float b, float y) {
            return ulps(y, std::pow(static_cast<double>(a), static_cast<double>(b))) <= 0.51;
          });
    }
  }
}

TEST_CASE("kernels: pow of f64 is within 2 ulp of the true power, at every size of it") {
  constexpr size_t kCount = 20000;
  Numbers numbers(7);
  std::vector<double> a(kCount), b(kCount), y(kCount);
  for (size_t i = 0; i < kCount; ++i) {
    // b log a anywhere from -750 to 715, for bases near 1 and far from it.
    const double log_a = numbers.ordinary<double>() * std::ldexp(1.0, -static_cast<int>(i % 12));
    const double wanted = static_cast<double>(numbers.below(1465000)) / 1000 - 750;
    a[i] = std::exp(i % 2 == 0 ? log_a : log_a * 300);
    b[i] = wanted / std::log(a[i]);
  }
  for (const Table* table : tables()) {
    table->f64.binary[static_cast<size_t>(format::BinaryFn::Pow)](
        {a.data(), 0, 1, b.data(), 0, 1, y.data(), 0, 1, kCount});
    double worst = 0;
    for (size_t i = 0; i < kCount; ++i) {
      const auto exact = std::pow(static_cast<long double>(a[i]), static_cast<long double>(b[i]));
      worst = std::max(worst, ulps(y[i], exact));
    }
    CAPTURE(std::string(table->isa));
    CAPTURE(worst);
    CHECK(worst <= 2);
  }
}

TEST_CASE_TEMPLATE("kernels: pow has the special values of IEEE 754", T, float, double) {
  const T odd[] = {0,       -T{0}, 1,  -1, 0.5, -0.5,     2,         -2,           3,
                   -3,      4,     -4, 7,  -7,  T{1e30f}, -T{1e30f}, kInfinity<T>, -kInfinity<T>,
                   kNan<T>, 1.5};
  for (const Table* table : tables()) {
    for (const T a : odd) {
      for (const T b : odd) {
        T y;
        table->of<T>().binary[static_cast<size_t>(format::BinaryFn::Pow)](
            {&a, 1, 1, &b, 1, 1, &y, 1, 1, 1});
        CAPTURE(std::string(table->isa));
        CAPTURE(a);
        CAPTURE(b);
        const T want = std::pow(a, b);
        if (sizeof(T) == sizeof(double) && std::isnormal(want)) {
          CHECK(ulps(double{y}, std::pow(static_cast<long double>(a), b)) <= 2);
        } else {
          CHECK(same(y, want));
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("kernels: comparisons are false for NaN, but for not-equal", T, float, double) {
  Numbers numbers(8);
  const std::function<bool(T, T)> functions[] = {
      [](T a, T b) { return a < b; },  [](T a, T b) { return a <= b; },
      [](T a, T b) { return a > b; },  [](T a, T b) { return a >= b; },
      [](T a, T b) { return a == b; }, [](T a, T b) { return a != b; }};
  for (const Table* table : tables()) {
    for (size_t fn = 0; fn < format::kCompareFnCount; ++fn) {
      const size_t n = 1 + numbers.below(50);
      const std::vector<T> a = numbers.many<T>(2 * n, true);
      std::vector<T> b = numbers.many<T>(2 * n, true);
      for (size_t i = 0; i < n; ++i) b[i] = a[i];
      std::vector<uint8_t> y(2 * n, 77);
      table->of<T>().compare[fn]({a.data(), n, 1, b.data(), n, 1, y.data(), n, 2, n});
      size_t wrong = 0;
      for (size_t i = 0; i < 2 * n; ++i) wrong += y[i] != (functions[fn](a[i], b[i]) ? 1 : 0);
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE_TEMPLATE("kernels: select takes a where c is not 0, with any broadcast", T, float,
                   double) {
  Numbers numbers(9);
  for (const Table* table : tables()) {
    const size_t n = 37;
    const std::vector<T> a = numbers.many<T>(2 * n, true);
    const T b = 4;
    std::vector<uint8_t> c(n);
    for (uint8_t& value : c) value = static_cast<uint8_t>(numbers.below(3));
    std::vector<T> y(2 * n);
    table->of<T>().select({c.data(), 0, 1, a.data(), n, 1, &b, 0, 0, y.data(), n, 2, n});
    size_t wrong = 0;
    for (size_t i = 0; i < 2 * n; ++i) wrong += !same(y[i], c[i % n] != 0 ? a[i] : b);
    CHECK(wrong == 0);
  }
}

TEST_CASE_TEMPLATE("kernels: scale is one fused multiply-add per element", T, float, double) {
  Numbers numbers(10);
  for (const Table* table : tables()) {
    const size_t n = 45, stride = 48;
    const std::vector<T> x = numbers.many<T>(3 * stride);
    const std::vector<T> s = numbers.many<T>(stride);
    const std::vector<T> t = numbers.many<T>(stride);
    std::vector<T> y(3 * n);
    table->of<T>().scale({x.data(), stride, s.data(), t.data(), y.data(), n, 3, n});
    size_t wrong = 0;
    for (size_t r = 0; r < 3; ++r) {
      for (size_t i = 0; i < n; ++i) {
        const T in = x[r * stride + i];
        const T want = table->fused ? std::fma(in, s[i], t[i]) : in * s[i] + t[i];
        wrong += !same(y[r * n + i], want);
      }
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE_TEMPLATE("kernels: every NaN becomes the one canonical NaN and nothing else changes", T,
                   float, double) {
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  constexpr Bits kCanonical = std::bit_cast<Bits>(std::numeric_limits<T>::quiet_NaN());
  constexpr Bits kSign = std::bit_cast<Bits>(-T{0});
  constexpr Bits kInfinite = std::bit_cast<Bits>(kInfinity<T>);
  for (const Table* table : tables()) {
    const Bits odd[] = {kCanonical, kCanonical | kSign,       kInfinite + 1, kSign - 1, kSign, 1,
                        kInfinite,  std::bit_cast<Bits>(T{1})};
    T y[2 * 9];
    for (size_t i = 0; i < std::size(y); ++i) y[i] = std::bit_cast<T>(odd[i % 8]);
    table->of<T>().canonical_nan(y, 9, 2, 8);
    for (size_t i = 0; i < std::size(y); ++i) {
      const bool between = i % 9 == 8;
      const bool replaced = !between && std::isnan(std::bit_cast<T>(odd[i % 8]));
      CHECK(std::bit_cast<Bits>(y[i]) == (replaced ? kCanonical : odd[i % 8]));
    }
  }
}

}  // namespace
}  // namespace mle::kernels::test
