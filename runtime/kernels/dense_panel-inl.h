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
  const T* b;             // of the first column
  size_t k;
  size_t columns;  // of all vectors together; the last one may not be full
  bool resume;     // sums go on from y: one chain only
  bool relu;
};

// The next row. What is hidden from the compiler it does not compute for all rows beforehand, in
// more registers than there are.
template <class T>
MLE_INLINE void go_down(T*& p, size_t stride) {
  p += stride;
  asm("" : "+r"(p));
}

// The first n columns of some rows, from y into whole vectors and back.
template <class F>
[[gnu::noinline]] void load_columns(ElementOf<F>* vectors, const ElementOf<F>* y, size_t y_stride,
                                    size_t rows, size_t n) {
  for (size_t r = 0; r < rows; ++r) {
    store_lanes(vectors + r * Count<F>::value, load_part<F>(y + r * y_stride, n));
  }
}
template <class F>
[[gnu::noinline]] void store_columns(ElementOf<F>* y, size_t y_stride, const ElementOf<F>* vectors,
                                     size_t rows, size_t n) {
  for (size_t r = 0; r < rows; ++r) {
    store_part(y + r * y_stride, load_lanes<F>(vectors + r * Count<F>::value), n);
  }
}

template <class F, size_t R, size_t P, size_t kChains, bool kResumes>
void panel_block(const PanelBlock<ElementOf<F>>& given) {
  using T = ElementOf<F>;
  constexpr size_t kWidth = Count<F>::value;
  constexpr size_t kParts = format::kLanes / kWidth;
  const PanelBlock<T> block = given;  // a store to y cannot change a copy
  const T* columns[P];
  MLE_UNROLL for (size_t p = 0; p < P; ++p) {
    const size_t at = kParts == 1 ? p : block.part + p;
    columns[p] = block.w + at / kParts * block.panel_elements + at % kParts * kWidth;
  }
  const size_t in_last = block.columns - (P - 1) * kWidth;
  T* const y_last = block.y + (P - 1) * kWidth;

  // Where sums begin: at the bias, in every row, or at what y holds.
  T rest[R * kWidth];
  const T* from = block.b;
  const T* from_last = block.b + (P - 1) * kWidth;
  size_t from_stride = 0, from_last_stride = 0;
  if (kResumes && block.resume) {
    from = block.y;
    from_last = y_last;
    from_stride = from_last_stride = block.y_stride;
    if (in_last != kWidth) {
      load_columns<F>(rest, y_last, block.y_stride, R, in_last);
      from_last = rest;
      from_last_stride = kWidth;
    }
  }
  F acc[R][P][kChains];
  MLE_UNROLL for (size_t r = 0; r < R; ++r) {
    MLE_UNROLL for (size_t p = 0; p < P; ++p) {
      acc[r][p][0] = load_lanes<F>(p + 1 < P ? from + p * kWidth : from_last);
      MLE_UNROLL for (size_t c = 1; c < kChains; ++c) acc[r][p][c] = splat<F>(T{0});
    }
    go_down(from, from_stride);
    go_down(from_last, from_last_stride);
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
  if constexpr (R == 1) {
    // A row alone waits for its weights: they come from L2 sooner in runs than from all panels in
    // turn.
    constexpr size_t kRun = 8;
    for (; k + kRun <= block.k; k += kRun) {
      F x[kRun];
      MLE_UNROLL for (size_t i = 0; i < kRun; ++i) x[i] = splat<F>(block.x[k + i]);
      MLE_UNROLL for (size_t p = 0; p < P; ++p) {
        const T* w = columns[p] + k * format::kLanes;
        MLE_UNROLL for (size_t i = 0; i < kRun; ++i) {
          F& sum = acc[0][p][i % kChains];
          sum = mul_add(x[i], load_lanes<F>(w + i * format::kLanes), sum);
        }
      }
    }
  }
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
    }
  }
  if (block.relu) {
    MLE_UNROLL for (size_t r = 0; r < R; ++r) {
      MLE_UNROLL for (size_t p = 0; p < P; ++p) acc[r][p][0] = at_least(acc[r][p][0], 0);
    }
  }
  if constexpr (P > 1) {
    T* y = block.y;
    MLE_UNROLL for (size_t r = 0; r < R; ++r) {
      MLE_UNROLL for (size_t p = 0; p + 1 < P; ++p) store_lanes(y + p * kWidth, acc[r][p][0]);
      go_down(y, block.y_stride);
    }
  }
  T* y = y_last;
  if (in_last == kWidth) {
    MLE_UNROLL for (size_t r = 0; r < R; ++r) {
      store_lanes(y, acc[r][P - 1][0]);
      go_down(y, block.y_stride);
    }
  } else if constexpr (R == 1) {
    store_part(y, acc[0][P - 1][0], in_last);
  } else {
    MLE_UNROLL for (size_t r = 0; r < R; ++r) store_lanes(rest + r * kWidth, acc[r][P - 1][0]);
    store_columns<F>(y, block.y_stride, rest, R, in_last);
  }
}

template <class T>
using PanelBlockFunction = void (*)(const PanelBlock<T>&);

}  // namespace
}  // namespace mle::kernels
