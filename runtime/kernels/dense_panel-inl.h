// Dense blocks over Panel16 weights: R rows times P panels of 16 columns, held in registers while k
// runs. Every output keeps its own chains, so neither R and P nor where k is cut can change a bit.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/elementary-inl.h"
#include "runtime/kernels/rows-inl.h"

namespace mle::kernels {
namespace {

// What a block works on. With `resume`, sums go on from y: only where there is one chain.
struct PanelBlock {
  const float* x;
  size_t x_stride;
  float* y;
  size_t y_stride;
  const float* w;         // of the first panel and the first k
  size_t panel_elements;  // from one panel to the next
  const float* b;         // of the first column, or null
  size_t k;
  size_t columns;  // of all panels together; the last panel may have fewer than 16
  uint32_t chains;
  bool resume, relu;
};

// The sums of kGroup of the chains at once: those that the adding tree joins first, which are
// `first`, first + stride, first + 2 stride … with stride = chains / kGroup. kStride is the stride
// where it is known, else 0.
template <class F, int R, int P, int kGroup, int kStride>
MLE_INLINE void sum_chains(const PanelBlock& block, size_t first, F (&sum)[R][P]) {
  const size_t stride = kStride != 0 ? kStride : block.chains / kGroup;
  const size_t chains = stride * kGroup;
  F acc[R][P][kGroup];
  MLE_UNROLL for (int p = 0; p < P; ++p) {
    const F bias =
        first == 0 && block.b != nullptr ? load_lanes<F>(block.b + p * 16) : splat<F>(0.0f);
    MLE_UNROLL for (int r = 0; r < R; ++r) {
      acc[r][p][0] = bias;
      MLE_UNROLL for (int g = 1; g < kGroup; ++g) acc[r][p][g] = splat<F>(0.0f);
    }
  }
  if (block.resume) {
    MLE_UNROLL for (int p = 0; p < P; ++p) {
      const size_t left = block.columns - static_cast<size_t>(p) * 16;
      MLE_UNROLL for (int r = 0; r < R; ++r) {
        const float* y = block.y + static_cast<size_t>(r) * block.y_stride + p * 16;
        acc[r][p][0] = load_piece<F>(y, left < 16 ? left : 16);
      }
    }
  }
  const auto step = [&](size_t k, int g) __attribute__((always_inline)) {
    const float* w = block.w + k * 16;
    F weights[P];
    MLE_UNROLL for (int p = 0; p < P; ++p) {
      weights[p] = load_lanes<F>(w + static_cast<size_t>(p) * block.panel_elements);
    }
    MLE_UNROLL for (int r = 0; r < R; ++r) {
      const F x = splat<F>(block.x[static_cast<size_t>(r) * block.x_stride + k]);
      MLE_UNROLL for (int p = 0; p < P; ++p) {
        acc[r][p][g] = mul_add(x, weights[p], acc[r][p][g]);
      }
    }
  };
  size_t k = first;
  const size_t whole = block.k / chains * chains;
  for (; k < whole; k += chains) {
    MLE_UNROLL for (int g = 0; g < kGroup; ++g) step(k + static_cast<size_t>(g) * stride, g);
  }
  MLE_UNROLL for (int g = 0; g < kGroup; ++g) {
    if (k + static_cast<size_t>(g) * stride < block.k) step(k + static_cast<size_t>(g) * stride, g);
  }
  MLE_UNROLL for (int r = 0; r < R; ++r) {
    MLE_UNROLL for (int p = 0; p < P; ++p) {
      MLE_UNROLL for (int half = kGroup / 2; half > 0; half /= 2) {
        MLE_UNROLL for (int g = 0; g < half; ++g) {
          acc[r][p][g] = acc[r][p][g] + acc[r][p][g + half];
        }
      }
      sum[r][p] = acc[r][p][0];
    }
  }
}

template <class F, int R, int P>
MLE_INLINE void store_block(const PanelBlock& block, const F (&sum)[R][P]) {
  MLE_UNROLL for (int p = 0; p < P; ++p) {
    const size_t left = block.columns - static_cast<size_t>(p) * 16;
    MLE_UNROLL for (int r = 0; r < R; ++r) {
      float* y = block.y + static_cast<size_t>(r) * block.y_stride + p * 16;
      const F value = block.relu ? at_least(sum[r][p], 0.0f) : sum[r][p];
      store_piece(y, value, left < 16 ? left : 16);
    }
  }
}

// A block whose chains all fit the registers.
template <class F, int R, int P, int kChains>
void panel_block_at_once(const PanelBlock& block) {
  F sum[R][P];
  sum_chains<F, R, P, kChains, 1>(block, 0, sum);
  store_block(block, sum);
}

// A block whose chains are summed kGroup at a time, in the order in which the tree can join the
// results soonest: 0 4 2 6 1 5 3 7 for 8.
template <class F, int R, int P, int kGroup>
void panel_block(const PanelBlock& block) {
  const uint32_t groups = block.chains / kGroup;
  F pending[3][R][P];
  F sum[R][P];
  uint32_t depth = 0;
  uint32_t first = 0;
  for (uint32_t i = 0; i < groups; ++i) {
    sum_chains<F, R, P, kGroup, 0>(block, first, sum);
    for (uint32_t done = i; (done & 1) != 0; done >>= 1) {
      --depth;
      MLE_UNROLL for (int r = 0; r < R; ++r) {
        MLE_UNROLL for (int p = 0; p < P; ++p) sum[r][p] = pending[depth][r][p] + sum[r][p];
      }
    }
    if (i + 1 == groups) break;
    MLE_UNROLL for (int r = 0; r < R; ++r) {
      MLE_UNROLL for (int p = 0; p < P; ++p) pending[depth][r][p] = sum[r][p];
    }
    ++depth;
    // The next number counted with its bits reversed.
    uint32_t bit = groups / 2;
    while ((first & bit) != 0) {
      first ^= bit;
      bit /= 2;
    }
    first |= bit;
  }
  store_block(block, sum);
}

}  // namespace
}  // namespace mle::kernels
