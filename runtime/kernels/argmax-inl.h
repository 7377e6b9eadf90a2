// The index of the largest element; a NaN is larger than all.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/kernels.h"

namespace mle::kernels {
namespace {

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

}  // namespace
}  // namespace mle::kernels
