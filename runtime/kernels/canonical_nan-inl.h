// Any NaN to the one NaN that is written.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/rows-inl.h"
#include "runtime/kernels/signs-inl.h"

namespace mle::kernels {
namespace {

template <class P>
void canonical_nan(typename P::T* y, size_t y_stride, size_t rows, size_t n) {
  using F = typename P::E;
  const bool gapless = y_stride == n;
  const auto replace = [&](size_t r, size_t i, size_t count) {
    typename P::T* p = y + r * y_stride + i;
    const F value = load_piece<F>(p, count);
    store_piece(p, choose(value == value, value, splat<F>(kNan)), count);
  };
  for_each_piece<Count<F>::value>(gapless ? 1 : rows, gapless ? rows * n : n, replace);
}

}  // namespace
}  // namespace mle::kernels
