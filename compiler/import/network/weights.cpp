// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/network/weights.h"

#include "compiler/graph/stored.h"
#include "format/rules.h"

namespace mle::compiler::network {
namespace {

template <class T>
Result<std::vector<T>> read_as(const WeightTensor& tensor) {
  MLE_TRY(check_real(tensor));
  std::vector<T> elements(tensor.bytes.size() / size_of(tensor.dtype));
  with_load(tensor.dtype, tensor.bytes.data(), [&](auto load) {
    for (size_t i = 0; i < elements.size(); ++i) elements[i] = static_cast<T>(load(i));
  });
  return elements;
}

}  // namespace

Status check_real(const WeightTensor& tensor) {
  if (!tensor.other_type.empty())
    return Status::make(Code::Unsupported, format::rule::C207_UnsupportedType, Status::kNoOffset,
                        "weights of type " + tensor.other_type,
                        "undo the quantisation: save the weights as F32, F16 or BF16");
  switch (tensor.dtype) {
    case DType::F32:
    case DType::F64:
    case DType::F16:
    case DType::BF16: return {};
    default:
      return error(Code::Unsupported, format::rule::C207_UnsupportedType, Status::kNoOffset,
                   "save the weights as floating-point numbers", "weights of type %s",
                   name_of(tensor.dtype));
  }
}

Result<std::vector<double>> read_doubles(const WeightTensor& tensor) {
  return read_as<double>(tensor);
}
Result<std::vector<float>> read_floats(const WeightTensor& tensor) {
  return read_as<float>(tensor);
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
