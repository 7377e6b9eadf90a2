// Leaves for AArch64, in intrinsics: xsimd 8 divides and takes roots of f32 there by estimate.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/pair-inl.h"

#include <arm_neon.h>

namespace mle::kernels {
namespace {

struct Mask32x4 {
  uint32x4_t m;
};
MLE_INLINE Mask32x4 operator&(Mask32x4 a, Mask32x4 b) { return {vandq_u32(a.m, b.m)}; }
MLE_INLINE Mask32x4 operator|(Mask32x4 a, Mask32x4 b) { return {vorrq_u32(a.m, b.m)}; }
MLE_INLINE Mask32x4 operator~(Mask32x4 a) { return {vmvnq_u32(a.m)}; }

struct Mask64x2 {
  uint64x2_t m;
};
MLE_INLINE Mask64x2 operator&(Mask64x2 a, Mask64x2 b) { return {vandq_u64(a.m, b.m)}; }
MLE_INLINE Mask64x2 operator|(Mask64x2 a, Mask64x2 b) { return {vorrq_u64(a.m, b.m)}; }
MLE_INLINE Mask64x2 operator~(Mask64x2 a) { return {veorq_u64(a.m, vdupq_n_u64(~uint64_t{0}))}; }

struct I32x4 {
  using value_type = int32_t;
  int32x4_t v;
  MLE_INLINE I32x4(int32x4_t value) : v(value) {}
  MLE_INLINE explicit I32x4(int32_t value) : v(vdupq_n_s32(value)) {}
};
MLE_INLINE I32x4 operator+(I32x4 a, I32x4 b) { return vaddq_s32(a.v, b.v); }
MLE_INLINE I32x4 operator-(I32x4 a, I32x4 b) { return vsubq_s32(a.v, b.v); }
MLE_INLINE I32x4 operator&(I32x4 a, I32x4 b) { return vandq_s32(a.v, b.v); }
MLE_INLINE I32x4 operator|(I32x4 a, I32x4 b) { return vorrq_s32(a.v, b.v); }
MLE_INLINE I32x4 operator^(I32x4 a, I32x4 b) { return veorq_s32(a.v, b.v); }
template <int kBy>
MLE_INLINE I32x4 shift_left(I32x4 a) {
  return vshlq_n_s32(a.v, kBy);
}
template <int kBy>
MLE_INLINE I32x4 shift_right(I32x4 a) {
  return vshrq_n_s32(a.v, kBy);
}

struct I64x2 {
  using value_type = int64_t;
  int64x2_t v;
  MLE_INLINE I64x2(int64x2_t value) : v(value) {}
  MLE_INLINE explicit I64x2(int64_t value) : v(vdupq_n_s64(value)) {}
};
MLE_INLINE I64x2 operator+(I64x2 a, I64x2 b) { return vaddq_s64(a.v, b.v); }
MLE_INLINE I64x2 operator-(I64x2 a, I64x2 b) { return vsubq_s64(a.v, b.v); }
MLE_INLINE I64x2 operator&(I64x2 a, I64x2 b) { return vandq_s64(a.v, b.v); }
MLE_INLINE I64x2 operator|(I64x2 a, I64x2 b) { return vorrq_s64(a.v, b.v); }
MLE_INLINE I64x2 operator^(I64x2 a, I64x2 b) { return veorq_s64(a.v, b.v); }
template <int kBy>
MLE_INLINE I64x2 shift_down(I64x2 a) {
  return vreinterpretq_s64_u64(vshrq_n_u64(vreinterpretq_u64_s64(a.v), kBy));
}
template <int kBy>
MLE_INLINE I64x2 shift_left(I64x2 a) {
  return vshlq_n_s64(a.v, kBy);
}

struct F32x4 {
  using value_type = float;
  static constexpr size_t size = 4;
  float32x4_t v;
  F32x4() = default;
  MLE_INLINE F32x4(float32x4_t value) : v(value) {}
  MLE_INLINE explicit F32x4(float value) : v(vdupq_n_f32(value)) {}
  MLE_INLINE static F32x4 load_unaligned(const float* p) { return vld1q_f32(p); }
  MLE_INLINE void store_unaligned(float* p) const { vst1q_f32(p, v); }
};
MLE_INLINE F32x4 halves_at(const uint16_t* p, F32x4) {
  return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)));
}
MLE_INLINE F32x4 operator+(F32x4 a, F32x4 b) { return vaddq_f32(a.v, b.v); }
MLE_INLINE F32x4 operator-(F32x4 a, F32x4 b) { return vsubq_f32(a.v, b.v); }
MLE_INLINE F32x4 operator*(F32x4 a, F32x4 b) { return vmulq_f32(a.v, b.v); }
MLE_INLINE F32x4 operator/(F32x4 a, F32x4 b) { return vdivq_f32(a.v, b.v); }
MLE_INLINE Mask32x4 operator<(F32x4 a, F32x4 b) { return {vcltq_f32(a.v, b.v)}; }
MLE_INLINE Mask32x4 operator<=(F32x4 a, F32x4 b) { return {vcleq_f32(a.v, b.v)}; }
MLE_INLINE Mask32x4 operator==(F32x4 a, F32x4 b) { return {vceqq_f32(a.v, b.v)}; }
MLE_INLINE F32x4 mul_add(F32x4 a, F32x4 b, F32x4 c) { return vfmaq_f32(c.v, a.v, b.v); }
MLE_INLINE F32x4 choose(Mask32x4 mask, F32x4 a, F32x4 b) { return vbslq_f32(mask.m, a.v, b.v); }
MLE_INLINE F32x4 square_root(F32x4 a) { return vsqrtq_f32(a.v); }
MLE_INLINE I32x4 bits_of(F32x4 a) { return vreinterpretq_s32_f32(a.v); }
MLE_INLINE F32x4 from_bits(I32x4 a) { return vreinterpretq_f32_s32(a.v); }
MLE_INLINE F32x4 converted(I32x4 a) { return vcvtq_f32_s32(a.v); }

