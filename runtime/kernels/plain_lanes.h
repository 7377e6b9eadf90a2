// Sixteen elements of any type as one value, for kernels that are compiled once for all machines:
// additions, products and comparisons, each rounded by itself, give the same bits everywhere.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/layout.h"

#include <cstddef>
#include <cstring>

namespace mle::kernels {

// The compiler makes registers of it.
template <class T>
struct PlainLanesOf {
  typedef T Type [[gnu::vector_size(format::kLanes * sizeof(T)), gnu::may_alias]];
};
template <class T>
using PlainLanes = typename PlainLanesOf<T>::Type;

template <class T>
[[gnu::always_inline]] inline void load(PlainLanes<T>& lanes, const T* p) noexcept {
  std::memcpy(&lanes, p, sizeof lanes);
}
// The first n elements, then fillers.
template <class T>
[[gnu::always_inline]] inline void load_part(PlainLanes<T>& lanes, const T* p, size_t n,
                                             T filler) noexcept {
  if (n == format::kLanes) return load<T>(lanes, p);
  T elements[format::kLanes];
  for (size_t i = 0; i < format::kLanes; ++i) elements[i] = i < n ? p[i] : filler;
  std::memcpy(&lanes, elements, sizeof lanes);
}
template <class T>
[[gnu::always_inline]] inline void store(T* p, const PlainLanes<T>& lanes, size_t n) noexcept {
  std::memcpy(p, &lanes, n * sizeof(T));
}
template <class T>
[[gnu::always_inline]] inline void fill(PlainLanes<T>& lanes, T value) noexcept {
  for (size_t i = 0; i < format::kLanes; ++i) lanes[i] = value;
}

}  // namespace mle::kernels
