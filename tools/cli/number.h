// Number: one value from a file, on its way into the dtype a model takes.
// Promise: storing keeps the value or says no; only floating numbers are rounded, as the runtime
// does.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/dtype.h>

#include <cstdint>
#include <string>

namespace mle::tools {

// As the widest number of its kind.
struct Number {
  enum class Kind : uint8_t { Real, Signed, Unsigned };
  Kind kind = Kind::Real;
  double real = 0;
  int64_t whole = 0;
  uint64_t natural = 0;

  static Number of(double value) { return {Kind::Real, value, 0, 0}; }
  static Number of(int64_t value) { return {Kind::Signed, 0, value, 0}; }
  static Number of(uint64_t value) { return {Kind::Unsigned, 0, 0, value}; }
  std::string text() const;
};

struct Half {
  uint16_t bits;
};
struct Bfloat {
  uint16_t bits;
};

// Writes `from` to `to`; false where its value would change. For float, double, Half, Bfloat, bool
// and the integers of 8 to 64 bits.
template <class To>
bool store(const Number& from, To& to);

// The same by dtype, at `to`; false for str as well.
bool store(const Number& from, DType dtype, void* to);

}  // namespace mle::tools
