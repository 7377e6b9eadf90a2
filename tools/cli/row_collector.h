// RowCollector: many rows of a source in one piece, for models whose rows must be asked together.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/cli/row_source.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace mle::tools {

class RowCollector {
 public:
  explicit RowCollector(RowSource& source) : source_(source) {}

  // Up to `most` rows, fewer only at the end of the source; else as RowSource::next(). Fails with
  // OutOfMemory where they do not fit.
  Result<uint64_t> next(uint64_t most, std::vector<In>& inputs);

 private:
  // What was given for one input.
  struct Column {
    DType dtype = DType::F32;
    size_t count = 0;
    std::vector<std::byte> bytes;         // but of strings
    std::vector<std::string_view> texts;  // null where missing
    void append(const In& block, uint64_t rows, std::deque<std::string>& kept);
  };
  Status add_block(const std::vector<In>& block, uint64_t rows);

  RowSource& source_;
  std::vector<Column> columns_;
  std::deque<std::string> kept_;  // the characters of texts
};

}  // namespace mle::tools
