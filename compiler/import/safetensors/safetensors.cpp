// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/safetensors/safetensors.h"

#include "compiler/import/json/document.h"
#include "compiler/import/network/network.h"
#include "compiler/import/safetensors/small_floats.h"
#include "format/rules.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace mle::compiler::safetensors {
namespace {

using enum format::rule::Rule;
using network::WeightTensor;
using nlohmann::json;

constexpr uint64_t kLengthBytes = 8;
constexpr size_t kMaxRank = 32;

Status damaged(const std::string& what) {
  return Status::make(Code::Corrupt, C204_Damaged, Status::kNoOffset,
                      "no sound safetensors file: " + what, "save or copy it again");
}

// Every type the format has, with the bits of an element. Those that mle has no type for keep their
// name: a layer that takes them is refused with it.
struct Named {
  std::string_view name;
  uint64_t bits;
  std::optional<DType> dtype = {};
};
constexpr Named kTypes[] = {{"F64", 64, DType::F64},
                            {"F32", 32, DType::F32},
                            {"F16", 16, DType::F16},
                            {"BF16", 16, DType::BF16},
                            {"I64", 64, DType::I64},
                            {"I32", 32, DType::I32},
                            {"I16", 16, DType::I16},
                            {"I8", 8, DType::I8},
                            {"U64", 64, DType::U64},
                            {"U32", 32, DType::U32},
                            {"U16", 16, DType::U16},
                            {"U8", 8, DType::U8},
                            {"BOOL", 8, DType::Bool},
                            {"F8_E4M3", 8, DType::F32},  // widened: small_floats.h
                            {"F8_E5M2", 8, DType::F32},
                            {"F8_E4M3FNUZ", 8, DType::F32},
                            {"F8_E5M2FNUZ", 8, DType::F32},
                            {"F8_E8M0", 8},  // scales of blocks of other tensors
                            {"F6_E2M3", 6},
                            {"F6_E3M2", 6},
                            {"F4", 4},
                            {"C64", 64}};

uint64_t header_bytes(std::span<const std::byte> bytes) {
  uint64_t length = 0;
  if (bytes.size() >= kLengthBytes) std::memcpy(&length, bytes.data(), kLengthBytes);
  return length;
}

struct Extent {
  uint64_t begin = 0, end = 0;
  std::string name;
};

struct Told {
  const Named* type;
  WeightTensor tensor;  // without its bytes
};

Result<Told> read_shape(const std::string& name, const json& told) {
  WeightTensor tensor;
  if (!told.is_object() || told.size() != 3 || !told.contains("dtype") || !told.contains("shape") ||
      !told.contains("data_offsets") || !told["dtype"].is_string() || !told["shape"].is_array())
    return damaged("tensor '" + name.substr(0, 80) +
                   "' has not just dtype, shape and data_offsets");
  const auto type = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const Named& known) {
    return told["dtype"].get<std::string>() == known.name;
  });
  if (type == std::end(kTypes))
    return Status::make(Code::Unsupported, C207_UnsupportedType, Status::kNoOffset,
                        "tensor '" + name.substr(0, 80) + "' is of type '" +
                            told["dtype"].get<std::string>().substr(0, 20) + "'",
                        "save it as F32, F16 or BF16");
  if (type->dtype)
    tensor.dtype = *type->dtype;
  else
    tensor.other_type = type->name;
  if (told["shape"].size() > kMaxRank)
    return damaged("tensor '" + name.substr(0, 80) + "' has too many axes");
  for (const json& dim : told["shape"]) {
    if (!dim.is_number_unsigned())
      return damaged("tensor '" + name.substr(0, 80) + "' has an axis that is no size");
    tensor.shape.push_back(dim.get<uint64_t>());
  }
  return Told{type, std::move(tensor)};
}

Result<Extent> read_extent(const std::string& name, const json& offsets, const Told& told,
                           uint64_t data_bytes) {
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
      !offsets[1].is_number_unsigned())
    return damaged("tensor '" + name.substr(0, 80) + "' has no two offsets");
  const Extent extent{offsets[0].get<uint64_t>(), offsets[1].get<uint64_t>(), name};
  uint64_t bits = told.type->bits;
  bool wraps = false;
  for (const uint64_t dim : told.tensor.shape) wraps |= __builtin_mul_overflow(bits, dim, &bits);
  if (wraps || bits % 8 != 0 || extent.begin > extent.end || extent.end > data_bytes ||
      extent.end - extent.begin != bits / 8)
    return damaged("tensor '" + name.substr(0, 80) + "' does not lie where its shape fits");
  return extent;
}

void widen(WeightTensor& tensor, const SmallFloat& from) {
  auto floats = std::make_shared<const std::vector<float>>(to_floats(from, tensor.bytes));
  tensor.bytes = std::as_bytes(std::span(*floats));
  tensor.owner = std::move(floats);
}

}  // namespace

bool can_read(const SourceFile& source) {
  const uint64_t length = header_bytes(source.bytes);
  return source.bytes.size() > kLengthBytes && length >= 2 &&
         length <= source.bytes.size() - kLengthBytes &&
         source.bytes[kLengthBytes] == std::byte{'{'};
}

Result<network::Weights> read_weights(const SourceFile& source) {
  const uint64_t length = header_bytes(source.bytes);
  if (source.bytes.size() < kLengthBytes || length > source.bytes.size() - kLengthBytes)
    return damaged("its header is longer than the file");
  const auto data = source.bytes.subspan(kLengthBytes + static_cast<size_t>(length));
  MLE_TRY_ASSIGN(const json header,
                 parse_json(source.bytes.subspan(kLengthBytes, static_cast<size_t>(length))));
  if (!header.is_object()) return damaged("its header is no object");
  network::Weights weights;
  std::vector<Extent> extents;
  for (const auto& [name, told] : header.items()) {
    if (name == "__metadata__") continue;
    MLE_TRY_ASSIGN(Told read, read_shape(name, told));
    MLE_TRY_ASSIGN(Extent extent, read_extent(name, told["data_offsets"], read, data.size()));
    WeightTensor& tensor = read.tensor;
    tensor.owner = source.owner;
    tensor.bytes = data.subspan(extent.begin, extent.end - extent.begin);
    if (const SmallFloat* small = find_small_float(read.type->name)) widen(tensor, *small);
    extents.push_back(std::move(extent));
    weights.emplace(name, std::move(tensor));
  }
  std::sort(extents.begin(), extents.end(), [](const Extent& a, const Extent& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t at = 0;
  for (const Extent& extent : extents) {
    if (extent.begin != at)
      return damaged("tensor '" + extent.name.substr(0, 80) +
                     "' leaves a hole or overlaps another");
    at = extent.end;
  }
  if (at != data.size()) return damaged("bytes at its end belong to no tensor");
  return weights;
}

std::optional<Graph> read(const SourceFile& source, const ImportOptions& options,
                          Problems& problems) {
  const auto weights = read_weights(source);
  if (!weights) {
    problems.add(weights.error(), "");
    return std::nullopt;
  }
  return network::read_network(*weights, "safetensors", source, options, problems);
}

}  // namespace mle::compiler::safetensors
