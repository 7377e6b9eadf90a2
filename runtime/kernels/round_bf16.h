// f32 rounded to bf16: to nearest even, denormals kept, any NaN the canonical one. The same on
// every machine and in every mode.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace mle::kernels {

void round_to_bf16(const float* x, uint16_t* y, size_t n) noexcept;

}  // namespace mle::kernels
