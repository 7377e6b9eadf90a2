// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/jsonl_source.h"

#include "compiler/import/archive/npy.h"
#include "format/rules.h"
#include "tools/cli/columns.h"
#include "tools/cli/json_reader.h"
#include "tools/cli/number.h"
#include "tools/cli/row_buffers.h"
#include "tools/cli/text.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

namespace mle::tools {
namespace {

using Token = JsonReader::Token;

bool is_real(DType dtype) {
  return dtype == DType::F32 || dtype == DType::F64 || dtype == DType::F16 || dtype == DType::BF16;
}

std::optional<Number> parse_number(std::string_view text, DType dtype) {
  // "-0" is a number of its own, which no integer holds.
  if (!is_real(dtype)) {
    if (const auto whole = to_i64(text)) return Number::of(*whole);
    if (const auto natural = to_u64(text)) return Number::of(*natural);
  }
  if (const auto real = to_double(text)) return Number::of(*real);
  return {};
}

bool without_ones_equal(std::span<const uint64_t> a, std::span<const uint32_t> b) {
  size_t i = 0;
  for (const uint32_t dim : b) {
    if (dim == 1) continue;
    while (i < a.size() && a[i] == 1) ++i;
    if (i == a.size() || a[i++] != dim) return false;
  }
  return std::all_of(a.begin() + static_cast<ptrdiff_t>(i), a.end(),
                     [](uint64_t dim) { return dim == 1; });
}

class JsonlSource final : public RowSource {
 public:
  JsonlSource(std::string path, LineReader reader, const RowTarget& target, const Console& console)
      : path_(std::move(path)),
        reader_(std::move(reader)),
        specs_(target.inputs.begin(), target.inputs.end()),
        console_(console) {
    for (size_t i = 0; i < specs_.size(); ++i) {
      buffers_.emplace_back(specs_[i]);
      inputs_.emplace(specs_[i].name, i);
    }
    names_ = column_names(target);
    for (size_t i = 0; i < specs_.size() && !names_.empty(); ++i)
      for (size_t j = 0; j < specs_[i].width(); ++j) {
        const size_t column = columns_.size();
        columns_.emplace(names_[column], Place{i, j, column});
        if (columns_.size() == column) names_.clear();
        if (names_.empty()) break;
      }
    if (names_.empty()) columns_.clear();  // a name that stands twice says nothing
    taken_columns_.resize(names_.size());
    taken_.resize(specs_.size());
  }

  std::optional<uint64_t> total() const override { return {}; }

  Result<uint64_t> next(uint64_t most, std::vector<In>& inputs) override {
    inputs.clear();
    texts_.clear();
    const bool whole = specs_.empty() || !specs_[0].per_row;
    if (whole) most = 1;
    for (RowBuffer& buffer : buffers_) buffer.reserve(most);
    uint64_t rows = 0;
    while (rows < most && !texts_.full()) {
      MLE_TRY_ASSIGN(const bool more, read_line());
      if (!more) break;
      if (whole && seen_ > 0)
        return bad(format::rule::T304_Columns, "is more than the model takes: one whole tensor",
                   "give one line");
      MLE_TRY(store_record(rows));
      ++seen_;
      ++rows;
    }
    for (const RowBuffer& buffer : buffers_) inputs.push_back(buffer.view(rows));
    return rows;
  }

 private:
  struct Place {
    size_t input, element, column;
  };

  Status bad(int rule, const std::string& what, const char* hint) const {
    return Status::make(Code::InvalidArgument, rule, Status::kNoOffset,
                        path_ + ": line " + std::to_string(reader_.line()) + ": " + what, hint);
  }
  Status bad_json() const {
    return bad(format::rule::T303_BadRow,
               "column " + std::to_string(json_.column()) + ": " + json_.problem(),
               "each line must be one JSON value, an object or an array");
  }
  Status bad_value(const std::string& field, const std::string& what) const {
    const std::string where = field.empty() ? "" : "'" + printable(field) + "': ";
    return bad(format::rule::T303_BadRow, where + what, "correct the line or leave it out");
  }

