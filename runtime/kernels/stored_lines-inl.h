// Weights in fewer bits: how they lie, and how they become floats.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/lanes-inl.h"

namespace mle::kernels {
namespace {

// How 16 columns lie: kGroup neighbouring k beside each other, so kGroup * 16 elements in a row;
// and column for column one of them as F.
struct StoredF16 {
  static constexpr size_t kGroup = 1;
  static constexpr size_t kLineBytes = 16 * sizeof(uint16_t);
  template <class F, size_t kPlace>
  MLE_INLINE static F decode(const std::byte* line) {
    return load_halves<F>(reinterpret_cast<const uint16_t*>(line));
  }
};

// Lines of 64 bytes: every column has 32 bits with its next two or four k, the lowest first.
template <class F>
MLE_INLINE auto column_words(const std::byte* line) {
  return bits_of(load_lanes<F>(reinterpret_cast<const float*>(line)));
}
struct StoredBF16 {
  static constexpr size_t kGroup = 2;
  static constexpr size_t kLineBytes = 64;
  template <class F, size_t kPlace>
  MLE_INLINE static F decode(const std::byte* line) {
    const auto words = column_words<F>(line);
    if constexpr (kPlace == 0) {
      return even<F>(words);
    } else {
      return odd<F>(words);
    }
  }
  // The first and the second of each pair.
  template <class F, class I>
  MLE_INLINE static F even(const I& words) {
    return from_bits(shift_left<16>(words));
  }
  template <class F, class I>
  MLE_INLINE static F odd(const I& words) {
    return from_bits(words & splat<I>(-65536));
  }
};
struct StoredI8 {
  static constexpr size_t kGroup = 4;
  static constexpr size_t kLineBytes = 64;
  template <class F, size_t kPlace>
  MLE_INLINE static F decode(const std::byte* line) {
    const auto words = column_words<F>(line);
    if constexpr (kPlace == 3) {
      return converted(shift_right<24>(words));
    } else {
      return converted(shift_right<24>(shift_left<24 - 8 * kPlace>(words)));
    }
  }
};

template <class S>
MLE_INLINE size_t lines_of(size_t k) {
  return (k + S::kGroup - 1) / S::kGroup;
}

}  // namespace
}  // namespace mle::kernels
