// How four products of 8 bits are added to a 32-bit sum on every AArch64: in 16 bits, widened.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/pair-inl.h"

#include <arm_neon.h>

namespace mle::kernels {
namespace {

struct DotWide {
  using Sums = int32x4_t;
  // Of four columns the first two, and the last two: four k of each beside each other.
  struct Weights {
    int16x8_t low, high;
  };
  using Row = int16x8_t;  // the four k of the row, twice
  static constexpr size_t kSums = 4, kRows = 2, kPanels = 1, kPanelsOfOne = 1;
  MLE_INLINE static Sums zero() { return vdupq_n_s32(0); }
  MLE_INLINE static Weights prepare(const std::byte* p) {
    const int8x16_t w = vld1q_s8(reinterpret_cast<const int8_t*>(p));
    return {vmovl_s8(vget_low_s8(w)), vmovl_s8(vget_high_s8(w))};
  }
  MLE_INLINE static Row spread(const uint8_t* p) {
    uint32_t four;
    __builtin_memcpy(&four, p, sizeof four);
    return vreinterpretq_s16_u16(vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(four))));
  }
  // Four products of each column, added in pairs twice.
  MLE_INLINE static Sums dot(Sums s, const Row& r, const Weights& w) {
    const int32x4_t c0 = vmull_s16(vget_low_s16(r), vget_low_s16(w.low));
    const int32x4_t c1 = vmull_s16(vget_low_s16(r), vget_high_s16(w.low));
    const int32x4_t c2 = vmull_s16(vget_low_s16(r), vget_low_s16(w.high));
    const int32x4_t c3 = vmull_s16(vget_low_s16(r), vget_high_s16(w.high));
    return vaddq_s32(s, vpaddq_s32(vpaddq_s32(c0, c1), vpaddq_s32(c2, c3)));
  }
  MLE_INLINE static void store(uint32_t* p, Sums s) { vst1q_u32(p, vreinterpretq_u32_s32(s)); }
};

}  // namespace
}  // namespace mle::kernels
