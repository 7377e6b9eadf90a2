// Floating-point types of eight bits, which safetensors files hold and this machine does not.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace mle::compiler::safetensors {

// One sign bit, then the exponent, then the fraction.
struct SmallFloat {
  std::string_view name;
  int exponent_bits, bias;
  enum class Special : uint8_t {
    Ieee,          // the last exponent means infinity and NaN
    AllOnesIsNan,  // and nothing else; no infinity
    MinusZeroIsNan
  } special;
};

// Null where the name is none of theirs.
const SmallFloat* find_small_float(std::string_view name);

std::vector<float> to_floats(const SmallFloat& type, std::span<const std::byte> bytes);

}  // namespace mle::compiler::safetensors
