// Runs one function of one argument over floats (doubles) taken evenly from all there are and
// compares it with the truth, and all tables that promise equal bits with each other.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/kernels/reference.h"

#include <cstdint>

namespace mle::kernels::test {

struct Sweep {
  uint64_t points = 0;
  double worst_ulps = 0;  // beyond promise.absolute
  double worst_x = 0;
  uint64_t broken = 0;   // points that break the promise, a wrong sign of zero included
  double broken_x = 0;   // one of them
  uint64_t unequal = 0;  // points where another FMA table has other bits
  double unequal_x = 0;
};

// What tests of every day can afford.
inline constexpr uint64_t kFastPoints = uint64_t{1} << 20;

// One number from each of `points` equal strata, a power of two, at a place that differs from one
// to the next: of all bit patterns for float (2^32 points are every one of them), for double half
// of them, the other half from those between 2^-20 and 2^11 of both signs.
template <class T>
Sweep sweep(const Table& table, const Promise& promise, uint64_t points);
template <>
Sweep sweep<float>(const Table& table, const Promise& promise, uint64_t points);
template <>
Sweep sweep<double>(const Table& table, const Promise& promise, uint64_t points);

}  // namespace mle::kernels::test
