// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/npz/npz.h"

#include "compiler/import/archive/npy.h"
#include "compiler/import/archive/zip.h"
#include "compiler/import/network/network.h"
#include "format/rules.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mle::compiler::npz {
namespace {

using enum format::rule::Rule;
using archive::NpyArray;
using archive::NpyKind;
using network::WeightTensor;

constexpr std::string_view kSuffix = ".npy";
// Of all members together; deflated zeros would make terabytes.
constexpr uint64_t kMostInflatedBase = uint64_t{64} << 20;
constexpr uint64_t kMostInflatedPerByte = 20;

std::optional<DType> dtype_of(const NpyArray& array) {
  const size_t bytes = array.item_bytes;
  const auto of_size = [&](DType one, DType two, DType four, DType eight) {
    return bytes == 1 ? one : bytes == 2 ? two : bytes == 4 ? four : eight;
  };
  switch (array.kind) {
    case NpyKind::Float: return bytes == 2 ? DType::F16 : bytes == 4 ? DType::F32 : DType::F64;
    case NpyKind::Int: return of_size(DType::I8, DType::I16, DType::I32, DType::I64);
    case NpyKind::UInt: return of_size(DType::U8, DType::U16, DType::U32, DType::U64);
    case NpyKind::Bool: return DType::Bool;
    case NpyKind::Unicode: break;
  }
  return std::nullopt;
}

// The elements in the order of C and of this machine.
std::vector<std::byte> in_order(const NpyArray& array) {
  const size_t item = array.item_bytes, rank = array.shape.size();
  std::vector<uint64_t> stride(rank, 1), index(rank, 0);  // in elements, as the file has them
  for (size_t axis = 0; axis < rank; ++axis) {
    const size_t at = array.fortran_order ? axis : rank - 1 - axis;
    if (axis == 0) continue;
    const size_t before = array.fortran_order ? axis - 1 : rank - axis;
    stride[at] = stride[before] * array.shape[before];
  }
  std::vector<std::byte> bytes(array.bytes.size());
  for (uint64_t i = 0; i < array.count; ++i) {
    uint64_t place = 0;
    for (size_t axis = 0; axis < rank; ++axis) place += index[axis] * stride[axis];
    const auto from = array.bytes.subspan(place * item, item);
    const auto to = bytes.begin() + static_cast<ptrdiff_t>(i * item);
    if (array.big_endian)
      std::reverse_copy(from.begin(), from.end(), to);
    else
      std::copy(from.begin(), from.end(), to);
    for (size_t axis = rank; axis-- > 0;) {
      if (++index[axis] < array.shape[axis]) break;
      index[axis] = 0;
    }
  }
  return bytes;
}

WeightTensor make_tensor(const NpyArray& array, DType dtype, std::shared_ptr<const void> owner) {
  WeightTensor tensor;
  tensor.dtype = dtype;
  tensor.shape = array.shape;
  const bool turned = array.fortran_order && array.shape.size() > 1;
  if (!turned && (!array.big_endian || array.item_bytes == 1)) {
    tensor.bytes = array.bytes;
    tensor.owner = std::move(owner);
  } else {
    auto kept = std::make_shared<const std::vector<std::byte>>(in_order(array));
    tensor.bytes = *kept;
    tensor.owner = std::move(kept);
  }
  return tensor;
}

Result<WeightTensor> read_member(const SourceFile& source, const archive::ZipMember& member) {
  auto storage = std::make_shared<std::vector<std::byte>>();
  MLE_TRY_ASSIGN(const auto bytes, archive::open_member(member, *storage));
  MLE_TRY_ASSIGN(const NpyArray array, archive::parse_npy(bytes, archive::kModel));
  const std::optional<DType> dtype = dtype_of(array);
  if (!dtype)
    return Status::make(Code::Unsupported, C207_UnsupportedType, Status::kNoOffset,
                        "array '" + archive::shown(member.name) + "' holds strings",
                        "save numbers alone");
  const bool in_place = member.method == 0;
  return make_tensor(array, *dtype,
                     in_place ? source.owner : std::shared_ptr<const void>(std::move(storage)));
}

bool is_array(const archive::ZipMember& member) {
  return member.name.size() > kSuffix.size() && member.name.ends_with(kSuffix);
}

}  // namespace

bool can_read(const SourceFile& source) {
  if (!archive::is_zip(source.bytes)) return false;
  const auto members = archive::list_zip(source.bytes, archive::kModel);
  if (!members) return true;  // no importer of archives can: read() says what is wrong with it
  return !members->empty() && std::ranges::all_of(*members, is_array);
}

Result<network::Weights> read_weights(const SourceFile& source) {
  MLE_TRY_ASSIGN(const auto members, archive::list_zip(source.bytes, archive::kModel));
  uint64_t left = kMostInflatedBase + kMostInflatedPerByte * source.bytes.size();
  network::Weights weights;
  for (const archive::ZipMember& member : members) {
    if (!is_array(member)) continue;
    if (member.size > left)
      return Status::make(Code::Unsupported, C216_LimitReached, Status::kNoOffset,
                          "the archive unpacks to far more than it holds",
                          "save it with numpy.savez, not compressed");
    left -= member.method == 0 ? 0 : member.size;
    MLE_TRY_ASSIGN(WeightTensor tensor, read_member(source, member));
    weights.emplace(member.name.substr(0, member.name.size() - kSuffix.size()), std::move(tensor));
  }
  return weights;
}

std::optional<Graph> read(const SourceFile& source, const ImportOptions& options,
                          Problems& problems) {
  const auto weights = read_weights(source);
  if (!weights) {
    problems.add(weights.error(), "");
    return std::nullopt;
  }
  return network::read_network(*weights, "npz", source, options, problems);
}

}  // namespace mle::compiler::npz
