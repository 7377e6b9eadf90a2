// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/matmul.h"

#include <cstdint>
#include <type_traits>

namespace mle::kernels {

template <class T>
void integer_matmul(const MatMulArgs<T>& args) {
  using U = std::make_unsigned_t<T>;
  for (size_t i = 0; i < args.m; ++i) {
    U* y = reinterpret_cast<U*>(args.y) + i * args.n;
    for (size_t j = 0; j < args.n; ++j) y[j] = 0;
    for (size_t l = 0; l < args.k; ++l) {
      const U left = static_cast<U>(args.a[i * args.k + l]);
      const U* b = reinterpret_cast<const U*>(args.b) + l * args.n;
      for (size_t j = 0; j < args.n; ++j) y[j] += left * b[j];
    }
  }
}

template void integer_matmul(const MatMulArgs<int32_t>& args);
template void integer_matmul(const MatMulArgs<int64_t>& args);

}  // namespace mle::kernels
