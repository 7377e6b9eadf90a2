// In which dtypes the element-wise kinds compute: one answer for importers, checks and kernels.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/dtype.h>

#include "format/op_kinds.h"

#include <cstdint>

namespace mle::format {

// One bit per DType.
using DTypeSet = uint32_t;

constexpr DTypeSet set_of(DType dtype) noexcept { return DTypeSet{1} << static_cast<int>(dtype); }
constexpr bool contains(DTypeSet set, DType dtype) noexcept { return (set & set_of(dtype)) != 0; }

inline constexpr DTypeSet kComputedFloats = set_of(DType::F32) | set_of(DType::F64);
inline constexpr DTypeSet kSignedIntegers =
    set_of(DType::I8) | set_of(DType::I16) | set_of(DType::I32) | set_of(DType::I64);
inline constexpr DTypeSet kUnsignedIntegers =
    set_of(DType::U8) | set_of(DType::U16) | set_of(DType::U32) | set_of(DType::U64);
inline constexpr DTypeSet kIntegers = kSignedIntegers | kUnsignedIntegers;
inline constexpr DTypeSet kBools = set_of(DType::Bool);
inline constexpr DTypeSet kStrings = set_of(DType::Str);
// What a Cast reads and writes.
inline constexpr DTypeSet kNumbers =
    kComputedFloats | set_of(DType::F16) | set_of(DType::BF16) | kIntegers | kBools;

constexpr bool is_integer(DType dtype) noexcept { return contains(kIntegers, dtype); }

// All operands and the output have one dtype of these.
constexpr DTypeSet dtypes_of(Act act) noexcept {
  const bool of_integers =
      act == Act::None || act == Act::Neg || act == Act::Abs || act == Act::Sign;
  return of_integers ? kComputedFloats | kIntegers : kComputedFloats;
}

constexpr DTypeSet dtypes_of(BinaryFn fn) noexcept {
  switch (fn) {
    case BinaryFn::Add:
    case BinaryFn::Sub:
    case BinaryFn::Mul:
    case BinaryFn::Div:
    case BinaryFn::Min:
    case BinaryFn::Max:
    case BinaryFn::Pow: return kComputedFloats | kIntegers;
    case BinaryFn::PRelu: return kComputedFloats;
    case BinaryFn::And:
    case BinaryFn::Or:
    case BinaryFn::Xor: return kIntegers | kBools;
    case BinaryFn::Mod: return kIntegers;
    case BinaryFn::Fmod: return kComputedFloats | kIntegers;
    case BinaryFn::ShiftLeft:
    case BinaryFn::ShiftRight: return kIntegers;
  }
  return 0;
}

// Both operands have one dtype of these; the output is Bool. Strings compare by their bytes; a
// missing one is equal to a missing one and comes before all others.
constexpr DTypeSet dtypes_of(CompareFn) noexcept {
  return kComputedFloats | kIntegers | kBools | kStrings;
}

}  // namespace mle::format
