// Numbers lie in raw_data, in one of five typed arrays chosen by the element type, or in a file.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/tensor_proto.h"

#include "compiler/import/onnx/limits.h"
#include "compiler/import/onnx/text.h"
#include "format/limits.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;
using onnx_pb::TensorProto;

struct ElementType {
  const char* name;
  std::optional<DType> dtype;
};

// Indexed by TensorProto.DataType.
constexpr ElementType kElementTypes[] = {
    {"undefined", {}},
    {"float32", DType::F32},
    {"uint8", DType::U8},
    {"int8", DType::I8},
    {"uint16", DType::U16},
    {"int16", DType::I16},
    {"int32", DType::I32},
    {"int64", DType::I64},
    {"string", DType::Str},
    {"bool", DType::Bool},
    {"float16", DType::F16},
    {"float64", DType::F64},
    {"uint32", DType::U32},
    {"uint64", DType::U64},
    {"complex64", {}},
    {"complex128", {}},
    {"bfloat16", DType::BF16},
    {"float8e4m3fn", {}},
    {"float8e4m3fnuz", {}},
    {"float8e5m2", {}},
    {"float8e5m2fnuz", {}},
    {"uint4", {}},
    {"int4", {}},
    {"float4e2m1", {}},
    {"float8e8m0", {}},
    {"uint2", {}},
    {"int2", {}},
    {"float6e2m3", {}},
    {"float6e3m2", {}},
};

Result<Dims> read_dims(const TensorProto& proto) {
  if (proto.dims_size() > static_cast<int>(format::kMaxRank))
    return unsupported(C216_LimitReached,
                       "has " + std::to_string(proto.dims_size()) + " axes; mle knows eight");
  Dims dims;
  uint64_t count = 1;
  for (const int64_t dim : proto.dims()) {
    if (dim < 0) return broken(C208_Shape, "has an axis of " + std::to_string(dim) + " elements");
    if (static_cast<uint64_t>(dim) > format::kMaxDim ||
        (count *= static_cast<uint64_t>(dim)) > kMaxElements)
      return unsupported(C216_LimitReached, "is larger than mle can hold");
    dims.push_back(static_cast<uint32_t>(dim));
  }
  // An empty list of axes or indices is [0]; nothing else that is empty has a use.
  if (count == 0 && dims.size() > 1) return broken(C208_Shape, "has no elements");
  return dims;
}

Status wrong_length(uint64_t got, uint64_t wanted, const char* unit) {
  return broken(C204_Damaged,
                "has " + std::to_string(got) + " " + unit + " of data, its shape wants " +
                    std::to_string(wanted),
                "the file is damaged: export the model again");
}

// Typed arrays are wider than some element types they hold: f16 lies in int32_data by its bits.
template <class T, class Field>
Result<Constant> narrowed(const Field& field, uint64_t count) {
  if (static_cast<uint64_t>(field.size()) != count)
    return wrong_length(static_cast<uint64_t>(field.size()), count, "elements");
  std::vector<std::byte> bytes(count * sizeof(T));
  for (int i = 0; i < field.size(); ++i) {
    const T element = static_cast<T>(field.Get(i));
    std::memcpy(bytes.data() + static_cast<size_t>(i) * sizeof(T), &element, sizeof(T));
  }
  return Constant::from_bytes(std::move(bytes));
}

Result<Constant> read_typed(const TensorProto& proto, DType dtype, uint64_t count) {
  switch (dtype) {
    case DType::F32: return narrowed<float>(proto.float_data(), count);
    case DType::F64: return narrowed<double>(proto.double_data(), count);
    case DType::I64: return narrowed<int64_t>(proto.int64_data(), count);
    case DType::U64: return narrowed<uint64_t>(proto.uint64_data(), count);
    case DType::U32: return narrowed<uint32_t>(proto.uint64_data(), count);
    case DType::I32: return narrowed<int32_t>(proto.int32_data(), count);
    case DType::I16: return narrowed<int16_t>(proto.int32_data(), count);
    case DType::U16:
    case DType::F16:
    case DType::BF16: return narrowed<uint16_t>(proto.int32_data(), count);
    case DType::I8: return narrowed<int8_t>(proto.int32_data(), count);
    case DType::U8: return narrowed<uint8_t>(proto.int32_data(), count);
    case DType::Bool: return narrowed<bool>(proto.int32_data(), count);
    case DType::Str: break;
  }
  return unsupported(C207_UnsupportedType, "holds strings");
}

// Borrows where the bytes lie well, copies where they do not.
Constant borrow(std::shared_ptr<const void> owner, std::span<const std::byte> bytes, DType dtype) {
  if (reinterpret_cast<uintptr_t>(bytes.data()) % size_of(dtype) == 0)
    return {std::move(owner), bytes};
  return Constant::from_bytes({bytes.begin(), bytes.end()});
}

