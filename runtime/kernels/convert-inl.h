// Changing numbers without computing: f64 to f32, and any NaN to the one NaN that is written.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/elementary-inl.h"
#include "runtime/kernels/rows-inl.h"

namespace mle::kernels {
namespace {

template <class Arch>
void canonical_nan(float* y, size_t y_stride, size_t rows, size_t n) {
  using F = typename Arch::F;
  const bool gapless = y_stride == n;
  for_each_piece(gapless ? 1 : rows, gapless ? rows * n : n, [&](size_t r, size_t i, size_t count) {
    float* p = y + r * y_stride + i;
    const F value = load_piece<F>(p, count);
    store_piece(p, choose(value == value, value, splat<F>(kNan)), count);
  });
}

template <class Arch>
void f64_to_f32(const double* x, size_t x_stride, float* y, size_t y_stride, size_t rows,
                size_t n) {
  for (size_t r = 0; r < rows; ++r) {
    for (size_t i = 0; i < n; ++i) {
      y[r * y_stride + i] = static_cast<float>(x[r * x_stride + i]);
    }
  }
}

}  // namespace
}  // namespace mle::kernels
