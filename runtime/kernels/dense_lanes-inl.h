// Dense blocks over Lanes16 weights, for narrow layers: R rows times kColumns dot products, 16
// lanes along k.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/kernels.h"
#include "runtime/kernels/lanes-inl.h"

namespace mle::kernels {
namespace {

template <class T>
struct LanesBlock {
  const T* x;
  size_t x_stride;
  T* y;
  size_t y_stride;
  const T* w;           // of the first column
  size_t row_elements;  // of w, from one 16 k to the next
  const T* b;           // of the first column, or null
  size_t k;
  bool relu;
};

// F has 16 lanes.
template <class F, size_t R, size_t kColumns, size_t kChains>
void lanes_block(const LanesBlock<ElementOf<F>>& block) {
  using T = ElementOf<F>;
  F acc[R][kColumns][kChains];
  MLE_UNROLL for (size_t n = 0; n < kColumns; ++n) {
    const F bias = block.b != nullptr ? load_part<F>(block.b + n, 1) : splat<F>(T{0});
    MLE_UNROLL for (size_t r = 0; r < R; ++r) {
      acc[r][n][0] = bias;
      MLE_UNROLL for (size_t c = 1; c < kChains; ++c) acc[r][n][c] = splat<F>(T{0});
    }
  }
  const auto step = [&](size_t k, size_t c, size_t count) __attribute__((always_inline)) {
    const T* w = block.w + k / 16 * block.row_elements;
    F x[R];
    MLE_UNROLL for (size_t r = 0; r < R; ++r) {
      const T* p = block.x + r * block.x_stride + k;
      x[r] = count == 16 ? load_lanes<F>(p) : load_part<F>(p, count);
    }
    MLE_UNROLL for (size_t n = 0; n < kColumns; ++n) {
      const F weights = load_lanes<F>(w + n * 16);
      MLE_UNROLL for (size_t r = 0; r < R; ++r) {
        acc[r][n][c] = mul_add(x[r], weights, acc[r][n][c]);
      }
    }
  };
  size_t k = 0;
  for (; k + 16 * kChains <= block.k; k += 16 * kChains) {
    MLE_UNROLL for (size_t c = 0; c < kChains; ++c) step(k + c * 16, c, 16);
  }
  MLE_UNROLL for (size_t c = 0; c < kChains; ++c) {
    const size_t at = k + c * 16;
    if (at + 16 <= block.k) {
      step(at, c, 16);
    } else if (at < block.k) {
      step(at, c, block.k - at);
    }
  }
  MLE_UNROLL for (size_t r = 0; r < R; ++r) {
    MLE_UNROLL for (size_t n = 0; n < kColumns; ++n) {
      MLE_UNROLL for (size_t half = kChains / 2; half > 0; half /= 2) {
        MLE_UNROLL for (size_t c = 0; c < half; ++c) {
          acc[r][n][c] = acc[r][n][c] + acc[r][n][c + half];
        }
      }
      const T sum = sum_of_lanes(acc[r][n][0]);
      T* y = block.y + r * block.y_stride + n;
      *y = block.relu && sum < T{0} ? T{0} : sum;
    }
  }
}

}  // namespace
}  // namespace mle::kernels
