// Pair: two values of one kind as one of twice the lanes; and the macros of all kernel files.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#define MLE_INLINE [[gnu::always_inline]] inline
// Elementary functions: inlined, but where size is what counts called by all who need them.
#ifndef MLE_ELEMENTARY
#define MLE_ELEMENTARY MLE_INLINE
#endif
#ifdef __clang__
#define MLE_UNROLL _Pragma("unroll")
#else
#define MLE_UNROLL _Pragma("GCC unroll 64")
#endif
#ifndef MLE_UNROLL_LANES  // of narrow layers
#define MLE_UNROLL_LANES MLE_UNROLL
#endif

namespace mle::kernels {
namespace {

template <class H>
struct Pair {
  using Half = H;
  H lo, hi;
};

template <class T>
inline constexpr bool kIsPair = false;
template <class H>
inline constexpr bool kIsPair<Pair<H>> = true;

// Elements in a value.
template <class T>
struct Count {
  static constexpr size_t value = T::size;
};
template <class H>
struct Count<Pair<H>> {
  static constexpr size_t value = 2 * Count<H>::value;
};

// The type of an element, which every leaf names as xsimd does.
template <class T>
struct Element {
  using Type = typename T::value_type;
};
template <class H>
struct Element<Pair<H>> {
  using Type = typename Element<H>::Type;
};
template <class F>
using ElementOf = typename Element<F>::Type;

// Lanes of f64 (or i64): functions that differ from those of f32 ask for them.
template <class F>
concept Wide = sizeof(ElementOf<F>) == sizeof(double);

// Whether there is store_sums(), which sums 8 or 16 values at once.
template <class F>
inline constexpr bool kSumsMany = false;

}  // namespace
}  // namespace mle::kernels
