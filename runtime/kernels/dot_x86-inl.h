// How four products of 8 bits are added to a 32-bit sum on x86: in one instruction where the
// processor has it (VNNI), else in 16 bits, which no product of two can overflow there: an unsigned
// and a signed factor are widened first, because their products in pairs would saturate.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/pair-inl.h"

#include <immintrin.h>

namespace mle::kernels {
namespace {

MLE_INLINE int32_t four_codes(const uint8_t* p) {
  int32_t four;
  __builtin_memcpy(&four, p, sizeof four);
  return four;
}

#ifdef __AVX512VNNI__
struct DotVnni {
  using Sums = __m512i;
  using Weights = __m512i;
  using Row = __m512i;
  static constexpr size_t kSums = 16, kRows = 8, kPanels = 3, kPanelsOfOne = 12;
  MLE_INLINE static Sums zero() { return _mm512_setzero_si512(); }
  MLE_INLINE static Weights prepare(const std::byte* p) { return _mm512_loadu_si512(p); }
  MLE_INLINE static Row spread(const uint8_t* p) { return _mm512_set1_epi32(four_codes(p)); }
  MLE_INLINE static Sums dot(Sums s, Row r, Weights w) { return _mm512_dpbusd_epi32(s, r, w); }
  MLE_INLINE static void store(uint32_t* p, Sums s) { _mm512_storeu_si512(p, s); }
};
#elif defined(__AVX512BW__)
struct DotWide {
  using Sums = __m512i;
  struct Weights {
    __m512i even, odd;
  };
  using Row = Weights;
  static constexpr size_t kSums = 16, kRows = 4, kPanels = 3, kPanelsOfOne = 4;
  MLE_INLINE static Sums zero() { return _mm512_setzero_si512(); }
  MLE_INLINE static Weights prepare(const std::byte* p) {
    const __m512i w = _mm512_loadu_si512(p);
    return {_mm512_srai_epi16(_mm512_slli_epi16(w, 8), 8), _mm512_srai_epi16(w, 8)};
  }
  MLE_INLINE static Row spread(const uint8_t* p) {
    const __m512i x = _mm512_set1_epi32(four_codes(p));
    return {_mm512_and_si512(x, _mm512_set1_epi16(0xFF)), _mm512_srli_epi16(x, 8)};
  }
  MLE_INLINE static Sums dot(Sums s, const Row& r, const Weights& w) {
    const __m512i two =
        _mm512_add_epi32(_mm512_madd_epi16(r.even, w.even), _mm512_madd_epi16(r.odd, w.odd));
    return _mm512_add_epi32(s, two);
  }
  MLE_INLINE static void store(uint32_t* p, Sums s) { _mm512_storeu_si512(p, s); }
};
#elif defined(__AVX2__)
struct DotWide {
  using Sums = __m256i;
  struct Weights {
    __m256i even, odd;
  };
  using Row = Weights;
  static constexpr size_t kSums = 8, kRows = 4, kPanels = 1, kPanelsOfOne = 2;
  MLE_INLINE static Sums zero() { return _mm256_setzero_si256(); }
  MLE_INLINE static Weights prepare(const std::byte* p) {
    const __m256i w = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return {_mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8), _mm256_srai_epi16(w, 8)};
  }
  MLE_INLINE static Row spread(const uint8_t* p) {
    const __m256i x = _mm256_set1_epi32(four_codes(p));
    return {_mm256_and_si256(x, _mm256_set1_epi16(0xFF)), _mm256_srli_epi16(x, 8)};
  }
  MLE_INLINE static Sums dot(Sums s, const Row& r, const Weights& w) {
    const __m256i two =
        _mm256_add_epi32(_mm256_madd_epi16(r.even, w.even), _mm256_madd_epi16(r.odd, w.odd));
    return _mm256_add_epi32(s, two);
  }
  MLE_INLINE static void store(uint32_t* p, Sums s) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), s);
  }
};
#else
struct DotWide {
  using Sums = __m128i;
  struct Weights {
    __m128i even, odd;
  };
  using Row = Weights;
  static constexpr size_t kSums = 4, kRows = 2, kPanels = 1, kPanelsOfOne = 1;
  MLE_INLINE static Sums zero() { return _mm_setzero_si128(); }
  MLE_INLINE static Weights prepare(const std::byte* p) {
    const __m128i w = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return {_mm_srai_epi16(_mm_slli_epi16(w, 8), 8), _mm_srai_epi16(w, 8)};
  }
  MLE_INLINE static Row spread(const uint8_t* p) {
    const __m128i x = _mm_set1_epi32(four_codes(p));
    return {_mm_and_si128(x, _mm_set1_epi16(0xFF)), _mm_srli_epi16(x, 8)};
  }
  MLE_INLINE static Sums dot(Sums s, const Row& r, const Weights& w) {
    const __m128i two = _mm_add_epi32(_mm_madd_epi16(r.even, w.even), _mm_madd_epi16(r.odd, w.odd));
    return _mm_add_epi32(s, two);
  }
  MLE_INLINE static void store(uint32_t* p, Sums s) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), s);
  }
};
#endif

}  // namespace
}  // namespace mle::kernels
