// A block of rows and columns that decodes weights in fewer bits in registers, on their way into
// the same sums in the same order as those of f32.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/dense-inl.h"
#include "runtime/kernels/stored_lines-inl.h"

namespace mle::kernels {
namespace {

struct StoredBlock {
  const float* x;
  size_t x_stride;
  float* y;
  size_t y_stride;
  const std::byte* w;  // of the first panel
  size_t panel_bytes;
  const float* b;
  size_t k;
  size_t columns;  // of all panels together; the last one may not be full
  bool relu;
};

// R rows times P panels, held in registers while k runs.
template <class F, class S, size_t R, size_t P, size_t kChains>
void stored_block(const StoredBlock& given) {
  static_assert(Count<F>::value == format::kLanes);
  constexpr size_t kSteps = S::kGroup > kChains ? S::kGroup : kChains;  // of one turn
  const StoredBlock block = given;
  F acc[R][P][kChains];
  MLE_UNROLL for (size_t p = 0; p < P; ++p) {
    const F bias = load_lanes<F>(block.b + p * format::kLanes);
    MLE_UNROLL for (size_t r = 0; r < R; ++r) {
      acc[r][p][0] = bias;
      MLE_UNROLL for (size_t c = 1; c < kChains; ++c) acc[r][p][c] = splat<F>(0.0f);
    }
  }
  const std::byte* line = block.w;
  // Step u of a turn that begins at k.
  const auto step = [&]<size_t u>(size_t k) __attribute__((always_inline)) {
    constexpr size_t kChain = u % kChains;
    F weights[P];
    MLE_UNROLL for (size_t p = 0; p < P; ++p) {
      weights[p] = S::template decode<F, u % S::kGroup>(line + p * block.panel_bytes +
                                                        u / S::kGroup * S::kLineBytes);
    }
    MLE_UNROLL for (size_t r = 0; r < R; ++r) {
      const F x = splat<F>(block.x[r * block.x_stride + k + u]);
      MLE_UNROLL for (size_t p = 0; p < P; ++p) {
        acc[r][p][kChain] = mul_add(x, weights[p], acc[r][p][kChain]);
      }
    }
  };
  size_t k = 0;
  for (; k + kSteps <= block.k; k += kSteps) {
    [&]<size_t... u>(std::index_sequence<u...>) __attribute__((always_inline)) {
      (step.template operator()<u>(k), ...);
    }
    (std::make_index_sequence<kSteps>());
    line += kSteps / S::kGroup * S::kLineBytes;
  }
  [&]<size_t... u>(std::index_sequence<u...>) __attribute__((always_inline)) {
    ((k + u < block.k ? step.template operator()<u>(k) : void()), ...);
  }
  (std::make_index_sequence<kSteps - 1>());
  MLE_UNROLL for (size_t r = 0; r < R; ++r) {
    MLE_UNROLL for (size_t p = 0; p < P; ++p) {
      F sum = acc[r][p][0];
      if constexpr (kChains == 2) sum = sum + acc[r][p][1];
      if (block.relu) sum = at_least(sum, 0);
      float* y = block.y + r * block.y_stride + p * format::kLanes;
      if (p + 1 < P || block.columns == P * format::kLanes) {
        store_lanes(y, sum);
      } else {
        store_part(y, sum, block.columns - p * format::kLanes);
      }
    }
  }
}

}  // namespace
}  // namespace mle::kernels
