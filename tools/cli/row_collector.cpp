// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/row_collector.h"

#include "format/rules.h"

#include <algorithm>
#include <new>

namespace mle::tools {
namespace {

constexpr uint64_t kBlock = 4096;

}  // namespace

Result<uint64_t> RowCollector::next(uint64_t most, std::vector<In>& inputs) {
  columns_.clear();
  kept_.clear();
  uint64_t rows = 0;
  try {
    std::vector<In> block;
    while (rows < most) {
      MLE_TRY_ASSIGN(const uint64_t count, source_.next(std::min(kBlock, most - rows), block));
      if (count == 0) break;
      MLE_TRY(add_block(block, count));
      rows += count;
    }
  } catch (const std::bad_alloc&) {
    return error(Code::OutOfMemory, format::rule::T302_ReadRows, Status::kNoOffset,
                 "the answers of this model depend on which rows are asked together: ask fewer, or "
                 "convert it with --dynamic-quantize row",
                 "the rows do not fit into memory together: %llu did",
                 static_cast<unsigned long long>(rows));
  }
  inputs.clear();
  for (const Column& column : columns_) {
    if (column.dtype == DType::Str)
      inputs.emplace_back(column.texts);
    else
      inputs.emplace_back(column.dtype, column.bytes.data(), column.count);
  }
  return rows;
}

Status RowCollector::add_block(const std::vector<In>& block, uint64_t rows) {
  if (columns_.empty()) columns_.resize(block.size());
  for (size_t i = 0; i < block.size(); ++i) {
    Column& column = columns_[i];
    if (column.count == 0) column.dtype = block[i].dtype();
    if (column.dtype != block[i].dtype())
      return Status::make(Code::Internal, format::rule::T302_ReadRows, Status::kNoOffset,
                          "rows of one source come in two types", "please report these rows");
    column.append(block[i], rows, kept_);
  }
  return {};
}

void RowCollector::Column::append(const In& block, uint64_t rows, std::deque<std::string>& kept) {
  count += block.count();
  const auto* data = static_cast<const std::byte*>(block.data());
  if (dtype == DType::Str) {
    const auto* views = static_cast<const std::string_view*>(block.data());
    for (size_t i = 0; i < block.count(); ++i)
      texts.push_back(views[i].data() == nullptr ? views[i]
                                                 : std::string_view(kept.emplace_back(views[i])));
    return;
  }
  const size_t row_bytes = block.count() / rows * size_of(dtype);
  const size_t step = block.row_bytes() == 0 ? row_bytes : static_cast<size_t>(block.row_bytes());
  for (uint64_t row = 0; row < rows; ++row)
    bytes.insert(bytes.end(), data + row * step, data + row * step + row_bytes);
}

}  // namespace mle::tools
