// Leaves from xsimd, 8.1 or newer: its batches have the operators, this file adds the words that
// xsimd lacks or spells differently from version to version, by register type.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/few_x86-inl.h"
#include "runtime/kernels/pair-inl.h"

#include <xsimd/xsimd.hpp>

namespace mle::kernels {
namespace {

template <class T, class A>
MLE_INLINE xsimd::batch<T, A> mul_add(const xsimd::batch<T, A>& a, const xsimd::batch<T, A>& b,
                                      const xsimd::batch<T, A>& c) {
  return xsimd::fma(a, b, c);
}
template <class T, class A>
MLE_INLINE xsimd::batch<T, A> choose(const xsimd::batch_bool<T, A>& mask,
                                     const xsimd::batch<T, A>& a, const xsimd::batch<T, A>& b) {
  return xsimd::select(mask, a, b);
}
template <class T, class A>
MLE_INLINE xsimd::batch<T, A> square_root(const xsimd::batch<T, A>& a) {
  return xsimd::sqrt(a);
}
MLE_INLINE __m128i cast_bits(__m128 a) { return _mm_castps_si128(a); }
MLE_INLINE __m128i cast_bits(__m128d a) { return _mm_castpd_si128(a); }
MLE_INLINE __m128 cast_f32(__m128i a) { return _mm_castsi128_ps(a); }
MLE_INLINE __m128d cast_f64(__m128i a) { return _mm_castsi128_pd(a); }
template <int kBy>
MLE_INLINE __m128i shifted_left(__m128i a, int32_t) {
  return _mm_slli_epi32(a, kBy);
}
template <int kBy>
MLE_INLINE __m128i shifted_left(__m128i a, int64_t) {
  return _mm_slli_epi64(a, kBy);
}
template <int kBy>
MLE_INLINE __m128i shifted_right(__m128i a) {
  return _mm_srai_epi32(a, kBy);
}
template <int kBy>
MLE_INLINE __m128i shifted_down(__m128i a) {
  return _mm_srli_epi64(a, kBy);
}
MLE_INLINE __m128 convert_i32(__m128i a) { return _mm_cvtepi32_ps(a); }
MLE_INLINE __m128d low_f64(__m128 a) { return _mm_cvtps_pd(a); }
MLE_INLINE __m128d high_f64(__m128 a) { return _mm_cvtps_pd(_mm_movehl_ps(a, a)); }
MLE_INLINE __m128 join_f32(__m128d lo, __m128d hi) {
  return _mm_movelh_ps(_mm_cvtpd_ps(lo), _mm_cvtpd_ps(hi));
}
MLE_INLINE __m128 first_four(__m128 a) { return a; }
MLE_INLINE __m128 larger_register(__m128 a, __m128 b) { return _mm_max_ps(a, b); }
MLE_INLINE __m128 smaller_register(__m128 a, __m128 b) { return _mm_min_ps(a, b); }
MLE_INLINE float largest_register(__m128 a) {
  const __m128 two = _mm_max_ps(a, _mm_movehl_ps(a, a));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
}
MLE_INLINE float sum_register(__m128 a) {
  const __m128 two = _mm_add_ps(a, _mm_movehl_ps(a, a));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}
MLE_INLINE __m128d larger_register(__m128d a, __m128d b) { return _mm_max_pd(a, b); }
MLE_INLINE __m128d smaller_register(__m128d a, __m128d b) { return _mm_min_pd(a, b); }
MLE_INLINE double largest_register(__m128d a) {
  return _mm_cvtsd_f64(_mm_max_sd(a, _mm_unpackhi_pd(a, a)));
}
MLE_INLINE double sum_register(__m128d a) {
  return _mm_cvtsd_f64(_mm_add_sd(a, _mm_unpackhi_pd(a, a)));
}

MLE_INLINE __m128 folded_register(__m128 a) { return a; }
MLE_INLINE __m128d folded_register(__m128d a) { return a; }

#ifdef __AVX2__
MLE_INLINE __m128 folded_register(__m256 a) {
  return _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
}
MLE_INLINE __m128d folded_register(__m256d a) {
  return _mm_add_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd(a, 1));
}
MLE_INLINE __m256i cast_bits(__m256 a) { return _mm256_castps_si256(a); }
MLE_INLINE __m256i cast_bits(__m256d a) { return _mm256_castpd_si256(a); }
MLE_INLINE __m256 cast_f32(__m256i a) { return _mm256_castsi256_ps(a); }
MLE_INLINE __m256d cast_f64(__m256i a) { return _mm256_castsi256_pd(a); }
template <int kBy>
MLE_INLINE __m256i shifted_left(__m256i a, int32_t) {
  return _mm256_slli_epi32(a, kBy);
}
template <int kBy>
MLE_INLINE __m256i shifted_left(__m256i a, int64_t) {
  return _mm256_slli_epi64(a, kBy);
}
template <int kBy>
MLE_INLINE __m256i shifted_right(__m256i a) {
  return _mm256_srai_epi32(a, kBy);
}
template <int kBy>
MLE_INLINE __m256i shifted_down(__m256i a) {
  return _mm256_srli_epi64(a, kBy);
}
MLE_INLINE __m256 convert_i32(__m256i a) { return _mm256_cvtepi32_ps(a); }
MLE_INLINE __m256d low_f64(__m256 a) { return _mm256_cvtps_pd(_mm256_castps256_ps128(a)); }
MLE_INLINE __m256d high_f64(__m256 a) { return _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1)); }
MLE_INLINE __m256 join_f32(__m256d lo, __m256d hi) {
  return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps(lo)), _mm256_cvtpd_ps(hi), 1);
}
MLE_INLINE __m128 first_four(__m256 a) { return _mm256_castps256_ps128(a); }
MLE_INLINE __m256 larger_register(__m256 a, __m256 b) { return _mm256_max_ps(a, b); }
MLE_INLINE __m256 smaller_register(__m256 a, __m256 b) { return _mm256_min_ps(a, b); }
MLE_INLINE float largest_register(__m256 a) {
  return largest_register(_mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1)));
}
MLE_INLINE float sum_register(__m256 a) {
  return sum_register(_mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1)));
}
MLE_INLINE __m256d first_four(__m256d a) { return a; }
MLE_INLINE __m256d larger_register(__m256d a, __m256d b) { return _mm256_max_pd(a, b); }
MLE_INLINE __m256d smaller_register(__m256d a, __m256d b) { return _mm256_min_pd(a, b); }
MLE_INLINE double largest_register(__m256d a) {
  return largest_register(_mm_max_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd(a, 1)));
}
MLE_INLINE double sum_register(__m256d a) {
  return sum_register(_mm_add_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd(a, 1)));
}
#endif

