// SPDX-License-Identifier: Apache-2.0
#include "serve/http/json_tensor.h"

#include "format/half.h"
#include "format/rules.h"
#include "serve/protocol/datatypes.h"
#include "serve/protocol/json_text.h"

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>

namespace mle::serve {

namespace dom = simdjson::dom;

namespace {

Status bad_value(const InputTensor& tensor) {
  const std::string type(protocol_name(tensor.dtype));
  return Status::make(
      Code::InvalidArgument, format::rule::S409_RequestBytes, Status::kNoOffset,
      "input '" + std::string(tensor.name.substr(0, 200)) + "': 'data' holds a value that is no " +
          type,
      tensor.dtype == DType::Str ? "give texts" : "give values of the data type in its range");
}

// The numbers of a tensor as they come out of nested arrays. Nesting is bounded by the parser.
size_t count_values(const dom::element& data) {
  dom::array array;
  if (data.get(array) != simdjson::SUCCESS) return 1;
  size_t count = 0;
  for (const dom::element each : array) count += each.is_array() ? count_values(each) : 1;
  return count;
}

template <class Take>
bool each_value(const dom::element& data, const Take& take) {
  dom::array array;
  if (data.get(array) != simdjson::SUCCESS) return take(data);
  for (const dom::element each : array)
    if (each.is_array() ? !each_value(each, take) : !take(each)) return false;
  return true;
}

bool to_double(const dom::element& value, double& to) {
  if (value.get(to) == simdjson::SUCCESS) return true;
  if (value.is_null()) {
    to = std::nan("");
    return true;
  }
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return false;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text == "NaN")
    to = std::nan("");
  else if (text == "Infinity")
    to = kInfinity;
  else if (text == "-Infinity")
    to = -kInfinity;
  else
    return false;
  return true;
}

bool to_value(const dom::element& value, double& to) { return to_double(value, to); }
bool to_value(const dom::element& value, float& to) {
  double wide = 0;
  if (!to_double(value, wide)) return false;
  to = static_cast<float>(wide);
  return std::isfinite(to) || !std::isfinite(wide);
}

// JSON has one kind of number: what is whole and fits is taken.
template <std::integral T>
requires(!std::same_as<T, bool>) bool to_value(const dom::element& value, T& to) {
  int64_t small = 0;
  uint64_t large = 0;
  if (value.get(small) == simdjson::SUCCESS) {
    to = static_cast<T>(small);
    return std::in_range<T>(small);
  }
  if (value.get(large) != simdjson::SUCCESS) return false;
  to = static_cast<T>(large);
  return std::in_range<T>(large);
}
bool to_value(const dom::element& value, bool& to) {
  if (value.get(to) == simdjson::SUCCESS) return true;
  uint8_t bit = 0;
  if (!to_value(value, bit) || bit > 1) return false;
  to = bit == 1;
  return true;
}

template <class T>
struct AsIs {
  using From = T;
  static T store(T value) { return value; }
};
struct AsHalf {
  using From = float;
  static uint16_t store(float value) { return format::float_to_half(value); }
};
struct AsBfloat {
  using From = float;
  static uint16_t store(float value) { return format::float_to_bfloat(value); }
};

template <class Kind>
Status read_numbers(const dom::element& data, InputTensor& tensor, Buffer& numbers) {
  using From = typename Kind::From;
  using Stored = decltype(Kind::store(From{}));
  const size_t count = count_values(data);
  auto* at = reinterpret_cast<Stored*>(numbers.reserve(count * sizeof(Stored)));
  tensor.data = at;
  tensor.count = count;
  const bool good = each_value(data, [&at](const dom::element& value) {
    From taken{};
    if (!to_value(value, taken)) return false;
    *at++ = Kind::store(taken);
    return true;
  });
  return good ? Status() : bad_value(tensor);
}

Status read_strings(const dom::element& data, InputTensor& tensor,
                    std::vector<std::string_view>& strings) {
  strings.clear();
  const bool good = each_value(data, [&strings](const dom::element& value) {
    std::string_view text;
    if (!value.is_null() && value.get(text) != simdjson::SUCCESS) return false;
    strings.push_back(text);
    return true;
  });
  tensor.data = strings.data();
  tensor.count = strings.size();
  return good ? Status() : bad_value(tensor);
}

template <class T>
void append_all(const AnswerTensor& answer, JsonScope& to) {
  const auto* from = static_cast<const T*>(answer.data);
  for (size_t i = 0; i < answer.count; ++i) to.value(from[i]);
}

template <float (*widen)(uint16_t) noexcept>
void append_halves(const AnswerTensor& answer, JsonScope& to) {
  const auto* from = static_cast<const uint16_t*>(answer.data);
  for (size_t i = 0; i < answer.count; ++i) to.value(widen(from[i]));
}

void append_strings(const AnswerTensor& answer, JsonScope& to) {
  const auto* from = static_cast<const std::string_view*>(answer.data);
  for (size_t i = 0; i < answer.count; ++i)
    if (from[i].data() == nullptr)
      to.next() += "null";
    else
      to.value(from[i]);
}

}  // namespace

