// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/reduce.h"

#include "format/layout.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

namespace mle::kernels {
namespace {

using format::kLanes;
using format::ReduceFn;

// Axes that may lie around the last one reduced: kMaxRank with axes of another kind between them.
constexpr size_t kMaxOuter = 4;

template <class T>
inline constexpr bool kIsFloat = std::is_floating_point_v<T>;

// A register of any machine. Compared sixteen at once, elements would be compared one by one.
template <class T>
struct RegisterOf {
  typedef T Type [[gnu::vector_size(16), gnu::may_alias]];
};

// What a function does with one more value: V are a few elements.
template <ReduceFn kFn, class V>
[[gnu::always_inline]] inline V added(const V& sum, const V& value) noexcept {
  if constexpr (kFn == ReduceFn::Sum) return sum + value;
  if constexpr (kFn == ReduceFn::SumSquare) return sum + value * value;
  if constexpr (kFn == ReduceFn::Prod) return sum * value;
  // A NaN stays, whichever side it is on.
  if constexpr (kFn == ReduceFn::Max) return ((sum < value) | (value != value)) ? value : sum;
  if constexpr (kFn == ReduceFn::Min) return ((value < sum) | (value != value)) ? value : sum;
}

// Sixteen sums, a value added to each.
template <class T>
class Sums {
 public:
  [[gnu::always_inline]] explicit Sums(const T* from) noexcept {
    std::memcpy(lanes_, from, sizeof lanes_);
  }
  [[gnu::always_inline]] void store(T* to) const noexcept {
    std::memcpy(to, lanes_, sizeof lanes_);
  }
  template <ReduceFn kFn>
  [[gnu::always_inline]] void add(const T* x) noexcept {
    [&]<size_t... i>(std::index_sequence<i...>) __attribute__((always_inline)) {
      (add_register<kFn>(lanes_[i], x + i * kIn), ...);
    }
    (std::make_index_sequence<kLanes / kIn>());
  }

 private:
  using Register = typename RegisterOf<T>::Type;
  static constexpr size_t kIn = sizeof(Register) / sizeof(T);
  template <ReduceFn kFn>
  [[gnu::always_inline]] static void add_register(Register& sum, const T* x) noexcept {
    Register value;
    std::memcpy(&value, x, sizeof value);
    sum = added<kFn>(sum, value);
  }
  Register lanes_[kLanes / kIn];
};

// Sixteen sums take x[0], x[16], x[32] … and so on.
template <ReduceFn kFn, class T>
void add_along(T* to, const T* x, size_t pieces) noexcept {
  Sums<T> sums(to);
  for (size_t i = 0; i < pieces; ++i) sums.template add<kFn>(x + i * kLanes);
  sums.store(to);
}

// Sixteen times sixteen: those of lane i take what begins at x + i * step, x + (i + 16) * step …
template <ReduceFn kFn, class T>
void add_across(T* to, const T* x, size_t n, size_t step) noexcept {
  for (size_t i = 0; i < n; ++i) {
    T* at = to + i % kLanes * kLanes;
    Sums<T> sums(at);
    sums.template add<kFn>(x + i * step);
    sums.store(at);
  }
}

// What differs from function to function; the loops around it are there once for an element type.
template <class T>
struct Adding {
  void (*along)(T* sums, const T* x, size_t pieces) noexcept;
  void (*across)(T* sums, const T* x, size_t n, size_t step) noexcept;
  void (*join)(T* sums, const T* others, size_t pieces) noexcept;
  T neutral;  // changes nothing
};

template <ReduceFn kFn, class T>
constexpr T neutral() noexcept {
  using Limits = std::numeric_limits<T>;
  if (kFn == ReduceFn::Prod) return 1;
  if (kFn == ReduceFn::Max) return kIsFloat<T> ? -Limits::infinity() : Limits::lowest();
  if (kFn == ReduceFn::Min) return kIsFloat<T> ? Limits::infinity() : Limits::max();
  return 0;
}

template <ReduceFn kFn, class T>
constexpr Adding<T> kAdding = {add_along<kFn, T>, add_across<kFn, T>,
                               add_along<kFn == ReduceFn::SumSquare ? ReduceFn::Sum : kFn, T>,
                               neutral<kFn, T>()};

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
template <class T>
T reduce_line(const ReduceArgs<T>& args, const Adding<T>& adding, const T* from) noexcept {
  T sums[kLanes], others[kLanes];
  std::fill_n(sums, kLanes, adding.neutral);
  std::fill_n(others, kLanes, adding.neutral);
  const size_t pieces = args.n / kLanes, rest = args.n % kLanes;
  for_each_run(args, from, [&](const T* x) noexcept {
    adding.along(sums, x, pieces);
    if (rest == 0) return;
    std::memcpy(others, x + pieces * kLanes, rest * sizeof(T));
    adding.along(sums, others, 1);
  });
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
    std::memcpy(others, sums + half, half * sizeof(T));
    adding.join(sums, others, 1);
  }
  return sums[0];
}

// Up to sixteen results that lie beside each other: as many lanes for each of them.
template <class T>
void reduce_columns(const ReduceArgs<T>& args, const Adding<T>& adding, const T* from, T* y,
                    size_t columns) noexcept {
  T sums[kLanes * kLanes], piece[kLanes];
  std::fill_n(sums, kLanes * kLanes, adding.neutral);
  std::fill_n(piece, kLanes, adding.neutral);
  for_each_run(args, from, [&](const T* x) noexcept {
    if (columns == kLanes) return adding.across(sums, x, args.n, args.step);
    for (size_t i = 0; i < args.n; ++i) {
      std::memcpy(piece, x + i * args.step, columns * sizeof(T));
      adding.along(sums + i % kLanes * kLanes, piece, 1);
    }
  });
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
    // Lanes beyond n are neutral.
    for (size_t i = 0; i < half && i + half < args.n; ++i) {
      adding.join(sums + i * kLanes, sums + (i + half) * kLanes, 1);
    }
  }
  std::memcpy(y, sums, columns * sizeof(T));
}