  // The next line that is not blank.
  Result<bool> read_line() {
    std::string_view line;
    do {
      auto more = reader_.next(line);
      if (!more) {
        const Status& why = more.error();
        return Status::make(why.code(), why.rule(), why.offset(), path_ + ": " + why.message(),
                            why.hint());
      }
      if (!*more) return false;
    } while (trim(line).empty());
    json_.start(line);
    return true;
  }

  Status store_record(uint64_t row) {
    const Token token = json_.next();
    if (token == Token::ObjectBegin) {
      MLE_TRY(store_object(row));
    } else if (token == Token::Bad) {
      return bad_json();
    } else if (specs_.size() == 1) {
      MLE_TRY(store_input("", 0, row, token));
    } else {
      return bad(format::rule::T304_Columns,
                 "is no object, the model has " + std::to_string(specs_.size()) + " inputs",
                 "give an object by their names");
    }
    return json_.next() == Token::End ? Status() : bad_json();
  }

  Status store_object(uint64_t row) {
    std::fill(taken_columns_.begin(), taken_columns_.end(), false);
    std::fill(taken_.begin(), taken_.end(), 0);
    std::vector<std::string> unused;
    for (;;) {
      Token token = json_.next();
      if (token == Token::ObjectEnd) break;
      if (token != Token::Name) return bad_json();
      const std::string name(json_.text());
      token = json_.next();
      // An input and one of its columns may share a name: what is there tells them apart.
      const auto input = inputs_.find(name);
      const auto column = columns_.find(name);
      const bool as_input =
          input != inputs_.end() && (column == columns_.end() || token == Token::ArrayBegin ||
                                     specs_[input->second].width() == 1);
      if (as_input) {
        size_t& taken = taken_[input->second];
        if (taken > 0) return bad_value(name, "is there twice");
        taken = specs_[input->second].width();
        MLE_TRY(store_input(name, input->second, row, token));
      } else if (column != columns_.end()) {
        const Place& place = column->second;
        size_t& taken = taken_[place.input];
        if (taken_columns_[place.column] || taken == specs_[place.input].width())
          return bad_value(name, "is there twice");
        taken_columns_[place.column] = true;
        ++taken;
        MLE_TRY(store_element(name, place.input, place.element, row, token));
      } else {
        if (!json_.skip(token)) return bad_json();
        if (!warned_) unused.push_back(name);
      }
    }
    MLE_TRY(check_complete());
    if (!unused.empty()) {
      console_.warning(path_, "the model has no column " + quoted_names(unused) + ": ignored");
      warned_ = true;
    }
    return {};
  }

  // Every input, by its own name or by those of all its columns.
  Status check_complete() {
    std::vector<std::string> absent;
    size_t column = 0;
    for (size_t i = 0; i < specs_.size(); ++i) {
      const size_t width = specs_[i].width();
      for (size_t j = 0; j < width && taken_[i] < width; ++j)
        if (names_.empty())
          j = width, absent.emplace_back(specs_[i].name);
        else if (!taken_columns_[column + j])
          absent.push_back(names_[column + j]);
      column += width;
    }
    if (absent.empty()) return {};
    return bad(format::rule::T304_Columns, "no column " + quoted_names(absent),
               "every line must name every column of the model; their order is free");
  }