template <int kBy, class T, class A>
MLE_INLINE xsimd::batch<T, A> shift_left(const xsimd::batch<T, A>& a) {
  return shifted_left<kBy>(typename xsimd::batch<T, A>::register_type(a), T());
}
template <int kBy, class A>
MLE_INLINE xsimd::batch<int32_t, A> shift_right(const xsimd::batch<int32_t, A>& a) {
  return shifted_right<kBy>(typename xsimd::batch<int32_t, A>::register_type(a));
}
template <class A>
MLE_INLINE xsimd::batch<int32_t, A> bits_of(const xsimd::batch<float, A>& a) {
  return cast_bits(typename xsimd::batch<float, A>::register_type(a));
}
template <class A>
MLE_INLINE xsimd::batch<int64_t, A> bits_of(const xsimd::batch<double, A>& a) {
  return cast_bits(typename xsimd::batch<double, A>::register_type(a));
}
template <class A>
MLE_INLINE xsimd::batch<float, A> from_bits(const xsimd::batch<int32_t, A>& a) {
  return cast_f32(typename xsimd::batch<int32_t, A>::register_type(a));
}
template <class A>
MLE_INLINE xsimd::batch<double, A> from_bits(const xsimd::batch<int64_t, A>& a) {
  return cast_f64(typename xsimd::batch<int64_t, A>::register_type(a));
}
template <class A>
MLE_INLINE xsimd::batch<float, A> converted(const xsimd::batch<int32_t, A>& a) {
  return convert_i32(typename xsimd::batch<int32_t, A>::register_type(a));
}
template <class A>
MLE_INLINE Pair<xsimd::batch<double, A>> widened(const xsimd::batch<float, A>& a) {
  const typename xsimd::batch<float, A>::register_type v = a;
  return {low_f64(v), high_f64(v)};
}
template <class A>
MLE_INLINE xsimd::batch<float, A> narrowed(const Pair<xsimd::batch<double, A>>& a) {
  using R = typename xsimd::batch<double, A>::register_type;
  return join_f32(R(a.lo), R(a.hi));
}
template <int kBy, class A>
MLE_INLINE xsimd::batch<int64_t, A> shift_down(const xsimd::batch<int64_t, A>& a) {
  return shifted_down<kBy>(typename xsimd::batch<int64_t, A>::register_type(a));
}
template <class T, class A>
MLE_INLINE auto folded(const xsimd::batch<T, A>& a) {
  return folded_register(typename xsimd::batch<T, A>::register_type(a));
}
template <class T, class A>
MLE_INLINE T sum_of_lanes(const xsimd::batch<T, A>& a) {
  return sum_register(typename xsimd::batch<T, A>::register_type(a));
}
template <class T, class A>
MLE_INLINE T sum_of_four(const xsimd::batch<T, A>& a) {
  return sum_register(first_four(typename xsimd::batch<T, A>::register_type(a)));
}
template <class T, class A>
MLE_INLINE xsimd::batch<T, A> larger(const xsimd::batch<T, A>& a, const xsimd::batch<T, A>& b) {
  using R = typename xsimd::batch<T, A>::register_type;
  return larger_register(R(a), R(b));
}
template <class T, class A>
MLE_INLINE xsimd::batch<T, A> smaller(const xsimd::batch<T, A>& a, const xsimd::batch<T, A>& b) {
  using R = typename xsimd::batch<T, A>::register_type;
  return smaller_register(R(a), R(b));
}
template <class T, class A>
MLE_INLINE T largest_of_lanes(const xsimd::batch<T, A>& a) {
  return largest_register(typename xsimd::batch<T, A>::register_type(a));
}
template <class T, class A>
MLE_INLINE T largest_of_four(const xsimd::batch<T, A>& a) {
  return largest_register(first_four(typename xsimd::batch<T, A>::register_type(a)));
}

