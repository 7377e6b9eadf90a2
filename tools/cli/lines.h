// LineReader: a text line by line, of which one is in memory at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "tools/cli/csv.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace mle::tools {

inline constexpr size_t kMaxLine = size_t{64} << 20;  // bytes

class LineReader {
 public:
  explicit LineReader(CsvReader::Source source) : source_(std::move(source)) {}

  // The next line without its end (LF, CRLF) and without the byte order mark of the first one,
  // valid until the next call; false at the end. Fails where a line is longer than kMaxLine.
  Result<bool> next(std::string_view& line);
  // Of the line that next() gave last, from 1.
  uint64_t line() const { return line_; }

 private:
  CsvReader::Source source_;
  std::string buffer_;
  size_t at_ = 0, filled_ = 0;
  uint64_t line_ = 0;
  bool ended_ = false;
};

}  // namespace mle::tools
