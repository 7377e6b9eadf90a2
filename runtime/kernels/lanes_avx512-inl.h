// Leaves for AVX-512, in intrinsics: xsimd has fused multiply-add there only from version 11 on.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/few_x86-inl.h"
#include "runtime/kernels/pair-inl.h"

#include <immintrin.h>

namespace mle::kernels {
namespace {

struct Mask16 {
  __mmask16 m;
};
MLE_INLINE Mask16 operator&(Mask16 a, Mask16 b) { return {_kand_mask16(a.m, b.m)}; }
MLE_INLINE Mask16 operator|(Mask16 a, Mask16 b) { return {_kor_mask16(a.m, b.m)}; }
MLE_INLINE Mask16 operator~(Mask16 a) { return {_knot_mask16(a.m)}; }

struct Mask8 {
  __mmask8 m;
};
MLE_INLINE Mask8 operator&(Mask8 a, Mask8 b) { return {_kand_mask8(a.m, b.m)}; }
MLE_INLINE Mask8 operator|(Mask8 a, Mask8 b) { return {_kor_mask8(a.m, b.m)}; }
MLE_INLINE Mask8 operator~(Mask8 a) { return {_knot_mask8(a.m)}; }

struct I32x16 {
  using value_type = int32_t;
  __m512i v;
  I32x16() = default;
  MLE_INLINE I32x16(__m512i value) : v(value) {}
  MLE_INLINE explicit I32x16(int32_t value) : v(_mm512_set1_epi32(value)) {}
};
MLE_INLINE I32x16 operator+(I32x16 a, I32x16 b) { return _mm512_add_epi32(a.v, b.v); }
MLE_INLINE I32x16 operator-(I32x16 a, I32x16 b) { return _mm512_sub_epi32(a.v, b.v); }
MLE_INLINE I32x16 operator&(I32x16 a, I32x16 b) { return _mm512_and_si512(a.v, b.v); }
MLE_INLINE I32x16 operator|(I32x16 a, I32x16 b) { return _mm512_or_si512(a.v, b.v); }
MLE_INLINE I32x16 operator^(I32x16 a, I32x16 b) { return _mm512_xor_si512(a.v, b.v); }
template <int kBy>
MLE_INLINE I32x16 shift_left(I32x16 a) {
  return _mm512_slli_epi32(a.v, kBy);
}
template <int kBy>
MLE_INLINE I32x16 shift_right(I32x16 a) {
  return _mm512_srai_epi32(a.v, kBy);
}

struct I64x8 {
  using value_type = int64_t;
  __m512i v;
  MLE_INLINE I64x8(__m512i value) : v(value) {}
  MLE_INLINE explicit I64x8(int64_t value) : v(_mm512_set1_epi64(value)) {}
};
MLE_INLINE I64x8 operator+(I64x8 a, I64x8 b) { return _mm512_add_epi64(a.v, b.v); }
MLE_INLINE I64x8 operator-(I64x8 a, I64x8 b) { return _mm512_sub_epi64(a.v, b.v); }
MLE_INLINE I64x8 operator&(I64x8 a, I64x8 b) { return _mm512_and_si512(a.v, b.v); }
MLE_INLINE I64x8 operator|(I64x8 a, I64x8 b) { return _mm512_or_si512(a.v, b.v); }
MLE_INLINE I64x8 operator^(I64x8 a, I64x8 b) { return _mm512_xor_si512(a.v, b.v); }
template <int kBy>
MLE_INLINE I64x8 shift_down(I64x8 a) {
  return _mm512_srli_epi64(a.v, kBy);
}
template <int kBy>
MLE_INLINE I64x8 shift_left(I64x8 a) {
  return _mm512_slli_epi64(a.v, kBy);
}

struct F32x16 {
  using value_type = float;
  static constexpr size_t size = 16;
  __m512 v;
  F32x16() = default;
  MLE_INLINE F32x16(__m512 value) : v(value) {}
  MLE_INLINE explicit F32x16(float value) : v(_mm512_set1_ps(value)) {}
  MLE_INLINE static F32x16 load_unaligned(const float* p) { return _mm512_loadu_ps(p); }
  MLE_INLINE void store_unaligned(float* p) const { _mm512_storeu_ps(p, v); }
};
MLE_INLINE F32x16 operator+(F32x16 a, F32x16 b) { return _mm512_add_ps(a.v, b.v); }
MLE_INLINE F32x16 operator-(F32x16 a, F32x16 b) { return _mm512_sub_ps(a.v, b.v); }
MLE_INLINE F32x16 operator*(F32x16 a, F32x16 b) { return _mm512_mul_ps(a.v, b.v); }
MLE_INLINE F32x16 operator/(F32x16 a, F32x16 b) { return _mm512_div_ps(a.v, b.v); }
MLE_INLINE Mask16 operator<(F32x16 a, F32x16 b) {
  return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)};
}
MLE_INLINE Mask16 operator<=(F32x16 a, F32x16 b) {
  return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ)};
}
MLE_INLINE Mask16 operator==(F32x16 a, F32x16 b) {
  return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ)};
}
MLE_INLINE F32x16 mul_add(F32x16 a, F32x16 b, F32x16 c) { return _mm512_fmadd_ps(a.v, b.v, c.v); }
MLE_INLINE F32x16 choose(Mask16 mask, F32x16 a, F32x16 b) {
  return _mm512_mask_blend_ps(mask.m, b.v, a.v);
}
MLE_INLINE F32x16 square_root(F32x16 a) { return _mm512_sqrt_ps(a.v); }
MLE_INLINE I32x16 bits_of(F32x16 a) { return _mm512_castps_si512(a.v); }
MLE_INLINE F32x16 from_bits(I32x16 a) { return _mm512_castsi512_ps(a.v); }
MLE_INLINE F32x16 converted(I32x16 a) { return _mm512_cvtepi32_ps(a.v); }

