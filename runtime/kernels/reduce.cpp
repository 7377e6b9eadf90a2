// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/reduce.h"

#include "runtime/kernels/plain_lanes.h"

#include <cstdint>
#include <limits>
#include <type_traits>

namespace mle::kernels {
namespace {

using format::kLanes;
using format::ReduceFn;

// Axes that may lie around the last one reduced: kMaxRank with axes of another kind between them.
constexpr size_t kMaxOuter = 4;

template <class T>
inline constexpr bool kIsFloat = std::is_floating_point_v<T>;

// What a function does with one more value: V is an element or sixteen.
template <ReduceFn kFn, class V>
[[gnu::always_inline]] inline void add(V& sum, const V& value) noexcept {
  if constexpr (kFn == ReduceFn::Sum || kFn == ReduceFn::Mean) sum = sum + value;
  if constexpr (kFn == ReduceFn::SumSquare) sum = sum + value * value;
  if constexpr (kFn == ReduceFn::Prod) sum = sum * value;
  // A NaN stays, whichever side it is on.
  if constexpr (kFn == ReduceFn::Max) sum = ((sum < value) | (value != value)) ? value : sum;
  if constexpr (kFn == ReduceFn::Min) sum = ((value < sum) | (value != value)) ? value : sum;
}
// Two sums of other elements.
template <ReduceFn kFn, class V>
[[gnu::always_inline]] inline void join(V& sum, const V& other) noexcept {
  add<kFn == ReduceFn::SumSquare ? ReduceFn::Sum : kFn>(sum, other);
}

// The value that changes nothing.
template <ReduceFn kFn, class T>
constexpr T neutral() noexcept {
  using Limits = std::numeric_limits<T>;
  if (kFn == ReduceFn::Prod) return 1;
  if (kFn == ReduceFn::Max) return kIsFloat<T> ? -Limits::infinity() : Limits::lowest();
  if (kFn == ReduceFn::Min) return kIsFloat<T> ? Limits::infinity() : Limits::max();
  return 0;
}

template <ReduceFn kFn, class T>
T finished(T sum, T divisor) noexcept {
  if constexpr (kFn == ReduceFn::Mean) return sum / divisor;
  return sum;
}

// Calls f with where each run along the last axis reduced begins.
template <class T, class Function>
[[gnu::always_inline]] inline void for_each_run(const ReduceArgs<T>& args, const T* x,
                                                const Function& f) noexcept {
  size_t at[kMaxOuter] = {};
  for (size_t axis = 0;;) {
    f(x);
    for (axis = args.outer_count; axis-- > 0;) {
      x += args.outer[axis].stride;
      if (++at[axis] < args.outer[axis].count) break;
      x -= args.outer[axis].stride * args.outer[axis].count;
      at[axis] = 0;
    }
    if (axis >= args.outer_count) return;
  }
}

// One result: the lanes run along the elements.
template <ReduceFn kFn, class T>
T reduce_line(const ReduceArgs<T>& args, const T* from) noexcept {
  PlainLanes<T> lanes, value;
  fill<T>(lanes, neutral<kFn, T>());
  for_each_run(args, from, [&](const T* x) noexcept {
    size_t i = 0;
    for (; i + kLanes <= args.n; i += kLanes) {
      load<T>(value, x + i);
      add<kFn>(lanes, value);
    }
    if (i == args.n) return;
    load_part<T>(value, x + i, args.n - i, neutral<kFn, T>());
    add<kFn>(lanes, value);
  });
  T sums[kLanes];
  store<T>(sums, lanes, kLanes);
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
    for (size_t i = 0; i < half; ++i) join<kFn>(sums[i], sums[i + half]);
  }
  return finished<kFn>(sums[0], args.divisor);
}

// Up to sixteen results that lie beside each other: as many lanes for each of them.
template <ReduceFn kFn, class T>
void reduce_columns(const ReduceArgs<T>& args, const T* from, T* y, size_t columns) noexcept {
  PlainLanes<T> lanes[kLanes], value;
  for (PlainLanes<T>& lane : lanes) fill<T>(lane, neutral<kFn, T>());
  for_each_run(args, from, [&](const T* x) noexcept {
    for (size_t i = 0; i < args.n; ++i) {
      const T* p = x + i * args.step;
      if (columns == kLanes) {
        load<T>(value, p);
      } else {
        load_part<T>(value, p, columns, neutral<kFn, T>());
      }
      add<kFn>(lanes[i % kLanes], value);
    }
  });
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
    // Lanes beyond n are neutral.
    for (size_t i = 0; i < half && i + half < args.n; ++i) join<kFn>(lanes[i], lanes[i + half]);
  }
  T sums[kLanes];
  store<T>(sums, lanes[0], kLanes);
  for (size_t i = 0; i < columns; ++i) y[i] = finished<kFn>(sums[i], args.divisor);
}

template <ReduceFn kFn, class T>
void reduce(const ReduceArgs<T>& args) {
  for (size_t r = 0; r < args.rows; ++r) {
    const T* x = args.x + r * args.x_stride;
    T* y = args.y + r * args.y_stride;
    if (args.step == 1) {
      *y = reduce_line<kFn>(args, x);
      continue;
    }
    for (size_t i = 0; i < args.step; i += kLanes) {
      const size_t left = args.step - i;
      reduce_columns<kFn>(args, x + i, y + i, left < kLanes ? left : kLanes);
    }
  }
}

// Signed integers wrap as unsigned ones do.
template <ReduceFn kFn, class T>
void reduce_wrapping(const ReduceArgs<T>& args) {
  using U = std::make_unsigned_t<T>;
  reduce<kFn, U>({reinterpret_cast<const U*>(args.x), args.x_stride, reinterpret_cast<U*>(args.y),
                  args.y_stride, args.rows, args.n, args.step, args.outer, args.outer_count, 0});
}

template <ReduceFn kFn, class T>
constexpr ReduceKernel<T> kernel_of() noexcept {
  if constexpr (kIsFloat<T> || kFn == ReduceFn::Max || kFn == ReduceFn::Min) return reduce<kFn, T>;
  if constexpr (!kIsFloat<T> && (kFn == ReduceFn::Sum || kFn == ReduceFn::Prod)) {
    return reduce_wrapping<kFn, T>;
  }
  return nullptr;
}

}  // namespace

template <class T>
ReduceKernel<T> reduce_kernel(ReduceFn fn) noexcept {
  switch (fn) {
    case ReduceFn::Sum: return kernel_of<ReduceFn::Sum, T>();
    case ReduceFn::Mean: return kernel_of<ReduceFn::Mean, T>();
    case ReduceFn::Max: return kernel_of<ReduceFn::Max, T>();
    case ReduceFn::Min: return kernel_of<ReduceFn::Min, T>();
    case ReduceFn::Prod: return kernel_of<ReduceFn::Prod, T>();
    case ReduceFn::SumSquare: return kernel_of<ReduceFn::SumSquare, T>();
  }
  return nullptr;
}

template ReduceKernel<float> reduce_kernel(ReduceFn) noexcept;
template ReduceKernel<double> reduce_kernel(ReduceFn) noexcept;
template ReduceKernel<int32_t> reduce_kernel(ReduceFn) noexcept;
template ReduceKernel<int64_t> reduce_kernel(ReduceFn) noexcept;

}  // namespace mle::kernels
