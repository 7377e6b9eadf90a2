// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/sweep.h"

#include "tests/kernels/support.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace mle::kernels::test {
namespace {

constexpr size_t kPiece = 4096;

void apply(const Table& table, Act act, const std::vector<float>& x, std::vector<float>& y) {
  table.unary[static_cast<size_t>(act)](
      {x.data(), kPiece, y.data(), kPiece, 1, kPiece, kAlpha, kBeta});
}

}  // namespace

Sweep sweep(const Table& table, const Promise& promise, uint32_t stride) {
  Sweep result;
  std::vector<float> x(kPiece), y(kPiece), other(kPiece);
  const double ulps_allowed = table.fused ? promise.ulps : promise.ulps_unfused;
  const double absolute = table.fused ? promise.absolute : promise.absolute_unfused;
  constexpr uint64_t kAll = uint64_t{1} << 32;
  for (uint64_t base = 0; base < kAll; base += uint64_t{stride} * kPiece) {
    for (uint64_t i = 0; i < kPiece; ++i) {
      const uint64_t within = (base / kPiece + i) * 2654435761u % stride;
      x[i] = std::bit_cast<float>(static_cast<uint32_t>(base + i * stride + within));
    }
    apply(table, promise.act, x, y);
    for (size_t i = 0; i < kPiece; ++i) {
      const double want = reference(promise.act, x[i]);
      const double error = ulps(y[i], want, absolute);
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

}  // namespace mle::kernels::test