MLE_INLINE F32x16 halves_at(const uint16_t* p, F32x16) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}

MLE_INLINE __mmask16 first(size_t n) { return static_cast<__mmask16>((1u << n) - 1u); }
MLE_INLINE F32x16 load_some(const float* p, size_t n, F32x16 filler) {
  return _mm512_mask_loadu_ps(filler.v, first(n), p);
}
MLE_INLINE void store_some(float* p, F32x16 a, size_t n) {
  _mm512_mask_storeu_ps(p, first(n), a.v);
}

MLE_INLINE F32x16 load_few_lanes(const float* p, size_t n, F32x16 filler) {
  return _mm512_insertf32x4(filler.v, load_few(p, n, _mm512_castps512_ps128(filler.v)), 0);
}
MLE_INLINE void store_few_lanes(float* p, F32x16 a, size_t n) {
  store_few(p, _mm512_castps512_ps128(a.v), n);
}

MLE_INLINE float sum_of_four(F32x16 a) {
  const __m128 four = _mm512_castps512_ps128(a.v);
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
MLE_INLINE __m128 folded(F32x16 a) {
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(a.v), _mm512_extractf32x8_ps(a.v, 1));
  return _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
}
MLE_INLINE float sum_of_lanes(F32x16 a) {
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(a.v), _mm512_extractf32x8_ps(a.v, 1));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  return sum_of_four(F32x16(_mm512_castps128_ps512(four)));
}
// The sums of kCount values at(0) ... each in the order of sum_of_lanes: two values' halves side by
// side, then four values' quarters, so that every addition does the work of many.
template <>
inline constexpr bool kSumsMany<F32x16> = true;
template <class At>
MLE_INLINE __m512 quarters_of_four(const At& at, size_t i) {
  const __m512 a = at(i).v, b = at(i + 1).v, c = at(i + 2).v, d = at(i + 3).v;
  const __m512 ab =
      _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xEE));
  const __m512 cd =
      _mm512_add_ps(_mm512_shuffle_f32x4(c, d, 0x44), _mm512_shuffle_f32x4(c, d, 0xEE));
  return _mm512_add_ps(_mm512_shuffle_f32x4(ab, cd, 0x88), _mm512_shuffle_f32x4(ab, cd, 0xDD));
}
template <class At>
MLE_INLINE __m512 pairs_of_eight(const At& at, size_t i) {
  const __m512 a = quarters_of_four(at, i), b = quarters_of_four(at, i + 4);
  return _mm512_add_ps(_mm512_shuffle_ps(a, b, 0x44), _mm512_shuffle_ps(a, b, 0xEE));
}
template <size_t kCount, class At>
MLE_INLINE void store_sums(float* y, const At& at, bool relu) {
  static_assert(kCount == 8 || kCount == 16);
  const __m512 a = pairs_of_eight(at, 0);
  const __m512 b = kCount == 16 ? pairs_of_eight(at, kCount - 8) : a;
  F32x16 sums = _mm512_add_ps(_mm512_shuffle_ps(a, b, 0x88), _mm512_shuffle_ps(a, b, 0xDD));
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  sums = _mm512_permutexvar_ps(order, sums.v);
  if (relu) sums = choose(sums < F32x16(0.0f), F32x16(0.0f), sums);
  if constexpr (kCount == 16) {
    _mm512_storeu_ps(y, sums.v);
  } else {
    _mm256_storeu_ps(y, _mm512_castps512_ps256(sums.v));
  }
}
MLE_INLINE F32x16 larger(F32x16 a, F32x16 b) { return _mm512_max_ps(a.v, b.v); }
MLE_INLINE F32x16 smaller(F32x16 a, F32x16 b) { return _mm512_min_ps(a.v, b.v); }
MLE_INLINE float largest_of_four(F32x16 a) {
  const __m128 four = _mm512_castps512_ps128(a.v);
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}
MLE_INLINE float largest_of_lanes(F32x16 a) {
  const __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(a.v), _mm512_extractf32x8_ps(a.v, 1));
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  return largest_of_four(F32x16(_mm512_castps128_ps512(four)));
}

