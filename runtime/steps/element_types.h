// The C++ types that elements of each dtype have in memory, for steps that are templates over them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/dtype.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace mle::steps {

// A bool lies in memory as any byte: zero is false, all else is true.
struct Truth {
  uint8_t byte;
  friend bool operator==(Truth a, Truth b) noexcept { return (a.byte != 0) == (b.byte != 0); }
  friend bool operator<(Truth a, Truth b) noexcept { return (a.byte != 0) < (b.byte != 0); }
};

// A string of the caller's or of the file's pool. Without data it is a missing one, which is equal
// to missing ones only and comes before all others; the order is that of the bytes.
struct Text {
  std::string_view view;

  bool missing() const noexcept { return view.data() == nullptr; }
  friend bool operator==(const Text& a, const Text& b) noexcept {
    return a.missing() == b.missing() && a.view == b.view;
  }
  friend bool operator<(const Text& a, const Text& b) noexcept {
    return a.missing() != b.missing() ? a.missing() : a.view < b.view;
  }
};
static_assert(sizeof(Text) == size_of(DType::Str));

// Calls f with a value of the C++ type of an integer dtype. False for any other dtype.
template <class F>
bool with_integer(DType dtype, F&& f) noexcept {
  switch (dtype) {
    case DType::I8: return f(int8_t{}), true;
    case DType::U8: return f(uint8_t{}), true;
    case DType::I16: return f(int16_t{}), true;
    case DType::U16: return f(uint16_t{}), true;
    case DType::I32: return f(int32_t{}), true;
    case DType::U32: return f(uint32_t{}), true;
    case DType::I64: return f(int64_t{}), true;
    case DType::U64: return f(uint64_t{}), true;
    default: return false;
  }
}

}  // namespace mle::steps
