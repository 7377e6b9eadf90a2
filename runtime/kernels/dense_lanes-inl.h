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
  const T* b;           // of the first column
  size_t k;
  bool relu;
};

// What every processor has a register for.
template <class T>
struct SmallOf {
  typedef T Type [[gnu::vector_size(16)]];
};
template <class T>
using Small = typename SmallOf<T>::Type;

// As many sums as a small register holds, of values whose 16 lanes are folded to one each.
MLE_INLINE Small<float> sums(Small<float> a, Small<float> b, Small<float> c, Small<float> d) {
  const Small<float> first =
      __builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7);
  const Small<float> last =
      __builtin_shufflevector(c, d, 0, 1, 4, 5) + __builtin_shufflevector(c, d, 2, 3, 6, 7);
  return __builtin_shufflevector(first, last, 0, 2, 4, 6) +
         __builtin_shufflevector(first, last, 1, 3, 5, 7);
}
MLE_INLINE Small<double> sums(Small<double> a, Small<double> b) {
  return __builtin_shufflevector(a, b, 0, 2) + __builtin_shufflevector(a, b, 1, 3);
}

// Of four values, or of the first two.
template <class F>
MLE_INLINE Small<ElementOf<F>> some_sums(const F& a, const F& b, const F& c, const F& d,
                                         bool relu) {
  using S = Small<ElementOf<F>>;
  S sum;
  if constexpr (Wide<F>) {
    sum = sums((S)folded(a), (S)folded(b));
  } else {
    sum = sums((S)folded(a), (S)folded(b), (S)folded(c), (S)folded(d));
  }
  return relu ? (sum < S{} ? S{} : sum) : sum;
}

// F has 16 lanes.
template <class F, size_t R, size_t kColumns, size_t kChains>
void lanes_block(const LanesBlock<ElementOf<F>>& given) {
  using T = ElementOf<F>;
  const LanesBlock<T> block = given;
  F acc[R][kColumns][kChains];
  MLE_UNROLL_LANES for (size_t n = 0; n < kColumns; ++n) {
    const F bias = load_one<F>(block.b + n);
    MLE_UNROLL_LANES for (size_t r = 0; r < R; ++r) {
      acc[r][n][0] = bias;
      MLE_UNROLL_LANES for (size_t c = 1; c < kChains; ++c) acc[r][n][c] = splat<F>(T{0});
    }
  }
  const T* w = block.w;
  // x(r) may load: of a single column the weights stay in registers, of several what is multiplied
  // by all of them.
  const auto step = [&](const auto& x, size_t c) __attribute__((always_inline)) {
    MLE_UNROLL_LANES for (size_t n = 0; n < kColumns; ++n) {
      const F weights = load_lanes<F>(w + n * 16);
      MLE_UNROLL_LANES for (size_t r = 0; r < R; ++r) {
        acc[r][n][c] = mul_add(weights, x(r), acc[r][n][c]);
      }
    }
  };
  const auto whole_step = [&](size_t k, size_t c) __attribute__((always_inline)) {
    const auto load = [&](size_t r) __attribute__((always_inline)) {
      return load_lanes<F>(block.x + r * block.x_stride + k);
    };
    if constexpr (kColumns == 1) {
      step(load, c);
    } else {
      F x[R];
      MLE_UNROLL_LANES for (size_t r = 0; r < R; ++r) x[r] = load(r);
      step(
          [&](size_t r) __attribute__((always_inline)) { return x[r]; }, c);
    }
    w += block.row_elements;
  };
  size_t k = 0;
  for (; k + 16 * kChains <= block.k; k += 16 * kChains) {
    MLE_UNROLL_LANES for (size_t c = 0; c < kChains; ++c) whole_step(k + c * 16, c);
  }
  const size_t left = (block.k - k) / 16;  // whole ones
  MLE_UNROLL_LANES for (size_t c = 0; c + 1 < kChains; ++c) {
    if (c < left) whole_step(k + c * 16, c);
  }
  k += left * 16;
  if (k < block.k) {
    F x[R];
    MLE_UNROLL_LANES for (size_t r = 0; r < R; ++r) {
      x[r] = load_part<F>(block.x + r * block.x_stride + k, block.k - k);
    }
    MLE_UNROLL_LANES for (size_t c = 0; c < kChains; ++c) {
      if (c == left)
        step(
            [&](size_t r) __attribute__((always_inline)) { return x[r]; }, c);
    }
  }
  MLE_UNROLL_LANES for (size_t r = 0; r < R; ++r) {
    MLE_UNROLL_LANES for (size_t n = 0; n < kColumns; ++n) {
      MLE_UNROLL_LANES for (size_t half = kChains / 2; half > 0; half /= 2) {
        MLE_UNROLL_LANES for (size_t c = 0; c < half; ++c) {
          acc[r][n][c] = acc[r][n][c] + acc[r][n][c + half];
        }
      }
    }
  }
  constexpr size_t kCount = 16 / sizeof(T);
  if constexpr (kSumsMany<F> && (R == 8 || R == 16) && kColumns == 1) {
    const auto at = [&](size_t r) __attribute__((always_inline))->const F& { return acc[r][0][0]; };
    if (block.y_stride == 1) return store_sums<R>(block.y, at, block.relu);
    T each[R];
    store_sums<R>(each, at, block.relu);
    MLE_UNROLL_LANES for (size_t r = 0; r < R; ++r) block.y[r * block.y_stride] = each[r];
  } else if constexpr (R * kColumns < kCount && kColumns != 2) {
    MLE_UNROLL_LANES for (size_t r = 0; r < R; ++r) {
      MLE_UNROLL_LANES for (size_t n = 0; n < kColumns; ++n) {
        const T sum = sum_of_lanes(acc[r][n][0]);
        block.y[r * block.y_stride + n] = block.relu && sum < T{0} ? T{0} : sum;
      }
    }
  } else {
    MLE_UNROLL_LANES for (size_t i = 0; i < R * kColumns; i += kCount) {
      const auto at = [&](size_t j) __attribute__((always_inline))->const F& {
        const size_t index = i + j < R * kColumns ? i + j : i;
        return acc[index / kColumns][index % kColumns][0];
      };
      const Small<T> sum = some_sums(at(0), at(1), at(2 % kCount), at(3 % kCount), block.relu);
      MLE_UNROLL_LANES for (size_t j = 0; j < kCount; ++j) {
        if (i + j == R * kColumns) break;
        block.y[(i + j) / kColumns * block.y_stride + (i + j) % kColumns] = sum[j];
      }
    }
  }
}

}  // namespace
}  // namespace mle::kernels
