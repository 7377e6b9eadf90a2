// What each function of one argument should be, in double, and how far a kernel may be from it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/kernels.h"

#include <span>

namespace mle::kernels::test {

// A promise of docs/numerics.md: |y - f(x)| <= ulps * ulp(f(x)) + absolute, for every float x.
struct Promise {
  Act act;
  const char* name;
  double ulps;
  double absolute;      // for functions whose tail vanishes
  double ulps_unfused;  // of the table without fused multiply-add
  double absolute_unfused;
};

// One for every Act.
std::span<const Promise> promises();

// The parameters with which the tests call every function.
inline constexpr float kAlpha = 0.3f;
inline constexpr float kBeta = 0.5f;

double reference(Act act, float x);

}  // namespace mle::kernels::test
