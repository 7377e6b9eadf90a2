// What AVX-512 with VNNI does better than the table of AVX-512, with the same bits.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/dense_i8-inl.h"
#include "runtime/kernels/dot_x86-inl.h"
#include "runtime/kernels/tables.h"

namespace mle::kernels {

void dense_rows_i8_vnni(const I8Layer& layer, const DenseRows<float>& io) {
  i8_dense<DotVnni>(layer, io);
}

}  // namespace mle::kernels
