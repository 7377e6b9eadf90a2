// DType: the element types a tensor can have. Includes nothing with code in it, so that kernels may
// use it too.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace mle {

// The numbers are those of the file format and of <mle/c.h>; they never change.
enum class DType : uint8_t {
  F32 = 1,
  F64 = 2,
  F16 = 3,
  BF16 = 4,
  I8 = 5,
  U8 = 6,
  I16 = 7,
  U16 = 8,
  I32 = 9,
  U32 = 10,
  I64 = 11,
  U64 = 12,
  Bool = 13,
  Str = 14,
};

// Bytes of one element; a Str is a (pointer, length) pair. 0 for a number that is no DType.
constexpr size_t size_of(DType dtype) noexcept {
  switch (dtype) {
    case DType::I8:
    case DType::U8:
    case DType::Bool: return 1;
    case DType::F16:
    case DType::BF16:
    case DType::I16:
    case DType::U16: return 2;
    case DType::F32:
    case DType::I32:
    case DType::U32: return 4;
    case DType::F64:
    case DType::I64:
    case DType::U64: return 8;
    case DType::Str: return 16;
  }
  return 0;
}

// "f32", "i64", "str" …; "?" for a number that is no DType.
constexpr const char* name_of(DType dtype) noexcept {
  switch (dtype) {
    case DType::F32: return "f32";
    case DType::F64: return "f64";
    case DType::F16: return "f16";
    case DType::BF16: return "bf16";
    case DType::I8: return "i8";
    case DType::U8: return "u8";
    case DType::I16: return "i16";
    case DType::U16: return "u16";
    case DType::I32: return "i32";
    case DType::U32: return "u32";
    case DType::I64: return "i64";
    case DType::U64: return "u64";
    case DType::Bool: return "bool";
    case DType::Str: return "str";
  }
  return "?";
}

}  // namespace mle
