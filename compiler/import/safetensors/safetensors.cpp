// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/safetensors/safetensors.h"

#include "compiler/import/json/document.h"
#include "compiler/import/network/network.h"
#include "format/rules.h"

#include <algorithm>
#include <cstring>
#include <utility>

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

struct Named {
  const char* name;
  DType dtype;
};
constexpr Named kTypes[] = {{"F64", DType::F64},   {"F32", DType::F32}, {"F16", DType::F16},
                            {"BF16", DType::BF16}, {"I64", DType::I64}, {"I32", DType::I32},
                            {"I16", DType::I16},   {"I8", DType::I8},   {"U64", DType::U64},
                            {"U32", DType::U32},   {"U16", DType::U16}, {"U8", DType::U8},
                            {"BOOL", DType::Bool}};

uint64_t header_bytes(std::span<const std::byte> bytes) {
  uint64_t length = 0;
  if (bytes.size() >= kLengthBytes) std::memcpy(&length, bytes.data(), kLengthBytes);
  return length;
}

struct Extent {
  uint64_t begin = 0, end = 0;
  std::string name;
};

Result<WeightTensor> read_shape(const std::string& name, const json& told) {
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
  tensor.dtype = type->dtype;
  if (told["shape"].size() > kMaxRank)
    return damaged("tensor '" + name.substr(0, 80) + "' has too many axes");
  for (const json& dim : told["shape"]) {
    if (!dim.is_number_unsigned())
      return damaged("tensor '" + name.substr(0, 80) + "' has an axis that is no size");
    tensor.shape.push_back(dim.get<uint64_t>());
  }
  return tensor;
}

Result<Extent> read_extent(const std::string& name, const json& offsets, const WeightTensor& tensor,
                           uint64_t data_bytes) {
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
      !offsets[1].is_number_unsigned())
    return damaged("tensor '" + name.substr(0, 80) + "' has no two offsets");
  const Extent extent{offsets[0].get<uint64_t>(), offsets[1].get<uint64_t>(), name};
  uint64_t bytes = size_of(tensor.dtype);
  bool wraps = false;
  for (const uint64_t dim : tensor.shape) wraps |= __builtin_mul_overflow(bytes, dim, &bytes);
  if (wraps || extent.begin > extent.end || extent.end > data_bytes ||
      extent.end - extent.begin != bytes)
    return damaged("tensor '" + name.substr(0, 80) + "' does not lie where its shape fits");
  return extent;
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
    MLE_TRY_ASSIGN(WeightTensor tensor, read_shape(name, told));
    MLE_TRY_ASSIGN(Extent extent, read_extent(name, told["data_offsets"], tensor, data.size()));
    tensor.owner = source.owner;
    tensor.bytes = data.subspan(extent.begin, extent.end - extent.begin);
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
