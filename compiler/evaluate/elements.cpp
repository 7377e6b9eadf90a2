// One switch over the dtypes, and a template behind it.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/elements.h"

#include "format/rules.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

namespace mle::compiler {
namespace {

// Calls `visit` with a value of the C++ type of `dtype`; false where there is none.
template <class Visit>
bool with_type(DType dtype, Visit visit) {
  switch (dtype) {
    case DType::F32: visit(float{}); return true;
    case DType::F64: visit(double{}); return true;
    case DType::I8: visit(int8_t{}); return true;
    case DType::U8: visit(uint8_t{}); return true;
    case DType::I16: visit(int16_t{}); return true;
    case DType::U16: visit(uint16_t{}); return true;
    case DType::I32: visit(int32_t{}); return true;
    case DType::U32: visit(uint32_t{}); return true;
    case DType::I64: visit(int64_t{}); return true;
    case DType::U64: visit(uint64_t{}); return true;
    case DType::Bool: visit(bool{}); return true;
    case DType::F16:
    case DType::BF16:
    case DType::Str: return false;
  }
  return false;
}

template <class T>
T to_type(double x) {
  if constexpr (std::is_same_v<T, bool>) {
    return x != 0;
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(x);
  } else {
    if (std::isnan(x)) return 0;
    // The upper bound of a 64-bit type is no double: compare with the power of two above it.
    const double above = std::ldexp(1.0, std::numeric_limits<T>::digits);
    if (x >= above) return std::numeric_limits<T>::max();
    if (x < static_cast<double>(std::numeric_limits<T>::min()))
      return std::numeric_limits<T>::min();
    return static_cast<T>(x);
  }
}

bool is_integer(DType dtype) {
  bool integer = false;
  with_type(dtype, [&](auto type) {
    using T = decltype(type);
    integer = std::is_integral_v<T> && !std::is_same_v<T, bool>;
  });
  return integer;
}

}  // namespace

Result<Elements> read_constant(const Value& constant) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  Elements elements;
  bool exact = true;
  const bool readable = with_type(constant.fact.dtype, [&](auto type) {
    using T = decltype(type);
    const size_t count = constant.constant.bytes.size() / sizeof(T);
    elements.resize(count);
    for (size_t i = 0; i < count; ++i) {
      T element;
      std::memcpy(&element, constant.constant.bytes.data() + i * sizeof(T), sizeof(T));
      elements[i] = static_cast<double>(element);
      if constexpr (std::is_integral_v<T> && sizeof(T) == 8)
        exact = exact && std::abs(elements[i]) <= kExact;
    }
  });
  if (readable && exact) return elements;
  return error(Code::Unsupported, format::rule::C207_UnsupportedType, Status::kNoOffset, "",
               readable ? "constant '%s' of %s holds integers beyond 2^53"
                        : "constant '%s' of %s can't be computed with",
               constant.name.c_str(), name_of(constant.fact.dtype));
}

double convert(double x, DType dtype) {
  double converted = x;
  with_type(dtype, [&](auto type) { converted = static_cast<double>(to_type<decltype(type)>(x)); });
  return converted;
}

double cast(double x, DType from, DType to) {
  if (from == to) return x;
  if (!is_integer(from) || !is_integer(to)) return convert(x, to);
  double wrapped = x;
  with_type(to, [&](auto type) {
    wrapped = static_cast<double>(static_cast<decltype(type)>(static_cast<int64_t>(x)));
  });
  return wrapped;
}

Constant make_constant(const Elements& elements, DType dtype) {
  if (dtype == DType::F32) {
    std::vector<float> rounded(elements.size());
    for (size_t i = 0; i < elements.size(); ++i) rounded[i] = static_cast<float>(elements[i]);
    return Constant::from_f32(std::move(rounded));
  }
  std::vector<std::byte> bytes(elements.size() * size_of(dtype));
  with_type(dtype, [&](auto type) {
    using T = decltype(type);
    for (size_t i = 0; i < elements.size(); ++i) {
      const T element = to_type<T>(elements[i]);
      std::memcpy(bytes.data() + i * sizeof(T), &element, sizeof(T));
    }
  });
  return Constant::from_bytes(std::move(bytes));
}

}  // namespace mle::compiler
