// The tables that isa_*.cpp define; which of them exist is decided by MLE_ISAS.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/kernels.h"

namespace mle::kernels {

extern const Table kSse2;
extern const Table kAvx2;
extern const Table kAvx512;
extern const Table kNeon;

// Takes the place of kAvx512's where the processor has VNNI.
void dense_rows_i8_vnni(const I8Layer& layer, const DenseRows<float>& io);
// The same where it has BF16; with other bits.
void dense_rows_bf16_products(const Bf16Layer& layer, const Bf16Rows& io);

}  // namespace mle::kernels
