// CSV as RFC 4180 has it: quotes, doubled quotes, line ends inside quotes, CRLF, a byte order mark.
// Promise: constant memory for files of any length; a bad record is named by its line.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mle::tools {

inline constexpr size_t kMaxCsvRecord = size_t{64} << 20;  // bytes
inline constexpr size_t kMaxCsvFields = size_t{1} << 22;   // in one record

struct CsvField {
  std::string_view text;  // unquoted; valid until the next call of next()
  bool quoted = false;
};

class CsvReader {
 public:
  // Fills the span from its start; returns how many bytes, 0 at the end.
  using Source = std::function<Result<size_t>(std::span<char>)>;
  explicit CsvReader(Source source) : source_(std::move(source)) {}

  // The next record, blank lines left out; false at the end.
  Result<bool> next(std::vector<CsvField>& fields);
  // Where the record that next() gave last begins, from 1.
  uint64_t line() const { return record_line_; }

 private:
  Result<int> get();  // the next byte, -1 at the end
  Result<int> peek();
  Status bad(const char* what, uint64_t line) const;
  Result<bool> read_field(bool& last);  // false: end of input where a record would begin

  Source source_;
  std::string buffer_ = std::string(65536, '\0');
  size_t at_ = 0, filled_ = 0;
  bool begun_ = false;
  uint64_t line_ = 1, record_line_ = 0;

  struct Extent {
    size_t end;
    bool quoted;
  };
  std::string text_;  // of all fields of the record
  std::vector<Extent> extents_;
};

// "a", or "\"a,b\"" where it needs quotes.
std::string csv_quoted(std::string_view text);

}  // namespace mle::tools
