// Softmax and log-softmax: subtract the largest, add in one order (16 lanes along the row, of f64
// 8, then the tree of sum_of_lanes), divide. A NaN or +infinity makes the whole row NaN, -infinity
// gives 0.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/elementary-inl.h"
#include "runtime/kernels/elementary_f64-inl.h"
#include "runtime/kernels/kernels.h"
#include "runtime/kernels/rows-inl.h"

namespace mle::kernels {
namespace {

// Elements that lie `step` apart, a vector at a time; lanes beyond n get -infinity, whose
// exponential is 0.
template <class F>
MLE_INLINE F gather(const ElementOf<F>* p, size_t step, size_t n) {
  if (n == Count<F>::value && step == 1) return load_lanes<F>(p);
  if (step == 1) return load_part<F>(p, n, -kInfinity);
  ElementOf<F> lanes[Count<F>::value];
  store_lanes(lanes, splat<F>(-kInfinity));
  for (size_t i = 0; i < n; ++i) lanes[i] = p[i * step];
  return load_lanes<F>(lanes);
}
template <class F>
MLE_INLINE void scatter(ElementOf<F>* p, size_t step, const F& a, size_t n) {
  if (step == 1) return store_piece(p, a, n);
  ElementOf<F> lanes[Count<F>::value];
  store_lanes(lanes, a);
  for (size_t i = 0; i < n; ++i) p[i * step] = lanes[i];
}

// The logarithm of one number in all lanes, taken in one register.
template <class F>
MLE_INLINE F logarithm_of(ElementOf<F> value) {
  if constexpr (kIsPair<F>) {
    const auto half = logarithm_of<typename F::Half>(value);
    return {half, half};
  } else {
    return logarithm(splat<F>(value));
  }
}

// From the sum of all exponentials: of one element's x - max (kLog) or e^(x - max).
template <class F, bool kLog>
struct Finish {
  F divisor;
  MLE_INLINE explicit Finish(ElementOf<F> sum) {
    if constexpr (kLog) {
      divisor = logarithm_of<F>(sum);
    } else {
      divisor = splat<F>(sum);
    }
  }
  MLE_INLINE F operator()(const F& value) const { return kLog ? value - divisor : value / divisor; }
};

// e^x, where little code is asked for register by register.
template <bool kSmall, class F>
MLE_INLINE F exponential_of(const F& x) {
  if constexpr (kSmall && kIsPair<F>) {
    return {exponential_of<kSmall>(x.lo), exponential_of<kSmall>(x.hi)};
  } else {
    return exponential_in_range(x);
  }
}

// At most four elements side by side, which is what most classifiers have, where the instruction
// set has words for them.
template <class F>
MLE_INLINE F gather_few(const ElementOf<F>* p, size_t n, const F& filler) {
  if constexpr (kIsPair<F>) {
    return {gather_few(p, n, filler.lo), filler.hi};
  } else {
    return load_few_lanes(p, n, filler);
  }
}
template <class F>
MLE_INLINE void scatter_few(ElementOf<F>* p, const F& a, size_t n) {
  if constexpr (kIsPair<F>) {
    scatter_few(p, a.lo, n);
  } else {
    store_few_lanes(p, a, n);
  }
}
template <class F>
concept HasFew = !Wide<F> && requires(F a, ElementOf<F>* p) {
  store_few_lanes(p, a, size_t{});
};
template <class F>
inline constexpr bool kFew = HasFew<F>;
template <class H>
inline constexpr bool kFew<Pair<H>> = kFew<H>;

// A row in one vector never leaves the registers; the same sums as in softmax_row. Of logarithms
// there is no such shortcut: they are rare, and it would cost size.
template <class F>
MLE_INLINE void softmax_piece(const ElementOf<F>* x, ElementOf<F>* y, size_t n, size_t step) {
  F value;
  if constexpr (kFew<F>) {
    value = n <= 4 && step == 1 ? gather_few<F>(x, n, splat<F>(-kInfinity)) : gather<F>(x, step, n);
  } else {
    value = gather<F>(x, step, n);
  }
  // Beyond four elements there are only zeros to add.
  const ElementOf<F> largest = n <= 4 ? largest_of_four(value) : largest_of_lanes(value);
  const F e = exponential_in_range(value - splat<F>(largest));
  const Finish<F, false> finish(n <= 4 ? sum_of_four(e) : sum_of_lanes(e));
  if constexpr (kFew<F>) {
    if (n <= 4 && step == 1) return scatter_few(y, finish(e), n);
  }
  scatter(y, step, finish(e), n);
}

template <class F, bool kLog, bool kSmall>
MLE_INLINE void softmax_row(const ElementOf<F>* x, ElementOf<F>* y, size_t n, size_t step) {
  F largest = splat<F>(-kInfinity);
  for_each_piece<Count<F>::value>(1, n, [&](size_t, size_t i, size_t count) {
    largest = larger(largest, gather<F>(x + i * step, step, count));
  });
  const F top = splat<F>(largest_of_lanes(largest));
  F lanes = splat<F>(ElementOf<F>{0});
  for_each_piece<Count<F>::value>(1, n, [&](size_t, size_t i, size_t count) {
    const F difference = gather<F>(x + i * step, step, count) - top;
    const F e = exponential_of<kSmall>(difference);
    lanes = lanes + e;
    scatter(y + i * step, step, kLog ? difference : e, count);
  });
  const Finish<F, kLog> finish(sum_of_lanes(lanes));
  for_each_piece<Count<F>::value>(1, n, [&](size_t, size_t i, size_t count) {
    scatter(y + i * step, step, finish(gather<F>(y + i * step, step, count)), count);
  });
}

template <class P, bool kLog>
void softmax(const SoftmaxArgs<typename P::T>& args) {
  using F = typename P::F;
  for (size_t r = 0; r < args.rows; ++r) {
    const typename P::T* x = args.x + r * args.x_stride;
    typename P::T* y = args.y + r * args.y_stride;
    if constexpr (!kLog && !P::kSmall) {
      if (args.n <= Count<F>::value) {
        softmax_piece<F>(x, y, args.n, args.step);
        continue;
      }
    }
    softmax_row<F, kLog, P::kSmall>(x, y, args.n, args.step);
  }
}

}  // namespace
}  // namespace mle::kernels
