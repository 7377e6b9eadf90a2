// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/layer_norm.h"

#include "runtime/kernels/plain_lanes.h"

#include <cmath>

namespace mle::kernels {
namespace {

using format::kLanes;

template <class T>
T sum_of(PlainLanes<T>& lanes) noexcept {
  T sums[kLanes];
  store<T>(sums, lanes, kLanes);
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
    for (size_t i = 0; i < half; ++i) sums[i] = sums[i] + sums[i + half];
  }
  return sums[0];
}

// Calls f(value, i, count) for pieces of at most 16 elements; the lanes beyond hold the filler.
template <class T, class Function>
[[gnu::always_inline]] inline void for_each_piece(const T* x, size_t n, T filler,
                                                  const Function& f) noexcept {
  PlainLanes<T> value;
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    load<T>(value, x + i);
    f(value, i, kLanes);
  }
  if (i == n) return;
  load_part<T>(value, x + i, n - i, filler);
  f(value, i, n - i);
}

template <class T>
T mean_of(const T* x, size_t n) noexcept {
  PlainLanes<T> lanes;
  fill<T>(lanes, 0);
  for_each_piece<T>(
      x, n, 0, [&](const PlainLanes<T>& value, size_t, size_t) noexcept { lanes = lanes + value; });
  return sum_of<T>(lanes) / static_cast<T>(n);
}

template <class T>
T variance_of(const T* x, size_t n, T mean) noexcept {
  PlainLanes<T> lanes;
  fill<T>(lanes, 0);
  for_each_piece<T>(x, n, mean, [&](const PlainLanes<T>& value, size_t, size_t) noexcept {
    const PlainLanes<T> left = value - mean;
    lanes = lanes + left * left;
  });
  return sum_of<T>(lanes) / static_cast<T>(n);
}

template <class T>
void normalise_row(const LayerNormArgs<T>& args, const T* x, T* y) noexcept {
  const T mean = args.centred ? mean_of(x, args.n) : T{0};
  const T factor = T{1} / std::sqrt(variance_of(x, args.n, mean) + args.eps);
  for_each_piece<T>(x, args.n, mean, [&](const PlainLanes<T>& value, size_t i, size_t n) noexcept {
    PlainLanes<T> result = (value - mean) * factor, operand;
    if (args.scale != nullptr) {
      load_part<T>(operand, args.scale + i, n, 0);
      result = result * operand;
    }
    if (args.bias != nullptr) {
      load_part<T>(operand, args.bias + i, n, 0);
      result = result + operand;
    }
    store<T>(y + i, result, n);
  });
}

}  // namespace

template <class T>
void layer_norm(const LayerNormArgs<T>& args) {
  for (size_t r = 0; r < args.rows; ++r) {
    normalise_row(args, args.x + r * args.x_stride, args.y + r * args.y_stride);
  }
}

template void layer_norm(const LayerNormArgs<float>& args);
template void layer_norm(const LayerNormArgs<double>& args);

}  // namespace mle::kernels
