// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/select_along.h"

#include <type_traits>

namespace mle::kernels {
namespace {

template <class T>
T sum(T a, T b) noexcept {
  if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<U>(a) + static_cast<U>(b));
  } else {
    return a + b;
  }
}

// The k best so far as a heap in y, the worst of them on top.
template <class T>
class Heap {
 public:
  explicit Heap(const TopKArgs<T>& args) noexcept : args_(args) {}

  // Whether element i comes before element j in the answer.
  bool before(int64_t i, int64_t j) const noexcept {
    const T a = value(i), b = value(j);
    const bool a_is_nan = !(a == a), b_is_nan = !(b == b);
    if (a_is_nan != b_is_nan) return a_is_nan == args_.largest;
    if (a_is_nan || a == b) return i < j;
    return args_.largest ? b < a : a < b;
  }
  int64_t& at(size_t i) const noexcept { return args_.y[i * args_.step]; }

  // Puts `index` at `place` or deeper, so that nobody lies below one who comes before him.
  void sink(int64_t index, size_t place, size_t size) const noexcept {
    for (;;) {
      size_t child = 2 * place + 1;
      if (child >= size) break;
      if (child + 1 < size && before(at(child), at(child + 1))) ++child;
      if (!before(index, at(child))) break;
      at(place) = at(child);
      place = child;
    }
    at(place) = index;
  }

 private:
  T value(int64_t i) const noexcept { return args_.x[static_cast<size_t>(i) * args_.step]; }

  const TopKArgs<T>& args_;
};

}  // namespace

template <class T>
void cumsum(const CumSumArgs<T>& args) {
  T total = 0;
  for (size_t i = 0; i < args.n; ++i) {
    const size_t at = (args.reverse ? args.n - 1 - i : i) * args.step;
    const T next = sum(total, args.x[at]);
    args.y[at] = args.exclusive ? total : next;
    total = next;
  }
}

template <class T>
void topk(const TopKArgs<T>& args) {
  const Heap<T> heap(args);
  for (size_t i = 0; i < args.k; ++i) heap.at(i) = static_cast<int64_t>(i);
  for (size_t i = args.k / 2; i-- > 0;) heap.sink(heap.at(i), i, args.k);
  for (size_t i = args.k; i < args.n; ++i) {
    const auto index = static_cast<int64_t>(i);
    if (heap.before(index, heap.at(0))) heap.sink(index, 0, args.k);
  }
  for (size_t left = args.k; left-- > 1;) {  // the worst goes to the end
    const int64_t worst = heap.at(0);
    const int64_t last = heap.at(left);
    heap.sink(last, 0, left);
    heap.at(left) = worst;
  }
}

template void cumsum(const CumSumArgs<float>& args);
template void cumsum(const CumSumArgs<double>& args);
template void cumsum(const CumSumArgs<int32_t>& args);
template void cumsum(const CumSumArgs<int64_t>& args);
template void topk(const TopKArgs<float>& args);
template void topk(const TopKArgs<double>& args);
template void topk(const TopKArgs<int32_t>& args);
template void topk(const TopKArgs<int64_t>& args);

}  // namespace mle::kernels