#ifdef __FMA__
template <class A>
MLE_INLINE xsimd::batch<double, A> rest_of_product(const xsimd::batch<double, A>& a,
                                                   const xsimd::batch<double, A>& b,
                                                   const xsimd::batch<double, A>& product) {
  return xsimd::fms(a, b, product);
}
#else
// In halves of 26 and 27 bits, whose products are exact but for the last bit of the last.
template <class A>
MLE_INLINE xsimd::batch<double, A> rest_of_product(const xsimd::batch<double, A>& a,
                                                   const xsimd::batch<double, A>& b,
                                                   const xsimd::batch<double, A>& product) {
  const xsimd::batch<int64_t, A> upper(~int64_t{0x7FFFFFF});
  const xsimd::batch<double, A> a_high = from_bits(bits_of(a) & upper);
  const xsimd::batch<double, A> b_high = from_bits(bits_of(b) & upper);
  const xsimd::batch<double, A> a_low = a - a_high;
  const xsimd::batch<double, A> b_low = b - b_high;
  return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
}
#endif

#ifdef __F16C__
template <class A>
MLE_INLINE xsimd::batch<float, A> halves_at(const uint16_t* p, const xsimd::batch<float, A>&) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
#else
// In integers; below 2^-14 as 2^-14 + x less 2^-14, neither of which is a denormal.
template <class A>
MLE_INLINE xsimd::batch<float, A> halves_at(const uint16_t* p, const xsimd::batch<float, A>&) {
  const __m128i halves = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
  const __m128i wide = _mm_unpacklo_epi16(halves, _mm_setzero_si128());
  const __m128i sign = _mm_slli_epi32(_mm_and_si128(wide, _mm_set1_epi32(0x8000)), 16);
  const __m128i size = _mm_slli_epi32(_mm_and_si128(wide, _mm_set1_epi32(0x7FFF)), 13);
  const __m128i is_special = _mm_cmpgt_epi32(size, _mm_set1_epi32(0x0F7FFFFF));
  const __m128i is_small = _mm_cmpgt_epi32(_mm_set1_epi32(0x00800000), size);
  const __m128i normal = _mm_add_epi32(_mm_add_epi32(size, _mm_set1_epi32(112 << 23)),
                                       _mm_and_si128(is_special, _mm_set1_epi32(112 << 23)));
  const __m128i least = _mm_set1_epi32(113 << 23);
  const __m128i small = _mm_castps_si128(
      _mm_sub_ps(_mm_castsi128_ps(_mm_add_epi32(size, least)), _mm_castsi128_ps(least)));
  const __m128i chosen =
      _mm_or_si128(_mm_and_si128(is_small, small), _mm_andnot_si128(is_small, normal));
  return _mm_castsi128_ps(_mm_or_si128(chosen, sign));
}
#endif

