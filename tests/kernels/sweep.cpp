// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/sweep.h"

#include "tests/kernels/support.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace mle::kernels::test {
namespace {

constexpr size_t kPiece = 4096;

template <class T>
void apply(const Table& table, Act act, const std::vector<T>& x, std::vector<T>& y) {
  table.of<T>().unary[static_cast<size_t>(act)](
      {x.data(), kPiece, y.data(), kPiece, 1, kPiece, kAlpha<T>, kBeta<T>});
}

// Number i of `points`.
float stratum(uint64_t i, uint64_t points, float) {
  const uint64_t stride = (uint64_t{1} << 32) / points;
  const uint64_t within = i * 2654435761u % stride;
  return std::bit_cast<float>(static_cast<uint32_t>(i * stride + within));
}
double stratum(uint64_t i, uint64_t points, double) {
  const uint64_t half = points / 2;
  const uint64_t scattered = (i + 1) * 0x9E3779B97F4A7C15u;
  if (i < half) {
    const int shift = 64 - std::countr_zero(half);
    return std::bit_cast<double>(i << shift | scattered >> (64 - shift));
  }
  constexpr uint64_t kLow = uint64_t{1023 - 20} << 52, kHigh = uint64_t{1023 + 11} << 52;
  const uint64_t stride = (kHigh - kLow) / (half / 2);
  const uint64_t place = kLow + (i - half) / 2 * stride + scattered % stride;
  return std::bit_cast<double>(place | i << 63);
}

double error_of(float y, double want, double absolute) { return ulps(y, want, absolute); }
double error_of(double y, long double want, double absolute) {
  return std::fabs(y - want) <= absolute ? 0 : ulps(y, want);
}

template <class T>
Sweep sweep_all(const Table& table, const Promise& promise, uint64_t points) {
  Sweep result;
  std::vector<T> x(kPiece), y(kPiece), other(kPiece);
  const double ulps_allowed = table.fused ? promise.ulps : promise.ulps_unfused;
  const double absolute = table.fused ? promise.absolute : promise.absolute_unfused;
  for (uint64_t base = 0; base < points; base += kPiece) {
    for (uint64_t i = 0; i < kPiece; ++i) x[i] = stratum(base + i, points, T{});
    apply(table, promise.act, x, y);
    for (size_t i = 0; i < kPiece; ++i) {
      const auto want = reference(promise.act, x[i]);
      const double error = error_of(y[i], want, absolute);
      if (error > result.worst_ulps) result.worst_ulps = error, result.worst_x = x[i];
      const bool wrong_sign = want == 0 && std::signbit(want) != std::signbit(y[i]);
      if (!(error <= ulps_allowed) || wrong_sign) ++result.broken, result.broken_x = x[i];
    }
    for (const Table* rival : tables()) {
      if (rival == &table || !rival->fused || !table.fused) continue;
      apply(*rival, promise.act, x, other);
      for (size_t i = 0; i < kPiece; ++i) {
        if (!same(y[i], other[i])) ++result.unequal, result.unequal_x = x[i];
      }
    }
    result.points += kPiece;
  }
  return result;
}

}  // namespace

template <>
Sweep sweep<float>(const Table& table, const Promise& promise, uint64_t points) {
  return sweep_all<float>(table, promise, points);
}
template <>
Sweep sweep<double>(const Table& table, const Promise& promise, uint64_t points) {
  return sweep_all<double>(table, promise, points);
}

}  // namespace mle::kernels::test
