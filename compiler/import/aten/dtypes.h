// PyTorch's numbers of element types, as its serialised graphs have them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/dtype.h>

#include <cstdint>
#include <optional>
#include <string>

namespace mle::compiler::aten {

// By the number of c10::ScalarType; nothing for types without a home here.
inline std::optional<DType> stored_as(int64_t scalar_type) {
  switch (scalar_type) {
    case 0: return DType::U8;
    case 1: return DType::I8;
    case 2: return DType::I16;
    case 3: return DType::I32;
    case 4: return DType::I64;
    case 5: return DType::F16;
    case 6: return DType::F32;
    case 7: return DType::F64;
    case 11: return DType::Bool;
    case 15: return DType::BF16;
    case 27: return DType::U16;
    case 28: return DType::U32;
    case 29: return DType::U64;
    default: return std::nullopt;
  }
}

// What it computes in here: the 16-bit floats widen to f32.
inline std::optional<DType> computed_as(int64_t scalar_type) {
  const std::optional<DType> dtype = stored_as(scalar_type);
  if (dtype == DType::F16 || dtype == DType::BF16) return DType::F32;
  return dtype;
}

inline std::string type_text(int64_t scalar_type) {
  return "element type " + std::to_string(scalar_type);
}

// TensorProto.DataType of ONNX.
inline int64_t onnx_number(DType dtype) {
  switch (dtype) {
    case DType::F32: return 1;
    case DType::U8: return 2;
    case DType::I8: return 3;
    case DType::U16: return 4;
    case DType::I16: return 5;
    case DType::I32: return 6;
    case DType::I64: return 7;
    case DType::Bool: return 9;
    case DType::F16: return 10;
    case DType::F64: return 11;
    case DType::U32: return 12;
    case DType::U64: return 13;
    case DType::BF16: return 16;
    case DType::Str: break;
  }
  return 8;
}

}  // namespace mle::compiler::aten
