// The two 16-bit floating formats as floats: exact, every one of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace mle::format {

inline float half_to_float(uint16_t bits) noexcept {
  const int exponent = bits >> 10 & 31;
  const float fraction = static_cast<float>(bits & 1023);
  float size = 0;
  if (exponent == 31)
    size = (bits & 1023) != 0 ? std::nanf("") : INFINITY;
  else
    size = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  return (bits & 0x8000) != 0 ? -size : size;
}

inline float bfloat_to_float(uint16_t bits) noexcept {
  return std::bit_cast<float>(uint32_t{bits} << 16);
}

}  // namespace mle::format
