// Reading elements whatever their dtype, and the conversions that weights hide behind.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/tensor.h"

#include "compiler/graph/half.h"
#include "compiler/import/onnx/text.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

template <class T>
T load(const Tensor& tensor, uint64_t index) {
  T element;
  std::memcpy(&element, tensor.data.bytes.data() + index * sizeof(T), sizeof(T));
  return element;
}

// Truncates; a NaN or a number out of range has no integer.
template <class T>
bool to_integer(double x, T* result) {
  const double truncated = std::trunc(x);
  const double limit = std::ldexp(1.0, std::numeric_limits<T>::digits);
  const double low = std::is_signed_v<T> ? -limit : 0.0;
  if (!(truncated >= low && truncated < limit)) return false;
  *result = static_cast<T>(truncated);
  return true;
}

template <class T>
Result<Tensor> cast_elements(const Tensor& tensor, DType to) {
  std::vector<T> elements(tensor.count());
  const bool from_integer = is_integer(tensor.dtype);
  for (uint64_t i = 0; i < elements.size(); ++i) {
    if constexpr (std::is_floating_point_v<T>) {
      elements[i] = static_cast<T>(tensor.real(i));
    } else if (from_integer) {
      elements[i] = static_cast<T>(tensor.integer(i));
    } else if (!to_integer(tensor.real(i), &elements[i])) {
      return broken(C209_Attribute,
                    "Cast of " + quoted(tensor.name) + ": a value does not fit " + name_of(to));
    }
  }
  return make_tensor(tensor.name, to, tensor.dims, elements);
}

Tensor cast_to_bool(const Tensor& tensor) {
  std::vector<uint8_t> elements(tensor.count());
  for (uint64_t i = 0; i < elements.size(); ++i) elements[i] = tensor.real(i) != 0;
  return make_tensor(tensor.name, DType::Bool, tensor.dims, elements);
}

template <class T>
Tensor transposed_as(const Tensor& tensor, std::span<const T> from, T factor) {
  // In blocks that stay in the first cache on both sides.
  constexpr uint64_t kBlock = 32;
  const uint64_t rows = tensor.dims[0], columns = tensor.dims[1];
  std::vector<T> to(from.size());
  for (uint64_t r0 = 0; r0 < rows; r0 += kBlock)
    for (uint64_t c0 = 0; c0 < columns; c0 += kBlock)
      for (uint64_t r = r0; r < std::min(rows, r0 + kBlock); ++r)
        for (uint64_t c = c0; c < std::min(columns, c0 + kBlock); ++c)
          to[c * rows + r] = from[r * columns + c] * factor;
  return make_tensor(tensor.name, tensor.dtype, {tensor.dims[1], tensor.dims[0]}, to);
}

template <class T>
Tensor scaled_as(const Tensor& tensor, std::span<const T> from, T factor) {
  std::vector<T> to(from.begin(), from.end());
  for (T& element : to) element *= factor;
  return make_tensor(tensor.name, tensor.dtype, tensor.dims, to);
}

}  // namespace

bool is_integer(DType dtype) {
  switch (dtype) {
    case DType::I8:
    case DType::U8:
    case DType::I16:
    case DType::U16:
    case DType::I32:
    case DType::U32:
    case DType::I64:
    case DType::U64:
    case DType::Bool: return true;
    default: return false;
  }
}

double Tensor::real(uint64_t index) const {
  switch (dtype) {
    case DType::F32: return load<float>(*this, index);
    case DType::F64: return load<double>(*this, index);
    case DType::F16: return from_f16(load<uint16_t>(*this, index));
    case DType::BF16: return from_bf16(load<uint16_t>(*this, index));
    case DType::U64: return static_cast<double>(load<uint64_t>(*this, index));
    case DType::Str: return 0;
    default: return static_cast<double>(integer(index));
  }
}

int64_t Tensor::integer(uint64_t index) const {
  switch (dtype) {
    case DType::I8: return load<int8_t>(*this, index);
    case DType::U8:
    case DType::Bool: return load<uint8_t>(*this, index);
    case DType::I16: return load<int16_t>(*this, index);
    case DType::U16: return load<uint16_t>(*this, index);
    case DType::I32: return load<int32_t>(*this, index);
    case DType::U32: return load<uint32_t>(*this, index);
    case DType::I64: return load<int64_t>(*this, index);
    case DType::U64: return static_cast<int64_t>(load<uint64_t>(*this, index));
    case DType::Str: return 0;
    default: {
      int64_t result = 0;
      return to_integer(real(index), &result) ? result : 0;
    }
  }
}

bool Tensor::has_rows() const {
  return std::ranges::any_of(times_rows, [](int64_t times) { return times != 0; });
}

Result<Tensor> cast(const Tensor& tensor, DType to) {
  if (to == tensor.dtype) return tensor;
  if (tensor.dtype == DType::Str)
    return unsupported(C207_UnsupportedType, std::string("Cast of strings to ") + name_of(to),
                       "strings are keys: look numbers up with LabelEncoder");
  switch (to) {
    case DType::F32: return cast_elements<float>(tensor, to);
    case DType::F64: return cast_elements<double>(tensor, to);
    case DType::I8: return cast_elements<int8_t>(tensor, to);
    case DType::U8: return cast_elements<uint8_t>(tensor, to);
    case DType::I16: return cast_elements<int16_t>(tensor, to);
    case DType::U16: return cast_elements<uint16_t>(tensor, to);
    case DType::I32: return cast_elements<int32_t>(tensor, to);
    case DType::U32: return cast_elements<uint32_t>(tensor, to);
    case DType::I64: return cast_elements<int64_t>(tensor, to);
    case DType::U64: return cast_elements<uint64_t>(tensor, to);
    case DType::Bool: return cast_to_bool(tensor);
    case DType::F16:
    case DType::BF16:
    case DType::Str: break;
  }
  return unsupported(C207_UnsupportedType, std::string("Cast to ") + name_of(to),
                     "the runtime computes in f32 and f64: export the model in one of them");
}

Tensor transposed(const Tensor& tensor, double factor) {
  if (tensor.dtype == DType::F64) return transposed_as(tensor, tensor.data.f64(), factor);
  return transposed_as(tensor, tensor.data.f32(), static_cast<float>(factor));
}

Tensor scaled(const Tensor& tensor, double factor) {
  if (factor == 1) return tensor;
  if (tensor.dtype == DType::F64) return scaled_as(tensor, tensor.data.f64(), factor);
  return scaled_as(tensor, tensor.data.f32(), static_cast<float>(factor));
}

}  // namespace mle::compiler::onnx
