// Softmax and log-softmax: subtract the largest, add in one order (16 lanes along the row, then the
// tree of sum_of_lanes), divide. A NaN or +infinity makes the whole row NaN, -infinity gives 0.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/elementary-inl.h"
#include "runtime/kernels/kernels.h"
#include "runtime/kernels/rows-inl.h"

namespace mle::kernels {
namespace {

// Elements that lie `step` apart, 16 at a time; lanes beyond n get the filler.
template <class F>
MLE_INLINE F gather(const float* p, size_t step, size_t n, float filler) {
  if (step == 1 && n == format::kLanes) return load_lanes<F>(p);
  float lanes[format::kLanes];
  store_lanes(lanes, splat<F>(filler));
  for (size_t i = 0; i < n; ++i) lanes[i] = p[i * step];
  return load_lanes<F>(lanes);
}
template <class F>
MLE_INLINE void scatter(float* p, size_t step, const F& a, size_t n) {
  if (step == 1) return store_piece(p, a, n);
  float lanes[format::kLanes];
  store_lanes(lanes, a);
  for (size_t i = 0; i < n; ++i) p[i * step] = lanes[i];
}

template <class F, bool kLog>
MLE_INLINE void softmax_row(const float* x, float* y, size_t n, size_t step) {
  F largest = splat<F>(-kInfinity);
  for_each_piece(1, n, [&](size_t, size_t i, size_t count) {
    largest = larger(largest, gather<F>(x + i * step, step, count, -kInfinity));
  });
  const F top = splat<F>(largest_of_lanes(largest));
  F lanes = splat<F>(0.0f);
  for_each_piece(1, n, [&](size_t, size_t i, size_t count) {
    const F difference = gather<F>(x + i * step, step, count, -kInfinity) - top;
    const F e = exponential(difference);
    // A lane of filler is e^-infinity = 0, or NaN in a row that is NaN anyway.
    lanes = lanes + e;
    scatter(y + i * step, step, kLog ? difference : e, count);
  });
  const F sum = splat<F>(sum_of_lanes(lanes));
  const F log_sum = kLog ? logarithm(sum) : sum;
  for_each_piece(1, n, [&](size_t, size_t i, size_t count) {
    const F value = gather<F>(y + i * step, step, count, 0.0f);
    scatter(y + i * step, step, kLog ? value - log_sum : value / sum, count);
  });
}

template <class Arch, bool kLog>
void softmax(const SoftmaxArgs& args) {
  for (size_t r = 0; r < args.rows; ++r) {
    softmax_row<typename Arch::F, kLog>(args.x + r * args.x_stride, args.y + r * args.y_stride,
                                        args.n, args.step);
  }
}

}  // namespace
}  // namespace mle::kernels
