// Runs one function of one argument over floats taken evenly from all 2^32 and compares it with the
// truth, and all tables that promise equal bits with each other.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/kernels/reference.h"

#include <cstdint>

namespace mle::kernels::test {

struct Sweep {
  uint64_t points = 0;
  double worst_ulps = 0;  // beyond promise.absolute
  float worst_x = 0;
  uint64_t broken = 0;   // points that break the promise, a wrong sign of zero included
  float broken_x = 0;    // one of them
  uint64_t unequal = 0;  // points where another FMA table has other bits
  float unequal_x = 0;
};

// Every `stride`-th float, at a place that differs from stride to stride; 1 is all of them.
Sweep sweep(const Table& table, const Promise& promise, uint32_t stride);

}  // namespace mle::kernels::test