  // A value of any nesting: as the dims say, or flat.
  Status store_input(const std::string& field, size_t input, uint64_t row, Token token) {
    const size_t width = specs_[input].width();
    shape_.clear();
    counts_.clear();
    size_t element = 0;
    for (;;) {
      if (token == Token::ArrayBegin) {
        counts_.push_back(0);
        if (shape_.size() < counts_.size()) {
          if (element > 0 || closed()) return ragged(field);
          shape_.push_back(kOpen);
        }
      } else if (token == Token::ArrayEnd) {
        uint64_t& wanted = shape_[counts_.size() - 1];
        if (wanted == kOpen) wanted = counts_.back();
        if (wanted != counts_.back()) return ragged(field);
        counts_.pop_back();
      } else if (token == Token::Bad) {
        return bad_json();
      } else {
        if (counts_.size() != shape_.size()) return ragged(field);
        if (element == width)
          return bad_value(
              field, "has more than the " + std::to_string(width) + " elements the model takes");
        MLE_TRY(store_element(field, input, element, row, token));
        ++element;
      }
      if (counts_.empty()) break;
      if (token != Token::ArrayBegin) ++counts_.back();
      token = json_.next();
    }
    const bool flat = shape_.size() <= 1;
    if (element != width || (!flat && !without_ones_equal(shape_, specs_[input].dims)))
      return bad_value(field, "has the shape " + archive::shape_text(shape_) +
                                  ", the model takes " +
                                  archive::shape_text(std::vector<uint64_t>(
                                      specs_[input].dims.begin(), specs_[input].dims.end())));
    return {};
  }

  // An array of the innermost level has been closed: its level is known.
  bool closed() const { return !shape_.empty() && shape_.back() != kOpen; }
  Status ragged(const std::string& field) const {
    return bad_value(field, "its arrays are not of one length and depth");
  }

  Status store_element(const std::string& field, size_t input, size_t element, uint64_t row,
                       Token token) {
    if (token == Token::Bad) return bad_json();
    const DType dtype = specs_[input].dtype;
    std::byte* to = buffers_[input].element(row, element);
    if (dtype == DType::Str && (token == Token::Text || token == Token::Null)) {
      *reinterpret_cast<std::string_view*>(to) =
          token == Token::Null ? std::string_view() : texts_.keep(json_.text());
      return {};
    }
    std::optional<Number> number;
    std::string shown;
    if (token == Token::Number) {
      number = parse_number(json_.text(), dtype);
      shown = json_.text().substr(0, 40);
    } else if (token == Token::True || token == Token::False) {
      number = Number::of(uint64_t{token == Token::True ? 1u : 0u});
      shown = token == Token::True ? "true" : "false";
    } else if (token == Token::Null) {
      if (is_real(dtype)) number = Number::of(std::numeric_limits<double>::quiet_NaN());
      shown = "null";
    } else {
      shown = token == Token::Text ? "text" : token == Token::ArrayBegin ? "an array" : "an object";
    }
    if (number && dtype != DType::Str && store(*number, dtype, to)) return {};
    std::string where;
    if (specs_[input].width() > 1 && (field.empty() || inputs_.count(field) > 0))
      where = "element " + std::to_string(element) + ": ";
    return bad_value(field, where + shown + " does not fit " + name_of(dtype));
  }

  static constexpr uint64_t kOpen = ~uint64_t{0};

  std::string path_;
  LineReader reader_;
  std::vector<TensorSpec> specs_;
  const Console& console_;
  JsonReader json_;
  std::vector<RowBuffer> buffers_;
  std::unordered_map<std::string, size_t> inputs_;
  std::unordered_map<std::string, Place> columns_;
  std::vector<std::string> names_;        // of the columns, where all have one
  std::vector<bool> taken_columns_;       // by this line
  std::vector<size_t> taken_;             // elements of each input
  std::vector<uint64_t> shape_, counts_;  // of the value that is read
  CellTexts texts_;
  bool warned_ = false;
  uint64_t seen_ = 0;
};

}  // namespace

Result<std::unique_ptr<RowSource>> open_jsonl_rows(std::string path, LineReader reader,
                                                   const RowTarget& target,
                                                   const Console& console) {
  return std::unique_ptr<RowSource>(
      std::make_unique<JsonlSource>(std::move(path), std::move(reader), target, console));
}

}  // namespace mle::tools
