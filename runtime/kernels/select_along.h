// What walks along an axis one element at a time: running sums and the places of the largest.
// Compiled once, for float, double, int32_t and int64_t; the same bits on every machine.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace mle::kernels {

// y[i] = x[0] + … + x[i], added in this order; elements lie `step` apart; y may be x. Integers
// wrap.
template <class T>
struct CumSumArgs {
  const T* x;
  T* y;
  size_t n, step;
  bool exclusive;  // without x[i] itself
  bool reverse;    // from the other end
};
template <class T>
void cumsum(const CumSumArgs<T>& args);

// The places of the k largest (or smallest) of n elements, in order; both lie `step` apart. NaN is
// larger than all, of equals the first comes first.
template <class T>
struct TopKArgs {
  const T* x;
  int64_t* y;
  size_t n, k, step;
  bool largest;
};
template <class T>
void topk(const TopKArgs<T>& args);

}  // namespace mle::kernels
