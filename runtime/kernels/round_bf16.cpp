// In integers, for the compiler to vectorise.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/round_bf16.h"

#include <bit>

namespace mle::kernels {

void round_to_bf16(const float* x, uint16_t* y, size_t n) noexcept {
  for (size_t i = 0; i < n; ++i) {
    const auto bits = std::bit_cast<uint32_t>(x[i]);
    const uint32_t rounded = bits + 0x7FFF + (bits >> 16 & 1);
    const bool is_nan = static_cast<int32_t>(bits & 0x7FFFFFFF) > 0x7F800000;
    y[i] = static_cast<uint16_t>((is_nan ? 0x7FC00000 : rounded) >> 16);
  }
}

}  // namespace mle::kernels
