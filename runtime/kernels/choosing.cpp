// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/choosing.h"

namespace mle::kernels {
namespace {

template <format::CompareFn kFn, class T>
bool compared(T a, T b) noexcept {
  using enum format::CompareFn;
  switch (kFn) {
    case Less: return a < b;
    case LessEqual: return a <= b;
    case Greater: return a > b;
    case GreaterEqual: return a >= b;
    case Equal: return a == b;
    case NotEqual: return a != b;
  }
}

}  // namespace

template <format::CompareFn kFn, class T>
void compare(const CompareArgs<T>& args) {
  for (size_t r = 0; r < args.rows; ++r) {
    const T* a = args.a + r * args.a_stride;
    const T* b = args.b + r * args.b_stride;
    uint8_t* y = args.y + r * args.y_stride;
    for (size_t i = 0; i < args.n; ++i) {
      y[i] = compared<kFn>(a[i * args.a_step], b[i * args.b_step]);
    }
  }
}

template <class T>
void select(const SelectArgs<T>& args) {
  for (size_t r = 0; r < args.rows; ++r) {
    const uint8_t* c = args.c + r * args.c_stride;
    const T* a = args.a + r * args.a_stride;
    const T* b = args.b + r * args.b_stride;
    T* y = args.y + r * args.y_stride;
    for (size_t i = 0; i < args.n; ++i) {
      y[i] = c[i * args.c_step] != 0 ? a[i * args.a_step] : b[i * args.b_step];
    }
  }
}

template <class T>
void argmax(const ArgMaxArgs<T>& args) {
  for (size_t r = 0; r < args.rows; ++r) {
    const T* x = args.x + r * args.x_stride;
    size_t best = 0;
    T largest = x[0];
    for (size_t i = 1; i < args.n; ++i) {
      const T value = x[i * args.step];
      const bool value_is_nan = !(value == value);
      const bool best_is_nan = !(largest == largest);
      const bool equal = value == largest || (value_is_nan && best_is_nan);
      const bool wins = !best_is_nan && (value_is_nan || value > largest);
      if (wins || (args.last && equal)) {
        best = i;
        largest = value;
      }
    }
    args.y[r * args.y_stride] = static_cast<int64_t>(best);
  }
}

#define MLE_COMPARE(fn)                                                    \
  template void compare<format::CompareFn::fn>(const CompareArgs<float>&); \
  template void compare<format::CompareFn::fn>(const CompareArgs<double>&)
MLE_COMPARE(Less);
MLE_COMPARE(LessEqual);
MLE_COMPARE(Greater);
MLE_COMPARE(GreaterEqual);
MLE_COMPARE(Equal);
MLE_COMPARE(NotEqual);
#undef MLE_COMPARE

template void select(const SelectArgs<float>&);
template void select(const SelectArgs<double>&);
template void argmax(const ArgMaxArgs<float>&);
template void argmax(const ArgMaxArgs<double>&);

}  // namespace mle::kernels
