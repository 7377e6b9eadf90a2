// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/torch/strided.h"

#include "format/rules.h"

#include <cstring>
#include <utility>

namespace mle::compiler::torch {
namespace {

using enum format::rule::Rule;

constexpr size_t kMaxRank = 32;

Status damaged(const std::string& name, const char* what) {
  return Status::make(Code::Corrupt, C204_Damaged, Status::kNoOffset,
                      "tensor '" + name.substr(0, 80) + "' " + what, "save or copy the file again");
}

// The number of elements; fails where the last one lies outside the storage.
Result<uint64_t> checked_count(const Strided& tensor, const std::string& name) {
  if (tensor.shape.size() != tensor.strides.size() || tensor.shape.size() > kMaxRank ||
      tensor.offset < 0)
    return damaged(name, "does not say where its elements lie");
  uint64_t count = 1;
  uint64_t last = static_cast<uint64_t>(tensor.offset);
  for (size_t axis = 0; axis < tensor.shape.size(); ++axis) {
    if (tensor.shape[axis] < 0 || tensor.strides[axis] < 0)
      return damaged(name, "has an axis of a negative length or stride");
    if (tensor.shape[axis] == 0) return uint64_t{0};
    const auto length = static_cast<uint64_t>(tensor.shape[axis]);
    uint64_t reach = 0;
    if (__builtin_mul_overflow(count, length, &count) ||
        __builtin_mul_overflow(length - 1, static_cast<uint64_t>(tensor.strides[axis]), &reach) ||
        __builtin_add_overflow(last, reach, &last))
      return damaged(name, "is larger than any storage");
  }
  if (last >= tensor.storage.size() / size_of(tensor.dtype))
    return damaged(name, "reaches beyond its storage");
  return count;
}

bool is_contiguous(const Strided& tensor) {
  int64_t step = 1;
  for (size_t axis = tensor.shape.size(); axis-- > 0;) {
    if (tensor.shape[axis] != 1 && tensor.strides[axis] != step) return false;
    step *= tensor.shape[axis];
  }
  return true;
}

void copy_elements(const Strided& tensor, uint64_t count, std::byte* to) {
  const size_t size = size_of(tensor.dtype), rank = tensor.shape.size();
  std::vector<int64_t> index(rank, 0);
  int64_t place = tensor.offset;
  for (uint64_t i = 0; i < count; ++i) {
    std::memcpy(to + i * size, tensor.storage.data() + static_cast<size_t>(place) * size, size);
    for (size_t axis = rank; axis-- > 0;) {
      place += tensor.strides[axis];
      if (++index[axis] < tensor.shape[axis]) break;
      place -= tensor.strides[axis] * tensor.shape[axis];
      index[axis] = 0;
    }
  }
}

}  // namespace

Result<network::WeightTensor> gather(const Strided& tensor, const std::string& name,
                                     CopyBudget& budget) {
  MLE_TRY_ASSIGN(const uint64_t count, checked_count(tensor, name));
  network::WeightTensor made;
  made.dtype = tensor.dtype;
  for (const int64_t length : tensor.shape) made.shape.push_back(static_cast<uint64_t>(length));
  if (count == 0) return made;
  const uint64_t size = size_of(tensor.dtype);
  const auto first = tensor.storage.subspan(static_cast<size_t>(tensor.offset) * size);
  if (is_contiguous(tensor) && reinterpret_cast<uintptr_t>(first.data()) % size == 0) {
    made.bytes = first.first(count * size);
    made.owner = tensor.owner;
    return made;
  }
  if (count > budget.left / size)
    return Status::make(Code::Unsupported, C216_LimitReached, Status::kNoOffset,
                        "tensor '" + name.substr(0, 80) +
                            "' and those before it unfold to far more than the file holds",
                        "save it with .contiguous()");
  budget.left -= count * size;
  auto kept = std::make_shared<std::vector<std::byte>>(count * size);
  copy_elements(tensor, count, kept->data());
  made.bytes = *kept;
  made.owner = std::move(kept);
  return made;
}

}  // namespace mle::compiler::torch
