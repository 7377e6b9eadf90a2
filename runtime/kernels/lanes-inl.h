// The words the kernels are written in: some lanes of f32 or f64 as one value, whatever a register
// holds. A leaf is one register (an xsimd batch, or F32x16, F64x8 for AVX-512); Pair doubles it.
// Every word works lane by lane, so an algorithm gives each lane the same operations on every
// instruction set.
//
// Comparisons are false for NaN; there is no !=, >= or max: see choose(). A file of leaves
// (lanes_*-inl.h) must come before this one, or its words are not found.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/pair-inl.h"

#include <bit>

namespace mle::kernels {
namespace {

#define MLE_LIFT_OPERATOR(op)                                        \
  template <class H>                                                 \
  MLE_INLINE auto operator op(const Pair<H>& a, const Pair<H>& b) {  \
    return Pair<decltype(a.lo op b.lo)>{a.lo op b.lo, a.hi op b.hi}; \
  }
MLE_LIFT_OPERATOR(+)
MLE_LIFT_OPERATOR(-)
MLE_LIFT_OPERATOR(*)
MLE_LIFT_OPERATOR(/)
MLE_LIFT_OPERATOR(&)
MLE_LIFT_OPERATOR(|)
MLE_LIFT_OPERATOR(^)
MLE_LIFT_OPERATOR(<)
MLE_LIFT_OPERATOR(<=)
MLE_LIFT_OPERATOR(==)
#undef MLE_LIFT_OPERATOR

template <class H>
MLE_INLINE Pair<H> operator~(const Pair<H>& a) {
  return {~a.lo, ~a.hi};
}

// a * b + c, rounded once where the instruction set can.
template <class H>
MLE_INLINE Pair<H> mul_add(const Pair<H>& a, const Pair<H>& b, const Pair<H>& c) {
  return {mul_add(a.lo, b.lo, c.lo), mul_add(a.hi, b.hi, c.hi)};
}
// mask ? a : b
template <class M, class H>
MLE_INLINE Pair<H> choose(const Pair<M>& mask, const Pair<H>& a, const Pair<H>& b) {
  return {choose(mask.lo, a.lo, b.lo), choose(mask.hi, a.hi, b.hi)};
}
template <class H>
MLE_INLINE Pair<H> square_root(const Pair<H>& a) {
  return {square_root(a.lo), square_root(a.hi)};
}
// The bits of floats as integers of their size, and back.
template <class H>
MLE_INLINE auto bits_of(const Pair<H>& a) {
  return Pair<decltype(bits_of(a.lo))>{bits_of(a.lo), bits_of(a.hi)};
}
template <class H>
MLE_INLINE auto from_bits(const Pair<H>& a) {
  return Pair<decltype(from_bits(a.lo))>{from_bits(a.lo), from_bits(a.hi)};
}
template <int kBy, class H>
MLE_INLINE Pair<H> shift_left(const Pair<H>& a) {
  return {shift_left<kBy>(a.lo), shift_left<kBy>(a.hi)};
}
// Keeps the sign.
template <int kBy, class H>
MLE_INLINE Pair<H> shift_right(const Pair<H>& a) {
  return {shift_right<kBy>(a.lo), shift_right<kBy>(a.hi)};
}
// The same with zeros coming in from above.
template <int kBy, class H>
MLE_INLINE Pair<H> shift_down(const Pair<H>& a) {
  return {shift_down<kBy>(a.lo), shift_down<kBy>(a.hi)};
}
// What rounding lost of a product: a * b - product, where product is a * b rounded; f64 only.
template <class H>
MLE_INLINE Pair<H> rest_of_product(const Pair<H>& a, const Pair<H>& b, const Pair<H>& product) {
  return {rest_of_product(a.lo, b.lo, product.lo), rest_of_product(a.hi, b.hi, product.hi)};
}
// int32 lanes as f32.
template <class H>
MLE_INLINE auto converted(const Pair<H>& a) {
  return Pair<decltype(converted(a.lo))>{converted(a.lo), converted(a.hi)};
}
// f32 lanes as twice as many registers of f64, and back, rounding once.
template <class H>
MLE_INLINE auto widened(const Pair<H>& a) {
  return Pair<decltype(widened(a.lo))>{widened(a.lo), widened(a.hi)};
}
template <class H>
MLE_INLINE auto narrowed(const Pair<Pair<H>>& a) {
  return Pair<decltype(narrowed(a.lo))>{narrowed(a.lo), narrowed(a.hi)};
}

// One number, or one integer, in all lanes.
template <class T, class S>
MLE_INLINE T splat(S value) {
  if constexpr (kIsPair<T>) {
    const auto half = splat<typename T::Half>(value);
    return {half, half};
  } else {
    return T(value);
  }
}

template <class F>
MLE_INLINE F load_lanes(const ElementOf<F>* p) {
  if constexpr (kIsPair<F>) {
    return {load_lanes<typename F::Half>(p), load_lanes<typename F::Half>(p + Count<F>::value / 2)};
  } else {
    return F::load_unaligned(p);
  }
}

// As many f16 as floats, NaN as some NaN; exact, denormals included, whatever mode is set.
template <class F>
MLE_INLINE F load_halves(const uint16_t* p) {
  if constexpr (kIsPair<F>) {
    return {load_halves<typename F::Half>(p),
            load_halves<typename F::Half>(p + Count<F>::value / 2)};
  } else {
    return halves_at(p, F{});
  }
}

template <class F>
MLE_INLINE void store_lanes(ElementOf<F>* p, const F& a) {
  if constexpr (kIsPair<F>) {
    store_lanes(p, a.lo);
    store_lanes(p + Count<F>::value / 2, a.hi);
  } else {
    a.store_unaligned(p);
  }
}

template <class T, size_t kBytes>
struct RegisterOf {
  typedef T Type [[gnu::vector_size(kBytes)]];
};
// One element, and zeros.
template <class F>
MLE_INLINE F load_one(const ElementOf<F>* p) {
  if constexpr (kIsPair<F>) {
    return {load_one<typename F::Half>(p), splat<typename F::Half>(ElementOf<F>{0})};
  } else {
    return std::bit_cast<F>(typename RegisterOf<ElementOf<F>, sizeof(F)>::Type{*p});
  }
}

// The first n elements; the other lanes get the filler and their memory is not touched. A leaf has
// load_some and store_some for n up to its size.
template <class F>
MLE_INLINE F load_part(const ElementOf<F>* p, size_t n, ElementOf<F> filler = 0) {
  if constexpr (kIsPair<F>) {
    using H = typename F::Half;
    constexpr size_t kHalf = Count<H>::value;
    if (n <= kHalf) return {load_part<H>(p, n, filler), splat<H>(filler)};
    return {load_lanes<H>(p), load_part<H>(p + kHalf, n - kHalf, filler)};
  } else {
    return load_some(p, n, F(filler));
  }
}

template <class F>
MLE_INLINE void store_part(ElementOf<F>* p, const F& a, size_t n) {
  if constexpr (kIsPair<F>) {
    constexpr size_t kHalf = Count<F>::value / 2;
    if (n <= kHalf) return store_part(p, a.lo, n);
    store_lanes(p, a.lo);
    store_part(p + kHalf, a.hi, n - kHalf);
  } else {
    store_some(p, a, n);
  }
}

// Lane i gets lane i + half, for half = lanes/2 … 1: the one order in which lanes are added.
template <class H>
MLE_INLINE ElementOf<H> sum_of_lanes(const Pair<H>& a) {
  return sum_of_lanes(a.lo + a.hi);
}

// The first steps of it, down to a register of 16 bytes.
template <class H>
MLE_INLINE auto folded(const Pair<H>& a) {
  return folded(a.lo + a.hi);
}

// Lane by lane: a > b ? a : b and a < b ? a : b, so that b comes out of equals and where one is
// NaN.
template <class H>
MLE_INLINE Pair<H> larger(const Pair<H>& a, const Pair<H>& b) {
  return {larger(a.lo, b.lo), larger(a.hi, b.hi)};
}
template <class H>
MLE_INLINE Pair<H> smaller(const Pair<H>& a, const Pair<H>& b) {
  return {smaller(a.lo, b.lo), smaller(a.hi, b.hi)};
}

// The largest lane; any lane where one is NaN.
template <class H>
MLE_INLINE ElementOf<H> largest_of_lanes(const Pair<H>& a) {
  return largest_of_lanes(larger(a.lo, a.hi));
}
// The same of the first four lanes, for the many rows that have no more.
template <class H>
MLE_INLINE ElementOf<H> sum_of_four(const Pair<H>& a) {
  if constexpr (Count<Pair<H>>::value == 4) {
    return sum_of_lanes(a);
  } else {
    return sum_of_four(a.lo);
  }
}
template <class H>
MLE_INLINE ElementOf<H> largest_of_four(const Pair<H>& a) {
  if constexpr (Count<Pair<H>>::value == 4) {
    return largest_of_lanes(a);
  } else {
    return largest_of_four(a.lo);
  }
}

}  // namespace
}  // namespace mle::kernels