#ifdef __AVX2__
// Lanes below n have their top bit set, which is what masked loads and stores look at.
MLE_INLINE __m256i first(size_t n, float) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)),
                            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
MLE_INLINE __m256i first(size_t n, double) {
  return _mm256_cmpgt_epi64(_mm256_set1_epi64x(static_cast<int64_t>(n)),
                            _mm256_setr_epi64x(0, 1, 2, 3));
}
template <class A>
MLE_INLINE xsimd::batch<float, A> load_some(const float* p, size_t n,
                                            const xsimd::batch<float, A>& filler) {
  const __m256i inside = first(n, 0.0f);
  return _mm256_or_ps(_mm256_maskload_ps(p, inside),
                      _mm256_andnot_ps(_mm256_castsi256_ps(inside), filler));
}
template <class A>
MLE_INLINE xsimd::batch<float, A> load_few_lanes(const float* p, size_t n,
                                                 const xsimd::batch<float, A>& filler) {
  return _mm256_insertf128_ps(filler, load_few(p, n, _mm256_castps256_ps128(filler)), 0);
}
template <class A>
MLE_INLINE void store_few_lanes(float* p, const xsimd::batch<float, A>& a, size_t n) {
  store_few(p, _mm256_castps256_ps128(a), n);
}
template <class A>
MLE_INLINE xsimd::batch<double, A> load_some(const double* p, size_t n,
                                             const xsimd::batch<double, A>& filler) {
  const __m256i inside = first(n, 0.0);
  return _mm256_or_pd(_mm256_maskload_pd(p, inside),
                      _mm256_andnot_pd(_mm256_castsi256_pd(inside), filler));
}
template <class A>
MLE_INLINE void store_some(float* p, const xsimd::batch<float, A>& a, size_t n) {
  _mm256_maskstore_ps(p, first(n, 0.0f), a);
}
template <class A>
MLE_INLINE void store_some(double* p, const xsimd::batch<double, A>& a, size_t n) {
  _mm256_maskstore_pd(p, first(n, 0.0), a);
}
#else  // rare, and long
template <class A>
MLE_INLINE xsimd::batch<float, A> load_few_lanes(const float* p, size_t n,
                                                 const xsimd::batch<float, A>& filler) {
  return load_few(p, n, filler);
}
template <class A>
MLE_INLINE void store_few_lanes(float* p, const xsimd::batch<float, A>& a, size_t n) {
  store_few(p, a, n);
}
template <class T, class A>
[[gnu::noinline]] xsimd::batch<T, A> load_some(const T* p, size_t n,
                                               const xsimd::batch<T, A>& filler) {
  T lanes[xsimd::batch<T, A>::size];
  filler.store_unaligned(lanes);
  for (size_t i = 0; i < n; ++i) lanes[i] = p[i];
  return xsimd::batch<T, A>::load_unaligned(lanes);
}
template <class T, class A>
[[gnu::noinline]] void store_some(T* p, const xsimd::batch<T, A>& a, size_t n) {
  T lanes[xsimd::batch<T, A>::size];
  a.store_unaligned(lanes);
  for (size_t i = 0; i < n; ++i) p[i] = lanes[i];
}
#endif

}  // namespace
}  // namespace mle::kernels
