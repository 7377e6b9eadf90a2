// At most four f32 between memory and a register of 16 bytes, in loads and stores of one, two or
// four. What was stored a moment ago is forwarded to loads of its size; a masked load waits for the
// cache, and so does whoever reads what a masked store wrote.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/pair-inl.h"

#include <immintrin.h>

namespace mle::kernels {
namespace {

MLE_INLINE __m128 load_few(const float* p, size_t n, __m128 filler) {
  if (n == 4) return _mm_loadu_ps(p);
  if (n == 1) return _mm_move_ss(filler, _mm_load_ss(p));
  const __m128 two = _mm_loadl_pi(filler, reinterpret_cast<const __m64*>(p));
  return n == 2 ? two : _mm_movelh_ps(two, _mm_unpacklo_ps(_mm_load_ss(p + 2), filler));
}
MLE_INLINE void store_few(float* p, __m128 few, size_t n) {
  if (n == 4) return _mm_storeu_ps(p, few);
  if (n == 1) return _mm_store_ss(p, few);
  _mm_storel_pi(reinterpret_cast<__m64*>(p), few);
  if (n == 3) _mm_store_ss(p + 2, _mm_movehl_ps(few, few));
}

}  // namespace
}  // namespace mle::kernels
