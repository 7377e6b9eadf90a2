// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/csv.h"

#include "format/rules.h"

#include <algorithm>
#include <utility>

namespace mle::tools {
namespace {

bool ends_field(int c) { return c == ',' || c == '\n' || c == '\r'; }

}  // namespace

Status CsvReader::bad(const char* what, uint64_t line) const {
  return Status::make(Code::Corrupt, format::rule::T303_BadRow, Status::kNoOffset,
                      "line " + std::to_string(line) + ": " + what,
                      "CSV wants commas between fields, and \"…\" around a field that holds one");
}

Result<int> CsvReader::peek() {
  if (at_ == filled_) {
    MLE_TRY_ASSIGN(filled_, source_(std::span<char>(buffer_)));
    at_ = 0;
    if (filled_ == 0) return -1;
    if (!begun_ && filled_ >= 3 && buffer_.compare(0, 3, "\xEF\xBB\xBF") == 0) at_ = 3;
    begun_ = true;
    if (at_ == filled_) return peek();
  }
  return static_cast<unsigned char>(buffer_[at_]);
}

Result<int> CsvReader::get() {
  MLE_TRY_ASSIGN(const int c, peek());
  if (c >= 0) ++at_;
  if (c == '\n') ++line_;
  return c;
}

// One field and what ends it: a comma, or the end of the record (`last`).
Result<bool> CsvReader::read_field(bool& last) {
  MLE_TRY_ASSIGN(int c, get());
  if (c < 0 && extents_.empty()) return false;
  const bool quoted = c == '"';
  if (quoted) {
    const uint64_t begin = line_;
    for (;;) {
      MLE_TRY_ASSIGN(c, get());
      if (c < 0) return bad("a quote is opened and never closed", begin);
      if (c == '"') {
        MLE_TRY_ASSIGN(const int after, peek());
        if (after != '"') break;
        MLE_TRY_ASSIGN(c, get());
      }
      if (c == 0) return bad("holds binary data", line_);
      text_ += static_cast<char>(c);
      if (text_.size() > kMaxCsvRecord) return bad("is longer than 64 MiB", record_line_);
    }
    MLE_TRY_ASSIGN(c, get());
    if (c >= 0 && c != ',' && c != '\n' && c != '\r')
      return bad("text follows a closing quote", line_);
  } else {
    while (c >= 0 && !ends_field(c)) {
      if (c == '"') return bad("a quote stands inside an unquoted field", line_);
      if (c == 0) return bad("holds binary data", line_);
      text_ += static_cast<char>(c);
      // What is plain is taken in one piece.
      const char* const first = buffer_.data() + at_;
      const char* const end =
          std::find_if(first, std::as_const(buffer_).data() + filled_,
                       [](char x) { return ends_field(x) || x == '"' || x == 0; });
      text_.append(first, end);
      at_ += static_cast<size_t>(end - first);
      if (text_.size() > kMaxCsvRecord) return bad("is longer than 64 MiB", record_line_);
      MLE_TRY_ASSIGN(c, get());
    }
  }
  if (extents_.size() == kMaxCsvFields) return bad("has too many fields", record_line_);
  extents_.push_back({text_.size(), quoted});
  last = c != ',';
  if (c == '\r') {  // CRLF, or a line end of old
    MLE_TRY_ASSIGN(const int after, peek());
    if (after == '\n') {
      MLE_TRY_ASSIGN(c, get());
    } else {
      ++line_;
    }
  }
  return true;
}

Result<bool> CsvReader::next(std::vector<CsvField>& fields) {
  for (;;) {
    text_.clear();
    extents_.clear();
    record_line_ = line_;
    bool last = false;
    while (!last) {
      MLE_TRY_ASSIGN(const bool more, read_field(last));
      if (!more) return false;
    }
    if (extents_.size() == 1 && text_.empty() && !extents_[0].quoted) continue;  // a blank line
    fields.clear();
    size_t begin = 0;
    for (const Extent& extent : extents_) {
      fields.push_back({std::string_view(text_).substr(begin, extent.end - begin), extent.quoted});
      begin = extent.end;
    }
    return true;
  }
}

std::string csv_quoted(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace mle::tools
