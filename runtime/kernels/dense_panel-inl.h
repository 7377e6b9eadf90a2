// Dense blocks over Panel16 weights: R rows times P vectors of columns, held in registers while k
// runs. Every output keeps its own chains, so neither R and P nor where k is cut can change a bit.
// A vector is a panel of 16 columns, or where those would take too many registers a part of one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/rows-inl.h"
#include "runtime/kernels/signs-inl.h"

namespace mle::kernels {
namespace {

template <class T>
struct PanelBlock {
  const T* x;
  size_t x_stride;
  T* y;
  size_t y_stride;
  const T* w;             // of the first panel and the first k
  size_t part;            // the first vector's place in that panel
  size_t panel_elements;  // from one panel to the next
  const T* b;             // of the first column, or null
  size_t k;
  size_t columns;  // of all vectors together; the last one may not be full
  bool resume;     // sums go on from y: one chain only
  bool relu;
};

template <class F, size_t R, size_t P, size_t kChains>
void panel_block(const PanelBlock<ElementOf<F>>& block) {
  using T = ElementOf<F>;
  constexpr size_t kWidth = Count<F>::value;
  constexpr size_t kParts = format::kLanes / kWidth;
  const T* columns[P];
  MLE_UNROLL for (size_t p = 0; p < P; ++p) {
    const size_t at = kParts == 1 ? p : block.part + p;
    columns[p] = block.w + at / kParts * block.panel_elements + at % kParts * kWidth;
  }
  F acc[R][P][kChains];
  MLE_UNROLL for (size_t p = 0; p < P; ++p) {
    const F bias = block.b != nullptr ? load_lanes<F>(block.b + p * kWidth) : splat<F>(T{0});
    MLE_UNROLL for (size_t r = 0; r < R; ++r) {
      acc[r][p][0] = bias;
      MLE_UNROLL for (size_t c = 1; c < kChains; ++c) acc[r][p][c] = splat<F>(T{0});
    }
  }
  const size_t in_last = block.columns - (P - 1) * kWidth;
  const auto output = [&](size_t r, size_t p) __attribute__((always_inline)) {
    return block.y + r * block.y_stride + p * kWidth;
  };
  if (kChains == 1 && block.resume) {
    MLE_UNROLL for (size_t r = 0; r < R; ++r) {
      MLE_UNROLL for (size_t p = 0; p + 1 < P; ++p) acc[r][p][0] = load_lanes<F>(output(r, p));
      acc[r][P - 1][0] = load_piece<F>(output(r, P - 1), in_last);
    }
  }

  const auto step = [&](size_t k, size_t c) __attribute__((always_inline)) {
    F weights[P];
    MLE_UNROLL for (size_t p = 0; p < P; ++p) {
      weights[p] = load_lanes<F>(columns[p] + k * format::kLanes);
    }
    MLE_UNROLL for (size_t r = 0; r < R; ++r) {
      const F x = splat<F>(block.x[r * block.x_stride + k]);
      MLE_UNROLL for (size_t p = 0; p < P; ++p) acc[r][p][c] = mul_add(x, weights[p], acc[r][p][c]);
    }
  };
  size_t k = 0;
  for (; k + kChains <= block.k; k += kChains) {
    MLE_UNROLL for (size_t c = 0; c < kChains; ++c) step(k + c, c);
  }
  MLE_UNROLL for (size_t c = 0; c + 1 < kChains; ++c) {
    if (k + c < block.k) step(k + c, c);
  }

  MLE_UNROLL for (size_t r = 0; r < R; ++r) {
    MLE_UNROLL for (size_t p = 0; p < P; ++p) {
      MLE_UNROLL for (size_t half = kChains / 2; half > 0; half /= 2) {
        MLE_UNROLL for (size_t c = 0; c < half; ++c) {
          acc[r][p][c] = acc[r][p][c] + acc[r][p][c + half];
        }
      }
      if (block.relu) acc[r][p][0] = at_least(acc[r][p][0], 0);
    }
    MLE_UNROLL for (size_t p = 0; p + 1 < P; ++p) store_lanes(output(r, p), acc[r][p][0]);
    store_piece(output(r, P - 1), acc[r][P - 1][0], in_last);
  }
}

template <class T>
using PanelBlockFunction = void (*)(const PanelBlock<T>&);

}  // namespace
}  // namespace mle::kernels
