// f16 and bf16 to f32 and back, in plain integers: no instruction set is asked for, the bits are
// the same everywhere. Rounding is to nearest even; NaN becomes the canonical quiet NaN.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

namespace mle::steps {

struct F16 {
  uint16_t bits;
};
struct BF16 {
  uint16_t bits;
};

constexpr float to_f32(BF16 x) noexcept { return std::bit_cast<float>(uint32_t{x.bits} << 16); }

constexpr float to_f32(F16 x) noexcept {
  const uint32_t sign = static_cast<uint32_t>(x.bits & 0x8000) << 16;
  const uint32_t rest = x.bits & 0x7FFF;
  if (rest >= 0x7C00) return std::bit_cast<float>(sign | 0x7F800000 | (rest & 0x3FF) << 13);
  if (rest >= 0x0400) return std::bit_cast<float>(sign | ((rest << 13) + 0x38000000));
  const float magnitude = static_cast<float>(rest) * 0x1p-24f;  // exact: denormals of f16
  return sign != 0 ? -magnitude : magnitude;
}

// Rounds off the lower `shift` bits, ties to even.
constexpr uint32_t rounded_off(uint32_t bits, int shift) noexcept {
  const uint32_t half = (uint32_t{1} << (shift - 1)) - 1;
  return (bits + half + (bits >> shift & 1)) >> shift;
}

constexpr BF16 to_bf16(float x) noexcept {
  if (x != x) return {0x7FC0};
  return {static_cast<uint16_t>(rounded_off(std::bit_cast<uint32_t>(x), 16))};
}

constexpr F16 to_f16(float x) noexcept {
  if (x != x) return {0x7E00};
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  const uint32_t magnitude = bits & 0x7FFFFFFF;
  if (magnitude >= 0x477FF000) return {static_cast<uint16_t>(sign | 0x7C00)};  // 65520 and more
  if (magnitude >= 0x38800000) {                                               // 2^-14: normal
    return {static_cast<uint16_t>(sign | rounded_off(magnitude - 0x38000000, 13))};
  }
  if (magnitude < 0x33000000) return {sign};  // below half of the smallest
  const int shift = 126 - static_cast<int>(magnitude >> 23);
  return {static_cast<uint16_t>(sign | rounded_off((magnitude & 0x7FFFFF) | 0x800000, shift))};
}

}  // namespace mle::steps
