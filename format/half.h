// The two 16-bit floating formats: as floats, exact, every one of them; and from numbers, rounded
// once, to nearest, ties to even.
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

inline uint16_t float_to_half(double value) noexcept {
  const auto sign = static_cast<uint16_t>(std::signbit(value) ? 0x8000 : 0);
  const double size = std::fabs(value);
  if (std::isnan(value)) return 0x7E00;
  if (size >= 65520) return static_cast<uint16_t>(sign | 0x7C00);  // rounds to infinity
  // Halves below 2^-14 lie 2^-24 apart, those of [2^e, 2^(e+1)) lie 2^(e-10) apart. A fraction that
  // rounds up to 2048 carries into the exponent by itself.
  const int exponent = size < 0x1p-14 ? -14 : std::ilogb(size);
  const auto units = static_cast<int>(std::nearbyint(std::ldexp(size, 10 - exponent)));
  return static_cast<uint16_t>(sign | ((exponent + 14) * 1024 + units));
}

inline uint16_t float_to_bfloat(double value) noexcept {
  if (std::isnan(value)) return 0x7FC0;
  // Rounded to odd first, a second rounding is that of the number itself.
  const auto near = static_cast<float>(value);
  auto bits = std::bit_cast<uint32_t>(near);
  if (std::isfinite(near) && double{near} != value)
    bits = (std::fabs(double{near}) > std::fabs(value) ? bits - 1 : bits) | 1;
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

}  // namespace mle::format