struct F64x8 {
  using value_type = double;
  static constexpr size_t size = 8;
  __m512d v;
  F64x8() = default;
  MLE_INLINE F64x8(__m512d value) : v(value) {}
  MLE_INLINE explicit F64x8(double value) : v(_mm512_set1_pd(value)) {}
  MLE_INLINE static F64x8 load_unaligned(const double* p) { return _mm512_loadu_pd(p); }
  MLE_INLINE void store_unaligned(double* p) const { _mm512_storeu_pd(p, v); }
};
MLE_INLINE F64x8 operator+(F64x8 a, F64x8 b) { return _mm512_add_pd(a.v, b.v); }
MLE_INLINE F64x8 operator-(F64x8 a, F64x8 b) { return _mm512_sub_pd(a.v, b.v); }
MLE_INLINE F64x8 operator*(F64x8 a, F64x8 b) { return _mm512_mul_pd(a.v, b.v); }
MLE_INLINE F64x8 operator/(F64x8 a, F64x8 b) { return _mm512_div_pd(a.v, b.v); }
MLE_INLINE Mask8 operator<(F64x8 a, F64x8 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_LT_OQ)}; }
MLE_INLINE Mask8 operator<=(F64x8 a, F64x8 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_LE_OQ)}; }
MLE_INLINE Mask8 operator==(F64x8 a, F64x8 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_EQ_OQ)}; }
MLE_INLINE F64x8 mul_add(F64x8 a, F64x8 b, F64x8 c) { return _mm512_fmadd_pd(a.v, b.v, c.v); }
MLE_INLINE F64x8 choose(Mask8 mask, F64x8 a, F64x8 b) {
  return _mm512_mask_blend_pd(mask.m, b.v, a.v);
}
MLE_INLINE I64x8 bits_of(F64x8 a) { return _mm512_castpd_si512(a.v); }
MLE_INLINE F64x8 from_bits(I64x8 a) { return _mm512_castsi512_pd(a.v); }
MLE_INLINE F64x8 square_root(F64x8 a) { return _mm512_sqrt_pd(a.v); }
MLE_INLINE F64x8 rest_of_product(F64x8 a, F64x8 b, F64x8 product) {
  return _mm512_fmsub_pd(a.v, b.v, product.v);
}
MLE_INLINE F64x8 load_some(const double* p, size_t n, F64x8 filler) {
  return _mm512_mask_loadu_pd(filler.v, static_cast<__mmask8>(first(n)), p);
}
MLE_INLINE void store_some(double* p, F64x8 a, size_t n) {
  _mm512_mask_storeu_pd(p, static_cast<__mmask8>(first(n)), a.v);
}
MLE_INLINE double sum_of_four(F64x8 a) {
  const __m256d four = _mm512_castpd512_pd256(a.v);
  const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
  return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}
MLE_INLINE __m128d folded(F64x8 a) {
  const __m256d four = _mm256_add_pd(_mm512_castpd512_pd256(a.v), _mm512_extractf64x4_pd(a.v, 1));
  return _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
}
MLE_INLINE double sum_of_lanes(F64x8 a) {
  const __m256d four = _mm256_add_pd(_mm512_castpd512_pd256(a.v), _mm512_extractf64x4_pd(a.v, 1));
  return sum_of_four(F64x8(_mm512_castpd256_pd512(four)));
}
MLE_INLINE F64x8 larger(F64x8 a, F64x8 b) { return _mm512_max_pd(a.v, b.v); }
MLE_INLINE F64x8 smaller(F64x8 a, F64x8 b) { return _mm512_min_pd(a.v, b.v); }
MLE_INLINE double largest_of_four(F64x8 a) {
  const __m256d four = _mm512_castpd512_pd256(a.v);
  const __m128d two = _mm_max_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
  return _mm_cvtsd_f64(_mm_max_sd(two, _mm_unpackhi_pd(two, two)));
}
MLE_INLINE double largest_of_lanes(F64x8 a) {
  const __m256d four = _mm256_max_pd(_mm512_castpd512_pd256(a.v), _mm512_extractf64x4_pd(a.v, 1));
  return largest_of_four(F64x8(_mm512_castpd256_pd512(four)));
}
MLE_INLINE Pair<F64x8> widened(F32x16 a) {
  return {_mm512_cvtps_pd(_mm512_castps512_ps256(a.v)),
          _mm512_cvtps_pd(_mm512_extractf32x8_ps(a.v, 1))};
}
MLE_INLINE F32x16 narrowed(const Pair<F64x8>& a) {
  return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(a.lo.v)),
                            _mm512_cvtpd_ps(a.hi.v), 1);
}

}  // namespace
}  // namespace mle::kernels
