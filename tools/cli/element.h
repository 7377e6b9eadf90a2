// One element of a tensor, as text that reads back as the same value.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/dtype.h>

#include <cstddef>
#include <cstring>
#include <string>

namespace mle::tools {

template <class T>
T element(const void* data, size_t index) {
  T value;
  std::memcpy(&value, static_cast<const char*>(data) + index * sizeof(T), sizeof value);
  return value;
}

// Any dtype but Str: numbers, "nan", "inf", "-inf", "true", "false".
void append_element(std::string& out, DType dtype, const void* data, size_t index);
// The same as a double; integers beyond 2^53 are rounded.
double element_value(DType dtype, const void* data, size_t index);

}  // namespace mle::tools
