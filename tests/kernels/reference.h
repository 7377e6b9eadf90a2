// What each function of one argument should be, in a wider type, and how far a kernel may be from
// it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/kernels.h"

#include <span>

namespace mle::kernels::test {

// A promise of docs/numerics.md: |y - f(x)| <= ulps * ulp(f(x)) + absolute, for every x of the
// type.
struct Promise {
  Act act;
  const char* name;
  double ulps;
  double absolute;      // for functions whose tail vanishes
  double ulps_unfused;  // of the table without fused multiply-add
  double absolute_unfused;
};

// One for every Act, of float or double.
template <class T>
std::span<const Promise> promises();
template <>
std::span<const Promise> promises<float>();
template <>
std::span<const Promise> promises<double>();

// The parameters with which the tests call every function.
template <class T>
inline constexpr T kAlpha = T{0.3f};
template <class T>
inline constexpr T kBeta = T{0.5f};

double reference(Act act, float x);
// reference_f64.cpp; within 0.01 ulp of f64 where long double has 64 bits of mantissa.
long double reference(Act act, double x);

}  // namespace mle::kernels::test
