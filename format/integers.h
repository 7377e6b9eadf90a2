// Arithmetic of integers as the file format defines it: the judge, constant folding and the
// kernels share it. Promise: an answer for every operand, no traps, no undefined behaviour.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <limits>
#include <type_traits>

namespace mle::format {

// Wraps. Done in the widest unsigned type: narrow ones would be promoted to int.
template <class T>
constexpr T wrap_add(T a, T b) noexcept {
  return static_cast<T>(static_cast<unsigned long long>(a) + static_cast<unsigned long long>(b));
}
template <class T>
constexpr T wrap_sub(T a, T b) noexcept {
  return static_cast<T>(static_cast<unsigned long long>(a) - static_cast<unsigned long long>(b));
}
template <class T>
constexpr T wrap_mul(T a, T b) noexcept {
  return static_cast<T>(static_cast<unsigned long long>(a) * static_cast<unsigned long long>(b));
}
template <class T>
constexpr T wrap_neg(T a) noexcept {
  return wrap_sub(T{0}, a);
}
template <class T>
constexpr T wrap_abs(T a) noexcept {
  return a < T{0} ? wrap_neg(a) : a;
}

template <class T>
constexpr T sign(T a) noexcept {
  return static_cast<T>((a > T{0} ? 1 : 0) - (a < T{0} ? 1 : 0));
}

// The fraction is dropped; by zero gives 0.
template <class T>
constexpr T divide(T a, T b) noexcept {
  if (b == 0) return 0;
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return wrap_neg(a);
  }
  return static_cast<T>(a / b);
}

// What is left of divide(), with the sign of a; by zero gives 0.
template <class T>
constexpr T remainder(T a, T b) noexcept {
  if (b == 0) return 0;
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return 0;
  }
  return static_cast<T>(a % b);
}

// With the sign of b, as Python has it; by zero gives 0.
template <class T>
constexpr T modulo(T a, T b) noexcept {
  const T left = remainder(a, b);
  return left != 0 && (left < 0) != (b < 0) ? static_cast<T>(left + b) : left;
}

// Powers that are no integer are 0; 0 to a negative power is, too.
template <class T>
constexpr T power(T base, T exponent) noexcept {
  if (exponent < T{0}) {
    if (base == T{1}) return 1;
    if (wrap_add(base, T{1}) == T{0}) return exponent % 2 == 0 ? T{1} : base;
    return 0;
  }
  T result = 1;
  for (T rest = exponent; rest != 0; rest = static_cast<T>(rest / 2)) {
    if (rest % 2 != 0) result = wrap_mul(result, base);
    base = wrap_mul(base, base);
  }
  return result;
}

template <class T>
constexpr bool beyond_bits(T by) noexcept {
  return by < T{0} || static_cast<unsigned long long>(by) >=
                          std::numeric_limits<std::make_unsigned_t<T>>::digits;
}
template <class T>
constexpr T shift_left(T a, T by) noexcept {
  return beyond_bits(by) ? T{0} : static_cast<T>(static_cast<unsigned long long>(a) << by);
}
template <class T>
constexpr T shift_right(T a, T by) noexcept {
  return beyond_bits(by) ? (a < T{0} ? static_cast<T>(-1) : T{0}) : static_cast<T>(a >> by);
}

}  // namespace mle::format
