// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-inspect/match_ops.h"

#include "tools/mle-inspect/constants.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace mle::tools {
namespace {

constexpr uint64_t kMostCells = uint64_t{1} << 22;  // of the table; beyond it ops match by place

std::vector<std::string> signatures(const format::FileView& view) {
  std::vector<std::string> list;
  for (const fb::Op* op : *view.model().ops()) {
    std::string text = std::to_string(static_cast<unsigned>(op->kind()));
    for (const uint16_t output : *op->outputs()) {
      const fb::Tensor& tensor = *view.model().tensors()->Get(output);
      text += " " + std::to_string(static_cast<unsigned>(tensor.dtype())) + ":";
      for (const uint64_t dim : dims_of(tensor)) text += std::to_string(dim) + ",";
    }
    list.push_back(std::move(text));
  }
  return list;
}

}  // namespace

std::vector<size_t> match_ops(const format::FileView& a, const format::FileView& b) {
  const std::vector<std::string> left = signatures(a), right = signatures(b);
  std::vector<size_t> partner(left.size(), kNoMatch);
  // What is alike at both ends needs no table.
  size_t begin = 0, end_a = left.size(), end_b = right.size();
  for (; begin < std::min(end_a, end_b) && left[begin] == right[begin]; ++begin)
    partner[begin] = begin;
  for (; end_a > begin && end_b > begin && left[end_a - 1] == right[end_b - 1]; --end_a, --end_b)
    partner[end_a - 1] = end_b - 1;
  const size_t rows = end_a - begin, columns = end_b - begin;
  if (rows == 0 || columns == 0) return partner;
  if (uint64_t{rows + 1} * (columns + 1) > kMostCells) {
    for (size_t i = 0; i < std::min(rows, columns); ++i)
      if (left[begin + i] == right[begin + i]) partner[begin + i] = begin + i;
    return partner;
  }
  // longest[i][j]: of what is left from i and j on.
  std::vector<uint32_t> longest((rows + 1) * (columns + 1));
  const auto at = [&](size_t i, size_t j) -> uint32_t& { return longest[i * (columns + 1) + j]; };
  for (size_t i = rows; i-- > 0;)
    for (size_t j = columns; j-- > 0;)
      at(i, j) = left[begin + i] == right[begin + j] ? at(i + 1, j + 1) + 1
                                                     : std::max(at(i + 1, j), at(i, j + 1));
  for (size_t i = 0, j = 0; i < rows && j < columns;) {
    if (left[begin + i] == right[begin + j])
      partner[begin + i++] = begin + j++;
    else if (at(i + 1, j) >= at(i, j + 1))
      ++i;
    else
      ++j;
  }
  return partner;
}

}  // namespace mle::tools
