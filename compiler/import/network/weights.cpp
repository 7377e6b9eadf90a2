// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/network/weights.h"

#include "compiler/import/half.h"
#include "format/rules.h"

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

}  // namespace

Result<std::vector<float>> read_floats(const WeightTensor& tensor) {
  switch (tensor.dtype) {
    case DType::F32: return convert<float>(tensor, [](float x) { return x; });
    case DType::F64: return convert<double>(tensor, [](double x) { return static_cast<float>(x); });
    case DType::F16: return convert<uint16_t>(tensor, from_f16);
    case DType::BF16: return convert<uint16_t>(tensor, from_bf16);
    default:
      return error(Code::Unsupported, format::rule::C207_UnsupportedType, Status::kNoOffset,
                   "save the weights as floating-point numbers", "weights of type %s",
                   name_of(tensor.dtype));
  }
}

std::string list_of(const Weights& weights) {
  constexpr size_t kShown = 6;
  std::string text;
  size_t count = 0;
  for (const auto& [name, tensor] : weights) {
    if (++count <= kShown) text += (text.empty() ? "'" : ", '") + name.substr(0, 80) + "'";
  }
  if (count > kShown) text += " and " + std::to_string(count - kShown) + " more";
  return text.empty() ? "none" : text;
}

}  // namespace mle::compiler::network