template <class T>
void reduce(const ReduceArgs<T>& args, const Adding<T>& adding) noexcept {
  for (size_t r = 0; r < args.rows; ++r) {
    const T* x = args.x + r * args.x_stride;
    T* y = args.y + r * args.y_stride;
    if (args.step == 1) {
      *y = reduce_line(args, adding, x);
      continue;
    }
    for (size_t i = 0; i < args.step; i += kLanes) {
      const size_t left = args.step - i;
      reduce_columns(args, adding, x + i, y + i, left < kLanes ? left : kLanes);
    }
  }
}

template <ReduceFn kFn, class T>
void reduce_by(const ReduceArgs<T>& args) {
  reduce(args, kAdding<kFn, T>);
}

template <class T>
void reduce_to_mean(const ReduceArgs<T>& args) {
  reduce(args, kAdding<ReduceFn::Sum, T>);
  for (size_t r = 0; r < args.rows; ++r) {
    T* y = args.y + r * args.y_stride;
    for (size_t i = 0; i < args.step; ++i) y[i] /= args.divisor;
  }
}

// Signed integers wrap as unsigned ones do.
template <ReduceFn kFn, class T>
void reduce_wrapping(const ReduceArgs<T>& args) {
  using U = std::make_unsigned_t<T>;
  reduce<U>({reinterpret_cast<const U*>(args.x), args.x_stride, reinterpret_cast<U*>(args.y),
             args.y_stride, args.rows, args.n, args.step, args.outer, args.outer_count, 0},
            kAdding<kFn, U>);
}

template <ReduceFn kFn, class T>
constexpr ReduceKernel<T> kernel_of() noexcept {
  if constexpr (kIsFloat<T> && kFn == ReduceFn::Mean) {
    return reduce_to_mean<T>;
  } else if constexpr (kIsFloat<T> || kFn == ReduceFn::Max || kFn == ReduceFn::Min) {
    return reduce_by<kFn, T>;
  } else if constexpr (kFn == ReduceFn::Sum || kFn == ReduceFn::Prod) {
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
