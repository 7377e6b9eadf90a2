// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/network/weights.h"

#include "format/rules.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace mle::compiler::network {
namespace {

template <class T, class ToFloat>
std::vector<float> convert(const WeightTensor& tensor, ToFloat to_float) {
  std::vector<float> floats(tensor.bytes.size() / sizeof(T));
  for (size_t i = 0; i < floats.size(); ++i) {
    T element;
    std::memcpy(&element, tensor.bytes.data() + i * sizeof(T), sizeof(T));
    floats[i] = to_float(element);
  }
  return floats;
}

float from_half(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = half >> 10 & 0x1Fu, mantissa = half & 0x3FFu;
  if (exponent == 0) {
    const float value = std::ldexp(static_cast<float>(mantissa), -24);
    return sign != 0 ? -value : value;
  }
  return std::bit_cast<float>(sign | (exponent == 31 ? 255 : exponent + 112) << 23 |
                              mantissa << 13);
}

}  // namespace

Result<std::vector<float>> read_floats(const WeightTensor& tensor) {
  switch (tensor.dtype) {
    case DType::F32: return convert<float>(tensor, [](float x) { return x; });
    case DType::F64: return convert<double>(tensor, [](double x) { return static_cast<float>(x); });
    case DType::F16: return convert<uint16_t>(tensor, from_half);
    case DType::BF16:
      return convert<uint16_t>(tensor,
                               [](uint16_t x) { return std::bit_cast<float>(uint32_t{x} << 16); });
    default:
      return error(Code::Unsupported, format::rule::C207_UnsupportedType, Status::kNoOffset,
                   "save the weights as floating-point numbers", "weights of type %s",
                   name_of(tensor.dtype));
  }
}

}  // namespace mle::compiler::network
