// The product of two computed matrices.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace mle::kernels {

// y[i][j] = the sum over l of a[i][l] b[l][j], all row-major without gaps: one chain along l that
// begins at 0, of fused multiply-adds for floats; integers wrap.
template <class T>
struct MatMulArgs {
  const T* a;
  const T* b;
  T* y;
  size_t m, k, n;
};

// int32_t and int64_t; those of floats are in the table of an instruction set.
template <class T>
void integer_matmul(const MatMulArgs<T>& args);

}  // namespace mle::kernels
