// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/network/constant.h"

#include "format/limits.h"
#include "format/rules.h"

#include <utility>

namespace mle::compiler::network {

using enum format::rule::Rule;

Result<std::string> add_constant(onnx::Composer& composer, const std::string& name,
                                 const WeightTensor& tensor) {
  Dims dims;
  bool fits = tensor.shape.size() <= format::kMaxRank;
  for (const uint64_t length : tensor.shape) {
    fits = fits && length <= format::kMaxDim;
    if (fits) dims.push_back(static_cast<uint32_t>(length));
  }
  if (!fits)
    return Status::make(Code::Unsupported, C216_LimitReached, Status::kNoOffset,
                        "tensor '" + name.substr(0, 80) +
                            "' has more axes or longer ones than mle "
                            "holds",
                        "");
  if (tensor.dtype == DType::F16 || tensor.dtype == DType::BF16) {
    MLE_TRY_ASSIGN(std::vector<float> floats, read_floats(tensor));
    return composer.constant(name, DType::F32, std::move(dims),
                             Constant::from_f32(std::move(floats)));
  }
  const bool aligned =
      reinterpret_cast<uintptr_t>(tensor.bytes.data()) % size_of(tensor.dtype) == 0;
  Constant elements = aligned ? Constant{tensor.owner, tensor.bytes}
                              : Constant::from_bytes({tensor.bytes.begin(), tensor.bytes.end()});
  return composer.constant(name, tensor.dtype, std::move(dims), std::move(elements));
}

}  // namespace mle::compiler::network
