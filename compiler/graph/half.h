// The two 16-bit floating formats of weights, as floats.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace mle::compiler {

inline float from_bf16(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

// The bits moved to the places a float has them say the number times 2^-112, subnormal ones too.
inline float from_f16(uint16_t bits) {
  const uint32_t magnitude = uint32_t{bits} & 0x7FFFu;
  float number = std::bit_cast<float>(magnitude << 13) * 0x1p112f;
  if (magnitude >= 0x7C00u)
    number = magnitude == 0x7C00u ? std::numeric_limits<float>::infinity()
                                  : std::numeric_limits<float>::quiet_NaN();
  return (bits & 0x8000) != 0 ? -number : number;
}

}  // namespace mle::compiler
