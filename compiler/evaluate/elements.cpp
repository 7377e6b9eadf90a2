// One switch over the dtypes, and a template behind it.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/elements.h"

#include "compiler/graph/stored.h"
#include "format/op_dtypes.h"
#include "format/rules.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

namespace mle::compiler {
namespace {

// The bits of f16 and bf16: what doubles become on the way.
struct F16 {
  uint16_t bits;
};
struct BF16 {
  uint16_t bits;
};

// Calls `visit` with a value of the C++ type of `dtype`; false where there is none.
template <class Visit>
bool with_type(DType dtype, Visit visit) {
  switch (dtype) {
    case DType::F32: visit(float{}); return true;
    case DType::F64: visit(double{}); return true;
    case DType::F16: visit(F16{}); return true;
    case DType::BF16: visit(BF16{}); return true;
    case DType::I8: visit(int8_t{}); return true;
    case DType::U8: visit(uint8_t{}); return true;
    case DType::I16: visit(int16_t{}); return true;
    case DType::U16: visit(uint16_t{}); return true;
    case DType::I32: visit(int32_t{}); return true;
    case DType::U32: visit(uint32_t{}); return true;
    case DType::I64: visit(int64_t{}); return true;
    case DType::U64: visit(uint64_t{}); return true;
    case DType::Bool: visit(bool{}); return true;
    case DType::Str: return false;
  }
  return false;
}

// The multiple of the last place of a float with `fraction` bits and least exponent `least` that
// is nearest to x, ties to even; beyond `most` infinity.
double rounded(double x, int fraction, int least, double most) {
  if (x == 0 || !std::isfinite(x)) return x;
  const int exponent = std::max(std::ilogb(x), least);
  const double unit = std::ldexp(1.0, exponent - fraction);
  const double nearest = std::nearbyint(x / unit) * unit;
  return std::abs(nearest) > most ? std::copysign(std::numeric_limits<double>::infinity(), x)
                                  : nearest;
}

double value_of(F16 x) {
  const int exponent = x.bits >> 10 & 31, fraction = x.bits & 1023;
  double magnitude = std::ldexp(fraction + (exponent == 0 ? 0 : 1024), std::max(exponent, 1) - 25);
  if (exponent == 31)
    magnitude = fraction == 0 ? std::numeric_limits<double>::infinity()
                              : std::numeric_limits<double>::quiet_NaN();
  return (x.bits & 0x8000) != 0 ? -magnitude : magnitude;
}

F16 to_f16(double x) {
  if (std::isnan(x)) return {0x7E00};
  const double value = std::abs(rounded(x, 10, -14, 65504));
  const auto sign = static_cast<uint16_t>(std::signbit(x) ? 0x8000 : 0);
  if (std::isinf(value)) return {static_cast<uint16_t>(sign | 0x7C00)};
  // The exponent and fraction of a float are one number that counts up from value to value.
  if (value < 0x1p-14) return {static_cast<uint16_t>(sign | static_cast<int>(value * 0x1p24))};
  const int exponent = std::ilogb(value);
  const int fraction = static_cast<int>(std::ldexp(value, 10 - exponent)) - 1024;
  return {static_cast<uint16_t>(sign | (exponent + 15) << 10 | fraction)};
}

double value_of(BF16 x) { return double{std::bit_cast<float>(uint32_t{x.bits} << 16)}; }

BF16 to_bf16(double x) {
  if (std::isnan(x)) return {0x7FC0};
  const auto value = static_cast<float>(rounded(x, 7, -126, 0x1.FEp127));
  return {static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16)};
}

template <class T>
double value_of(T x) {
  return static_cast<double>(x);
}

template <class T>
T to_type(double x) {
  if constexpr (std::is_same_v<T, F16>) {
    return to_f16(x);
  } else if constexpr (std::is_same_v<T, BF16>) {
    return to_bf16(x);
  } else if constexpr (std::is_same_v<T, bool>) {
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

constexpr double kExact =
    9007199254740992.0;  // 2^53: from there on an integer may be another double

bool is_exact(double x) { return std::abs(x) < kExact; }

}  // namespace

int64_t Elements::integer(size_t i, DType dtype) const {
  if (!wide.empty()) return wide[i];
  const double x = (*this)[i];
  return dtype == DType::U64 ? static_cast<int64_t>(to_type<uint64_t>(x)) : to_type<int64_t>(x);
}

Elements Elements::at(const std::vector<size_t>& places) const {
  Elements picked;
  for (const size_t place : places) picked.append(*this, place, 1);
  return picked;
}

void Elements::append(const Elements& more, size_t first, size_t count) {
  const auto from = static_cast<ptrdiff_t>(first), to = static_cast<ptrdiff_t>(first + count);
  if (wide.empty() != more.wide.empty() && !empty()) {  // one of them has small numbers only
    const Elements& narrow = wide.empty() ? *this : more;
    std::vector<int64_t> widened;
    for (size_t i = 0; i < narrow.size(); ++i) widened.push_back(narrow.integer(i, DType::I64));
    if (&narrow == this) {
      wide = std::move(widened);
    } else {
      wide.insert(wide.end(), widened.begin() + from, widened.begin() + to);
    }
  }
  insert(end(), more.begin() + from, more.begin() + to);
  if (!more.wide.empty()) wide.insert(wide.end(), more.wide.begin() + from, more.wide.begin() + to);
  if (!more.texts.empty())
    texts.insert(texts.end(), more.texts.begin() + from, more.texts.begin() + to);
}

Elements from_integers(std::vector<int64_t> integers, DType dtype) {
  Elements elements;
  bool exact = true;
  for (const int64_t integer : integers) {
    elements.push_back(dtype == DType::U64 ? static_cast<double>(static_cast<uint64_t>(integer))
                                           : static_cast<double>(integer));
    exact = exact && is_exact(elements.back());
  }
  if (!exact) elements.wide = std::move(integers);
  return elements;
}

Elements from_texts(std::vector<std::optional<std::string>> texts) {
  Elements elements(texts.size());
  elements.texts = std::move(texts);
  return elements;
}

Result<Elements> read_elements(DType dtype, std::span<const std::byte> bytes) {
  Elements elements;
  const bool readable = with_type(dtype, [&](auto type) {
    using T = decltype(type);
    const size_t count = bytes.size() / sizeof(T);
    elements.resize(count);
    bool exact = true;
    std::vector<int64_t> integers;
    for (size_t i = 0; i < count; ++i) {
      T element;
      std::memcpy(&element, bytes.data() + i * sizeof(T), sizeof(T));
      elements[i] = value_of(element);
      if constexpr (std::is_integral_v<T> && sizeof(T) == 8) {
        integers.push_back(static_cast<int64_t>(element));
        exact = exact && is_exact(elements[i]);
      }
    }
    if (!exact) elements.wide = std::move(integers);
  });
  if (readable) return elements;
  return error(Code::Unsupported, format::rule::C207_UnsupportedType, Status::kNoOffset, "",
               "constants of %s can't be computed with", name_of(dtype));
}

Result<Elements> read_constant(const Value& constant) {
  if (constant.constant.turned || constant.constant.stored) {
    const size_t k = constant.fact.dims[0], n = constant.fact.dims[1];
    Elements elements(k * n);
    read_block(constant, {0, k, 0, n}, elements.data());
    return elements;
  }
  return read_elements(constant.fact.dtype, constant.constant.bytes);
}

double convert(double x, DType dtype) {
  double converted = x;
  with_type(dtype, [&](auto type) { converted = value_of(to_type<decltype(type)>(x)); });
  return converted;
}

Elements cast(const Elements& elements, DType from, DType to) {
  if (from == to) return elements;
  if (format::is_integer(from) && format::is_integer(to)) {
    std::vector<int64_t> wrapped(elements.size());
    with_type(to, [&](auto type) {
      using T = decltype(type);
      if constexpr (std::is_integral_v<T>) {
        for (size_t i = 0; i < wrapped.size(); ++i)
          wrapped[i] = static_cast<int64_t>(static_cast<T>(elements.integer(i, from)));
      }
    });
    return from_integers(std::move(wrapped), to);
  }
  if (to == DType::I64 || to == DType::U64) {
    std::vector<int64_t> cut(elements.size());
    for (size_t i = 0; i < cut.size(); ++i)
      cut[i] = to == DType::U64 ? static_cast<int64_t>(to_type<uint64_t>(elements[i]))
                                : to_type<int64_t>(elements[i]);
    return from_integers(std::move(cut), to);
  }
  Elements converted(elements.size());
  for (size_t i = 0; i < converted.size(); ++i) converted[i] = convert(elements[i], to);
  return converted;
}

double cast(double x, DType from, DType to) { return cast(Elements{x}, from, to)[0]; }

Constant make_constant(const Elements& elements, DType dtype) {
  if (dtype == DType::F32) {
    std::vector<float> rounded_once(elements.size());
    for (size_t i = 0; i < elements.size(); ++i) rounded_once[i] = static_cast<float>(elements[i]);
    return Constant::from_f32(std::move(rounded_once));
  }
  std::vector<std::byte> bytes(elements.size() * size_of(dtype));
  with_type(dtype, [&](auto type) {
    using T = decltype(type);
    for (size_t i = 0; i < elements.size(); ++i) {
      T element = to_type<T>(elements[i]);
      if constexpr (std::is_integral_v<T> && sizeof(T) == 8) {
        if (!elements.wide.empty()) element = static_cast<T>(elements.wide[i]);
      }
      std::memcpy(bytes.data() + i * sizeof(T), &element, sizeof(T));
    }
  });
  return Constant::from_bytes(std::move(bytes));
}

}  // namespace mle::compiler