struct F64x2 {
  using value_type = double;
  static constexpr size_t size = 2;
  float64x2_t v;
  F64x2() = default;
  MLE_INLINE F64x2(float64x2_t value) : v(value) {}
  MLE_INLINE explicit F64x2(double value) : v(vdupq_n_f64(value)) {}
  MLE_INLINE static F64x2 load_unaligned(const double* p) { return vld1q_f64(p); }
  MLE_INLINE void store_unaligned(double* p) const { vst1q_f64(p, v); }
};
MLE_INLINE F64x2 operator+(F64x2 a, F64x2 b) { return vaddq_f64(a.v, b.v); }
MLE_INLINE F64x2 operator-(F64x2 a, F64x2 b) { return vsubq_f64(a.v, b.v); }
MLE_INLINE F64x2 operator*(F64x2 a, F64x2 b) { return vmulq_f64(a.v, b.v); }
MLE_INLINE F64x2 operator/(F64x2 a, F64x2 b) { return vdivq_f64(a.v, b.v); }
MLE_INLINE Mask64x2 operator<(F64x2 a, F64x2 b) { return {vcltq_f64(a.v, b.v)}; }
MLE_INLINE Mask64x2 operator<=(F64x2 a, F64x2 b) { return {vcleq_f64(a.v, b.v)}; }
MLE_INLINE Mask64x2 operator==(F64x2 a, F64x2 b) { return {vceqq_f64(a.v, b.v)}; }
MLE_INLINE F64x2 mul_add(F64x2 a, F64x2 b, F64x2 c) { return vfmaq_f64(c.v, a.v, b.v); }
MLE_INLINE F64x2 choose(Mask64x2 mask, F64x2 a, F64x2 b) { return vbslq_f64(mask.m, a.v, b.v); }
MLE_INLINE F64x2 rest_of_product(F64x2 a, F64x2 b, F64x2 product) {
  return vfmaq_f64(vnegq_f64(product.v), a.v, b.v);
}
MLE_INLINE F64x2 square_root(F64x2 a) { return vsqrtq_f64(a.v); }
MLE_INLINE I64x2 bits_of(F64x2 a) { return vreinterpretq_s64_f64(a.v); }
MLE_INLINE F64x2 from_bits(I64x2 a) { return vreinterpretq_f64_s64(a.v); }
MLE_INLINE Pair<F64x2> widened(F32x4 a) {
  return {vcvt_f64_f32(vget_low_f32(a.v)), vcvt_high_f64_f32(a.v)};
}
MLE_INLINE F32x4 narrowed(const Pair<F64x2>& a) {
  return vcvt_high_f32_f64(vcvt_f32_f64(a.lo.v), a.hi.v);
}

