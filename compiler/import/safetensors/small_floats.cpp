// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/safetensors/small_floats.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>

namespace mle::compiler::safetensors {
namespace {

using Special = SmallFloat::Special;

// The first two are those of the Open Compute Project, the others have no negative zero.
constexpr SmallFloat kTypes[] = {{"F8_E4M3", 4, 7, Special::AllOnesIsNan},
                                 {"F8_E5M2", 5, 15, Special::Ieee},
                                 {"F8_E4M3FNUZ", 4, 8, Special::MinusZeroIsNan},
                                 {"F8_E5M2FNUZ", 5, 16, Special::MinusZeroIsNan}};

bool is_nan(const SmallFloat& type, unsigned magnitude, unsigned fraction_bits, bool negative) {
  switch (type.special) {
    case Special::Ieee: return magnitude > ((1u << type.exponent_bits) - 1u) << fraction_bits;
    case Special::AllOnesIsNan: return magnitude == 0x7Fu;
    case Special::MinusZeroIsNan: return negative && magnitude == 0;
  }
  return false;
}

float value_of(const SmallFloat& type, unsigned bits) {
  const auto fraction_bits = static_cast<unsigned>(7 - type.exponent_bits);
  const unsigned magnitude = bits & 0x7Fu, one = 1u << fraction_bits;
  const unsigned exponent = magnitude / one, fraction = magnitude % one;
  const bool negative = (bits & 0x80u) != 0;
  float number = 0;
  if (is_nan(type, magnitude, fraction_bits, negative))
    return std::numeric_limits<float>::quiet_NaN();
  if (type.special == Special::Ieee && exponent == (1u << type.exponent_bits) - 1u)
    number = std::numeric_limits<float>::infinity();
  else
    number = std::ldexp(
        static_cast<float>(fraction + (exponent == 0 ? 0 : one)),
        static_cast<int>(std::max(exponent, 1u)) - type.bias - static_cast<int>(fraction_bits));
  return negative ? -number : number;
}

}  // namespace

const SmallFloat* find_small_float(std::string_view name) {
  const auto found = std::ranges::find(kTypes, name, &SmallFloat::name);
  return found == std::end(kTypes) ? nullptr : &*found;
}

std::vector<float> to_floats(const SmallFloat& type, std::span<const std::byte> bytes) {
  std::array<float, 256> table;
  for (unsigned bits = 0; bits < table.size(); ++bits) table[bits] = value_of(type, bits);
  std::vector<float> floats(bytes.size());
  std::ranges::transform(bytes, floats.begin(),
                         [&](std::byte byte) { return table[std::to_integer<size_t>(byte)]; });
  return floats;
}

}  // namespace mle::compiler::safetensors