Status read_json_tensor(const dom::element& data, InputTensor& tensor, Buffer& numbers,
                        std::vector<std::string_view>& strings) {
  if (!data.is_array()) return bad_value(tensor);
  switch (tensor.dtype) {
    case DType::F32: return read_numbers<AsIs<float>>(data, tensor, numbers);
    case DType::F64: return read_numbers<AsIs<double>>(data, tensor, numbers);
    case DType::F16: return read_numbers<AsHalf>(data, tensor, numbers);
    case DType::BF16: return read_numbers<AsBfloat>(data, tensor, numbers);
    case DType::I8: return read_numbers<AsIs<int8_t>>(data, tensor, numbers);
    case DType::U8: return read_numbers<AsIs<uint8_t>>(data, tensor, numbers);
    case DType::I16: return read_numbers<AsIs<int16_t>>(data, tensor, numbers);
    case DType::U16: return read_numbers<AsIs<uint16_t>>(data, tensor, numbers);
    case DType::I32: return read_numbers<AsIs<int32_t>>(data, tensor, numbers);
    case DType::U32: return read_numbers<AsIs<uint32_t>>(data, tensor, numbers);
    case DType::I64: return read_numbers<AsIs<int64_t>>(data, tensor, numbers);
    case DType::U64: return read_numbers<AsIs<uint64_t>>(data, tensor, numbers);
    case DType::Bool: return read_numbers<AsIs<bool>>(data, tensor, numbers);
    case DType::Str: return read_strings(data, tensor, strings);
  }
  return bad_value(tensor);
}

void append_json_tensor(const AnswerTensor& answer, std::string& to) {
  JsonScope values(to, '[');
  switch (answer.spec->dtype) {
    case DType::F32: return append_all<float>(answer, values);
    case DType::F64: return append_all<double>(answer, values);
    case DType::F16: return append_halves<format::half_to_float>(answer, values);
    case DType::BF16: return append_halves<format::bfloat_to_float>(answer, values);
    case DType::I8: return append_all<int8_t>(answer, values);
    case DType::U8: return append_all<uint8_t>(answer, values);
    case DType::I16: return append_all<int16_t>(answer, values);
    case DType::U16: return append_all<uint16_t>(answer, values);
    case DType::I32: return append_all<int32_t>(answer, values);
    case DType::U32: return append_all<uint32_t>(answer, values);
    case DType::I64: return append_all<int64_t>(answer, values);
    case DType::U64: return append_all<uint64_t>(answer, values);
    case DType::Bool: return append_all<bool>(answer, values);
    case DType::Str: return append_strings(answer, values);
  }
}

}  // namespace mle::serve
