// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-inspect/constants.h"

#include "format/layout.h"
#include "format/rules.h"

#include <bit>
#include <cstring>
#include <unordered_set>

namespace mle::tools {
namespace {

using format::kLanes;

// Where element [k, n] of a packed matrix lies, in elements.
uint64_t packed_index(fb::Layout layout, uint64_t k, uint64_t n, uint64_t rows, uint64_t columns) {
  const auto panel = [&](uint64_t group) {
    const uint64_t height = format::round_up(rows, group) / group;
    return ((n / kLanes * height + k / group) * kLanes + n % kLanes) * group + k % group;
  };
  switch (layout) {
    case fb::Layout::Panel16: return panel(1);
    case fb::Layout::Panel16K2: return panel(2);
    case fb::Layout::Panel16K4: return panel(4);
    case fb::Layout::Lanes16: return (k / kLanes * columns + n) * kLanes + k % kLanes;
    default: return k * columns + n;
  }
}

}  // namespace

DType dtype_of(const fb::Tensor& tensor) { return static_cast<DType>(tensor.dtype()); }

std::vector<uint64_t> dims_of(const fb::Tensor& tensor) {
  if (tensor.dims() == nullptr) return {};
  return {tensor.dims()->begin(), tensor.dims()->end()};
}

uint64_t elements_of(const fb::Tensor& tensor) {
  uint64_t count = 1;
  for (const uint64_t dim : dims_of(tensor)) count *= dim;
  return count;
}

bool is_constant(const fb::Tensor& tensor) { return tensor.place() == fb::Place::Constant; }

double double_of(const fb::Bits64& bits) {
  return std::bit_cast<double>(uint64_t{bits.hi()} << 32 | bits.lo());
}

std::vector<std::string> tensor_names(const format::FileView& view) {
  std::vector<std::string> names;
  std::unordered_set<std::string> taken;
  const auto& tensors = *view.model().tensors();
  for (uint32_t i = 0; i < tensors.size(); ++i) {
    std::string base(view.string(tensors.Get(i)->name()));
    if (base.empty()) base = "t" + std::to_string(i);
    std::string name = base;
    for (size_t copy = 2; !taken.insert(name).second; ++copy)
      name = base + "_" + std::to_string(copy);
    names.push_back(std::move(name));
  }
  return names;
}

std::string op_title(const format::FileView& view, size_t index) {
  const fb::Op& op = *view.model().ops()->Get(static_cast<uint32_t>(index));
  const std::string name(view.string(op.name()));
  return fb::EnumNameOpKind(op.kind()) +
         (name.empty() ? " " + std::to_string(index + 1) : " '" + name + "'");
}

Result<std::vector<std::byte>> unpack(const format::FileView& view, const fb::Tensor& tensor) {
  const std::span<const std::byte> packed = view.constant(tensor);
  if (tensor.layout() == fb::Layout::Plain) return std::vector(packed.begin(), packed.end());
  const std::vector<uint64_t> dims = dims_of(tensor);
  const size_t size = size_of(dtype_of(tensor));
  if (tensor.layout() > fb::Layout::MAX || dims.size() != 2)
    return Status::make(Code::Unsupported, format::rule::T306_Export, Status::kNoOffset,
                        "a constant has a layout that can't be unpacked", "use a newer mle");
  const uint64_t rows = dims[0], columns = dims[1];
  std::vector<std::byte> plain(rows * columns * size);
  for (uint64_t k = 0; k < rows; ++k)
    for (uint64_t n = 0; n < columns; ++n) {
      const uint64_t from = packed_index(tensor.layout(), k, n, rows, columns);
      std::memcpy(plain.data() + (k * columns + n) * size, packed.data() + from * size, size);
    }
  return plain;
}

}  // namespace mle::tools
