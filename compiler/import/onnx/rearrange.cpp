// Everything is "element i of the result is element source(i) of the tensor".
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/rearrange.h"

#include "compiler/import/onnx/text.h"
#include "format/limits.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

template <class Source>
Result<Tensor> rearranged(const Tensor& tensor, Dims dims, FoldBudget& budget, Source source) {
  const size_t size = size_of(tensor.dtype);
  const uint64_t count = element_count(dims);
  MLE_TRY(budget.spend(count * size, count));
  if (tensor.dtype == DType::Str) {
    Tensor result{tensor.name, tensor.dtype, std::move(dims), {}, {}};
    for (uint64_t i = 0; i < count; ++i) result.words.push_back(tensor.words[source(i)]);
    return result;
  }
  std::vector<std::byte> bytes(count * size);
  std::vector<int64_t> times_rows(tensor.times_rows.empty() ? 0 : count);
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t from = source(i);
    std::memcpy(bytes.data() + i * size, tensor.data.bytes.data() + from * size, size);
    if (!times_rows.empty()) times_rows[i] = tensor.times_rows[from];
  }
  return Tensor{tensor.name, tensor.dtype, std::move(dims), Constant::from_bytes(std::move(bytes)),
                std::move(times_rows)};
}

// Elements from one step along `axis` to the next.
uint64_t stride(const Dims& dims, size_t axis) {
  uint64_t step = 1;
  for (size_t i = axis + 1; i < dims.size(); ++i) step *= dims[i];
  return step;
}

}  // namespace

Result<Tensor> transpose(const Tensor& tensor, const std::vector<uint32_t>& perm,
                         FoldBudget& budget) {
  Dims dims;
  std::vector<uint64_t> strides;
  for (const uint32_t axis : perm) {
    dims.push_back(tensor.dims[axis]);
    strides.push_back(stride(tensor.dims, axis));
  }
  return rearranged(tensor, dims, budget, [&](uint64_t i) {
    uint64_t from = 0;
    for (size_t axis = dims.size(); axis-- > 0; i /= dims[axis])
      from += i % dims[axis] * strides[axis];
    return from;
  });
}

Result<Tensor> pick(const Tensor& tensor, uint32_t axis, const std::vector<uint32_t>& picks,
                    FoldBudget& budget) {
  const uint64_t inner = stride(tensor.dims, axis);
  const uint64_t length = tensor.dims[axis];
  Dims dims = tensor.dims;
  dims[axis] = static_cast<uint32_t>(picks.size());
  return rearranged(tensor, dims, budget, [&](uint64_t i) {
    const uint64_t line = i / inner;
    return (line / picks.size() * length + picks[line % picks.size()]) * inner + i % inner;
  });
}

Result<Tensor> concat(const std::vector<const Tensor*>& tensors, uint32_t axis,
                      FoldBudget& budget) {
  Tensor result = *tensors[0];
  Dims& dims = result.dims;
  const uint64_t inner = stride(dims, axis) * size_of(result.dtype);
  uint64_t length = 0;
  bool marked = false;
  for (const Tensor* tensor : tensors) {
    length += tensor->dims[axis];
    marked |= tensor->has_rows();
  }
  if (length > format::kMaxDim) return unsupported(C216_LimitReached, "makes an axis too long");
  dims[axis] = static_cast<uint32_t>(length);
  const uint64_t total = element_count(dims) * size_of(result.dtype);
  MLE_TRY(budget.spend(total, total));

  if (result.dtype == DType::Str) {
    result.words.clear();
    const uint64_t lines = result.count() / std::max<uint64_t>(length * stride(dims, axis), 1);
    for (uint64_t line = 0; line < lines; ++line)
      for (const Tensor* tensor : tensors) {
        const auto part = static_cast<ptrdiff_t>(tensor->dims[axis] * stride(dims, axis));
        const auto begin = tensor->words.begin() + static_cast<ptrdiff_t>(line) * part;
        result.words.insert(result.words.end(), begin, begin + part);
      }
    return result;
  }
  std::vector<std::byte> bytes;
  bytes.reserve(total);
  result.times_rows.clear();
  const uint64_t outer = length * inner == 0 ? 0 : total / (length * inner);
  for (uint64_t line = 0; line < outer; ++line)
    for (const Tensor* tensor : tensors) {
      const auto part =
          tensor->data.bytes.subspan(line * tensor->dims[axis] * inner, tensor->dims[axis] * inner);
      bytes.insert(bytes.end(), part.begin(), part.end());
    }
  if (marked && outer > 1)
    return unsupported(C214_MixesRows, "computes with the number of rows",
                       "fix the batch axis with --shape NAME=N");
  if (marked)
    for (const Tensor* tensor : tensors)
      for (uint64_t i = 0; i < tensor->count(); ++i)
        result.times_rows.push_back(tensor->rows_at(i));
  result.data = Constant::from_bytes(std::move(bytes));
  return result;
}

}  // namespace mle::compiler::onnx