Result<Constant> read_data(const TensorProto& proto, DType dtype, uint64_t count,
                           const std::shared_ptr<const onnx_pb::ModelProto>& model,
                           ExternalData& external) {
  const uint64_t bytes = count * size_of(dtype);
  if (proto.data_location() == TensorProto::EXTERNAL) {
    MLE_TRY_ASSIGN(const ExternalData::Place place, ExternalData::place_of(proto));
    MLE_TRY_ASSIGN(const Constant mapped, external.read(place, bytes));
    return borrow(mapped.owner, mapped.bytes, dtype);
  }
  if (!proto.has_raw_data()) return read_typed(proto, dtype, count);
  const std::string& raw = proto.raw_data();
  if (raw.size() != bytes) return wrong_length(raw.size(), bytes, "bytes");
  return borrow(model, std::as_bytes(std::span(raw)), dtype);
}

// Integers of 2 or 4 bits, the first in the lowest bits of a byte. They are kept in one byte each.
struct Packed {
  uint8_t bits;
  bool is_signed;

  uint64_t bytes(uint64_t count) const { return (count * bits + 7) / 8; }
  int number(std::span<const std::byte> from, uint64_t i) const {
    const auto per_byte = static_cast<uint64_t>(8 / bits);
    const int shift = static_cast<int>(i % per_byte) * bits;
    const int half = 1 << (bits - 1);
    const int raw = std::to_integer<int>(from[i / per_byte]) >> shift & ((1 << bits) - 1);
    return is_signed && raw >= half ? raw - 2 * half : raw;
  }
};

std::optional<Packed> packed_type(int32_t onnx_type) {
  switch (onnx_type) {
    case 21: return Packed{4, false};
    case 22: return Packed{4, true};
    case 25: return Packed{2, false};
    case 26: return Packed{2, true};
    default: return {};
  }
}

Result<Tensor> read_packed(const TensorProto& proto, Packed type, std::string name, Dims dims,
                           const std::shared_ptr<const onnx_pb::ModelProto>& model,
                           ExternalData& external) {
  const uint64_t count = element_count(dims);
  MLE_TRY_ASSIGN(const Constant packed,
                 read_data(proto, DType::U8, type.bytes(count), model, external));
  std::vector<std::byte> numbers(count);
  for (uint64_t i = 0; i < count; ++i)
    numbers[i] = static_cast<std::byte>(type.number(packed.bytes, i));
  Tensor tensor{std::move(name),
                type.is_signed ? DType::I8 : DType::U8,
                std::move(dims),
                Constant::from_bytes(std::move(numbers)),
                {}};
  tensor.narrow = type.bits;
  return tensor;
}

Result<Tensor> read_words(const TensorProto& proto, std::string name, Dims dims) {
  const auto found = static_cast<uint64_t>(proto.string_data_size());
  if (proto.data_location() == TensorProto::EXTERNAL || proto.has_raw_data())
    return broken(C207_UnsupportedType, "holds strings outside their list");
  if (found != element_count(dims)) return wrong_length(found, element_count(dims), "strings");
  Tensor tensor{std::move(name), DType::Str, std::move(dims), {}, {}, {}};
  for (const std::string& word : proto.string_data()) {
    if (!is_storable(word))
      return unsupported(C207_UnsupportedType,
                         "holds a string that is not UTF-8 without zero bytes");
    tensor.words.push_back(word);
  }
  return tensor;
}

}  // namespace

std::optional<DType> dtype_of(int32_t onnx_type) {
  if (onnx_type < 0 || static_cast<size_t>(onnx_type) >= std::size(kElementTypes)) return {};
  return kElementTypes[onnx_type].dtype;
}

std::optional<DType> computed_dtype_of(int32_t onnx_type) {
  const std::optional<DType> dtype = dtype_of(onnx_type);
  return dtype == DType::F16 || dtype == DType::BF16 ? DType::F32 : dtype;
}

std::string onnx_type_name(int32_t onnx_type) {
  if (onnx_type < 0 || static_cast<size_t>(onnx_type) >= std::size(kElementTypes))
    return "element type " + std::to_string(onnx_type);
  return kElementTypes[onnx_type].name;
}

Result<Tensor> read_tensor(const onnx_pb::TensorProto& proto, std::string name,
                           const std::shared_ptr<const onnx_pb::ModelProto>& model,
                           ExternalData& external) {
  const std::optional<DType> dtype = dtype_of(proto.data_type());
  const std::optional<Packed> packed = packed_type(proto.data_type());
  if (!dtype && !packed)
    return unsupported(C207_UnsupportedType, "holds " + onnx_type_name(proto.data_type()),
                       "mle reads float16, bfloat16, float32, float64, bool and integers");
  if (proto.has_segment())
    return unsupported(C207_UnsupportedType, "is cut into segments",
                       "store the tensor in one piece");
  MLE_TRY_ASSIGN(Dims dims, read_dims(proto));
  if (packed) return read_packed(proto, *packed, std::move(name), std::move(dims), model, external);
  if (*dtype == DType::Str) return read_words(proto, std::move(name), std::move(dims));
  MLE_TRY_ASSIGN(Constant data, read_data(proto, *dtype, element_count(dims), model, external));
  const Tensor tensor{std::move(name), *dtype, std::move(dims), std::move(data), {}};
  MLE_TRY_ASSIGN(Tensor computed, cast(tensor, *computed_dtype_of(proto.data_type())));
  if (computed.dtype != *dtype) computed.narrow = 16;
  return computed;
}

}  // namespace mle::compiler::onnx
