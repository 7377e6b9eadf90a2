// Normalising rows: (x - mean) / sqrt(variance + eps), or x / sqrt(mean of squares + eps). Mean and
// variance are sums in the order of reduce.h, the variance of what is left after the mean is taken
// off. Compiled once, the same bits on every machine.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace mle::kernels {

// y[r][i] = (x[r][i] - mean) * (1 / sqrt(variance + eps)) * scale[i] + bias[i]; y may be x.
template <class T>
struct LayerNormArgs {
  const T* x;
  size_t x_stride;
  T* y;
  size_t y_stride;
  size_t rows, n;
  const T* scale;  // n elements, or null: 1
  const T* bias;   // n elements, or null: 0
  T eps;
  bool centred;  // false: the mean counts as 0
};

// float and double.
template <class T>
void layer_norm(const LayerNormArgs<T>& args);

}  // namespace mle::kernels
