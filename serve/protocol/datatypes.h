// Data types by the names of the Open Inference Protocol: "FP32", "INT64", "BYTES" for strings.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/dtype.h>

#include <optional>
#include <string_view>

namespace mle::serve {

constexpr std::string_view protocol_name(DType dtype) noexcept {
  switch (dtype) {
    case DType::F32: return "FP32";
    case DType::F64: return "FP64";
    case DType::F16: return "FP16";
    case DType::BF16: return "BF16";
    case DType::I8: return "INT8";
    case DType::U8: return "UINT8";
    case DType::I16: return "INT16";
    case DType::U16: return "UINT16";
    case DType::I32: return "INT32";
    case DType::U32: return "UINT32";
    case DType::I64: return "INT64";
    case DType::U64: return "UINT64";
    case DType::Bool: return "BOOL";
    case DType::Str: return "BYTES";
  }
  return "";
}

constexpr std::optional<DType> dtype_of(std::string_view name) noexcept {
  for (int number = 1; number <= 14; ++number)
    if (const auto dtype = static_cast<DType>(number); protocol_name(dtype) == name) return dtype;
  return std::nullopt;
}

}  // namespace mle::serve
