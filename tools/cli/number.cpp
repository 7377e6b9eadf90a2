// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/number.h"

#include "tools/cli/half.h"
#include "tools/cli/text.h"

#include <cmath>
#include <type_traits>
#include <utility>

namespace mle::tools {

std::string Number::text() const {
  if (kind == Kind::Signed) return std::to_string(whole);
  if (kind == Kind::Unsigned) return std::to_string(natural);
  std::string out;
  append_number(out, real);
  return out;
}

template <class To>
bool store(const Number& from, To& to) {
  if constexpr (std::is_same_v<To, Half> || std::is_same_v<To, Bfloat>) {
    constexpr bool is_half = std::is_same_v<To, Half>;
    float wide = 0;
    if (!store(from, wide)) return false;
    const double value = from.kind == Number::Kind::Real ? from.real : double{wide};
    to.bits = is_half ? float_to_half(value) : float_to_bfloat(value);
    const float back = is_half ? half_to_float(to.bits) : bfloat_to_float(to.bits);
    return from.kind == Number::Kind::Real || back == wide;
  } else if constexpr (std::is_floating_point_v<To>) {
    if (from.kind == Number::Kind::Real) {
      to = static_cast<To>(from.real);
      return true;
    }
    const bool is_signed = from.kind == Number::Kind::Signed;
    to = is_signed ? static_cast<To>(from.whole) : static_cast<To>(from.natural);
    // Back again: 2^63 and 2^64 themselves do not fit the integer types.
    if (is_signed) return to < To{0x1p63} && static_cast<int64_t>(to) == from.whole;
    return to < To{0x1p64} && static_cast<uint64_t>(to) == from.natural;
  } else if constexpr (std::is_same_v<To, bool>) {
    uint8_t bit = 0;
    if (!store(from, bit) || bit > 1) return false;
    to = bit == 1;
    return true;
  } else {
    if (from.kind == Number::Kind::Real) {
      if (!(from.real >= -0x1p63 && from.real < 0x1p64) || from.real != std::floor(from.real))
        return false;
      if (from.real < 0) return store(Number::of(static_cast<int64_t>(from.real)), to);
      return store(Number::of(static_cast<uint64_t>(from.real)), to);
    }
    to = from.kind == Number::Kind::Signed ? static_cast<To>(from.whole)
                                           : static_cast<To>(from.natural);
    return from.kind == Number::Kind::Signed ? std::in_range<To>(from.whole)
                                             : std::in_range<To>(from.natural);
  }
}

bool store(const Number& from, DType dtype, void* to) {
  switch (dtype) {
    case DType::F32: return store(from, *static_cast<float*>(to));
    case DType::F64: return store(from, *static_cast<double*>(to));
    case DType::F16: return store(from, *static_cast<Half*>(to));
    case DType::Bool: return store(from, *static_cast<bool*>(to));
    case DType::I8: return store(from, *static_cast<int8_t*>(to));
    case DType::U8: return store(from, *static_cast<uint8_t*>(to));
    case DType::I16: return store(from, *static_cast<int16_t*>(to));
    case DType::U16: return store(from, *static_cast<uint16_t*>(to));
    case DType::I32: return store(from, *static_cast<int32_t*>(to));
    case DType::U32: return store(from, *static_cast<uint32_t*>(to));
    case DType::I64: return store(from, *static_cast<int64_t*>(to));
    case DType::U64: return store(from, *static_cast<uint64_t*>(to));
    case DType::BF16: return store(from, *static_cast<Bfloat*>(to));
    case DType::Str: break;
  }
  return false;
}

template bool store(const Number&, float&);
template bool store(const Number&, double&);
template bool store(const Number&, Half&);
template bool store(const Number&, Bfloat&);
template bool store(const Number&, bool&);
template bool store(const Number&, int8_t&);
template bool store(const Number&, uint8_t&);
template bool store(const Number&, int16_t&);
template bool store(const Number&, uint16_t&);
template bool store(const Number&, int32_t&);
template bool store(const Number&, uint32_t&);
template bool store(const Number&, int64_t&);
template bool store(const Number&, uint64_t&);

}  // namespace mle::tools