// There are no masked loads and stores: over memory.
MLE_INLINE F32x4 load_some(const float* p, size_t n, F32x4 filler) {
  float lanes[F32x4::size];
  filler.store_unaligned(lanes);
  for (size_t i = 0; i < n; ++i) lanes[i] = p[i];
  return F32x4::load_unaligned(lanes);
}
MLE_INLINE void store_some(float* p, F32x4 a, size_t n) {
  float lanes[F32x4::size];
  a.store_unaligned(lanes);
  for (size_t i = 0; i < n; ++i) p[i] = lanes[i];
}

MLE_INLINE float32x4_t folded(F32x4 a) { return a.v; }
MLE_INLINE float sum_of_lanes(F32x4 a) {
  const float32x2_t two = vadd_f32(vget_low_f32(a.v), vget_high_f32(a.v));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}
MLE_INLINE float sum_of_four(F32x4 a) { return sum_of_lanes(a); }

// The second of equals, as x86 has it; vmaxq_f32 would tell +0 from -0.
MLE_INLINE F32x4 larger(F32x4 a, F32x4 b) { return vbslq_f32(vcgtq_f32(a.v, b.v), a.v, b.v); }
MLE_INLINE F32x4 smaller(F32x4 a, F32x4 b) { return vbslq_f32(vcltq_f32(a.v, b.v), a.v, b.v); }
MLE_INLINE float largest_of_lanes(F32x4 a) {
  const F32x4 two = larger(a, vextq_f32(a.v, a.v, 2));
  return vgetq_lane_f32(larger(two, vdupq_laneq_f32(two.v, 1)).v, 0);
}
MLE_INLINE float largest_of_four(F32x4 a) { return largest_of_lanes(a); }

MLE_INLINE F64x2 load_some(const double* p, size_t n, F64x2 filler) {
  double lanes[F64x2::size];
  filler.store_unaligned(lanes);
  for (size_t i = 0; i < n; ++i) lanes[i] = p[i];
  return F64x2::load_unaligned(lanes);
}
MLE_INLINE void store_some(double* p, F64x2 a, size_t n) {
  double lanes[F64x2::size];
  a.store_unaligned(lanes);
  for (size_t i = 0; i < n; ++i) p[i] = lanes[i];
}
MLE_INLINE float64x2_t folded(F64x2 a) { return a.v; }
MLE_INLINE double sum_of_lanes(F64x2 a) { return vgetq_lane_f64(a.v, 0) + vgetq_lane_f64(a.v, 1); }
MLE_INLINE F64x2 larger(F64x2 a, F64x2 b) { return vbslq_f64(vcgtq_f64(a.v, b.v), a.v, b.v); }
MLE_INLINE F64x2 smaller(F64x2 a, F64x2 b) { return vbslq_f64(vcltq_f64(a.v, b.v), a.v, b.v); }
MLE_INLINE double largest_of_lanes(F64x2 a) {
  return vgetq_lane_f64(larger(a, vextq_f64(a.v, a.v, 1)).v, 0);
}

}  // namespace
}  // namespace mle::kernels
