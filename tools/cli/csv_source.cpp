// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/csv_source.h"

#include "format/rules.h"
#include "tools/cli/columns.h"
#include "tools/cli/number.h"
#include "tools/cli/row_buffers.h"
#include "tools/cli/text.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace mle::tools {
namespace {

std::optional<Number> parse_number(std::string_view text) {
  if (const auto whole = to_i64(text)) return Number::of(*whole);
  if (const auto natural = to_u64(text)) return Number::of(*natural);
  if (const auto real = to_double(text)) return Number::of(*real);
  return {};
}

std::optional<Number> parse_cell(const CsvField& cell, DType dtype) {
  const std::string_view text = trim(cell.text);
  const bool real =
      dtype == DType::F32 || dtype == DType::F64 || dtype == DType::F16 || dtype == DType::BF16;
  if (text.empty() && real) return Number::of(std::numeric_limits<double>::quiet_NaN());
  if (text == "true" || text == "True" || text == "TRUE") return Number::of(uint64_t{1});
  if (text == "false" || text == "False" || text == "FALSE") return Number::of(uint64_t{0});
  // "-0" is a number of its own, which no integer holds.
  if (real) {
    const auto value = to_double(text);
    return value ? std::optional(Number::of(*value)) : std::nullopt;
  }
  return parse_number(text);
}

class CsvSource final : public RowSource {
 public:
  CsvSource(std::string path, CsvReader reader, std::span<const TensorSpec> inputs)
      : path_(std::move(path)), reader_(std::move(reader)), specs_(inputs.begin(), inputs.end()) {
    for (const TensorSpec& input : specs_) {
      buffers_.emplace_back(input);
      for (size_t j = 0; j < input.width() && input.per_row; ++j)
        slots_.push_back({buffers_.size() - 1, j, slots_.size()});
    }
  }

  // Reads the first record and decides what the columns mean.
  Status bind(const RowTarget& target, const Console& console);

  std::optional<uint64_t> total() const override { return {}; }
  Result<uint64_t> next(uint64_t most, std::vector<In>& inputs) override;

 private:
  struct Slot {  // one element of a row
    size_t input, element, column;
  };
  Status bad(Code code, int rule, const std::string& what, const std::string& hint) const {
    return Status::make(code, rule, Status::kNoOffset, path_ + ": " + what, hint);
  }
  Status bad_cell(size_t column, const std::string& what) const;
  Status bind_names(const std::vector<std::string>& wanted, const Console& console);
  Status read_record();  // into fields_, unless one is waiting there; or sets ended_
  Status store_record(uint64_t row);
  Status store_cell(const Slot& slot, uint64_t row);
  Result<uint64_t> next_whole(std::vector<In>& inputs);

  std::string path_;
  CsvReader reader_;
  std::vector<TensorSpec> specs_;
  std::deque<RowBuffer> buffers_;
  std::vector<Slot> slots_;
  std::vector<std::string> header_;  // column names where the file has them
  std::vector<CsvField> fields_;
  CellTexts texts_;
  size_t columns_ = 0;
  bool pending_ = false;  // fields_ holds a record that is not used yet
  bool ended_ = false;
};

Status CsvSource::bind(const RowTarget& target, const Console& console) {
  MLE_TRY(read_record());
  if (ended_) return {};
  const bool per_row = !specs_.empty() && specs_[0].per_row;
  const std::vector<std::string> wanted =
      per_row ? element_names(target) : std::vector<std::string>();
  const bool all_have_names = !column_names(target).empty();
  const std::unordered_set<std::string_view> known(wanted.begin(), wanted.end());
  // One number makes it a row of data: a typo in its other cells must not hide it.
  bool words = false, numbers = false, named = false;
  for (const CsvField& field : fields_) {
    const std::string_view text = trim(field.text);
    named = named || known.count(text) > 0;
    const bool number = parse_cell(field, DType::Bool) || to_double(text);
    numbers = numbers || number;
    words = words || (!number && !text.empty());
  }
  const bool text_inputs = std::any_of(specs_.begin(), specs_.end(),
                                       [](const TensorSpec& s) { return s.dtype == DType::Str; });
  const bool header = named || (words && !numbers && !text_inputs);
  columns_ = fields_.size();
  pending_ = !header;
  if (header)
    for (const CsvField& field : fields_) header_.emplace_back(trim(field.text));
  // Columns of other names are other columns, even where there are as many of them.
  if (header && per_row && (named || all_have_names)) return bind_names(wanted, console);
  if (per_row && columns_ != slots_.size())
    return bad(Code::InvalidArgument, format::rule::T304_Columns,
               "has " + std::to_string(columns_) + " columns, the model takes " +
                   std::to_string(slots_.size()),
               "one column per element of the inputs, in their order");
  return {};
}

Status CsvSource::bind_names(const std::vector<std::string>& wanted, const Console& console) {
  std::unordered_map<std::string_view, size_t> at;
  for (size_t i = 0; i < header_.size(); ++i)
    if (!at.emplace(header_[i], i).second && !header_[i].empty())
      return bad(Code::InvalidArgument, format::rule::T304_Columns,
                 "two columns are called '" + header_[i] + "'", "rename one of them");
  std::vector<std::string> absent, unused;
  std::unordered_set<std::string_view> used;
  for (size_t i = 0; i < slots_.size(); ++i) {
    const auto found = at.find(wanted[i]);
    if (found == at.end())
      absent.push_back(wanted[i]);
    else
      slots_[i].column = found->second;
    used.insert(wanted[i]);
  }
  if (!absent.empty())
    return bad(Code::InvalidArgument, format::rule::T304_Columns,
               "no column " + quoted_names(absent),
               "the header must name every column of the model; their order is free");
  for (const std::string& name : header_)
    if (used.count(name) == 0) unused.push_back(name);
  if (!unused.empty())
    console.warning(path_, "the model has no column " + quoted_names(unused) + ": ignored");
  return {};
}

Status CsvSource::bad_cell(size_t column, const std::string& what) const {
  const std::string name =
      column < header_.size() ? "'" + header_[column] + "'" : std::to_string(column + 1);
  return bad(Code::InvalidArgument, format::rule::T303_BadRow,
             "line " + std::to_string(reader_.line()) + ": column " + name + ": " + what,
             "correct the line or leave it out");
}

Status CsvSource::store_cell(const Slot& slot, uint64_t row) {
  const CsvField& cell = fields_[slot.column];
  const DType dtype = specs_[slot.input].dtype;
  std::byte* to = buffers_[slot.input].element(row, slot.element);
  if (dtype == DType::Str) {
    const bool missing = cell.text.empty() && !cell.quoted;  // "" is an empty string
    *reinterpret_cast<std::string_view*>(to) =
        missing ? std::string_view() : texts_.keep(cell.text);
    return {};
  }
  const auto number = parse_cell(cell, dtype);
  const std::string shown = "'" + std::string(cell.text.substr(0, 40)) + "'";
  if (!number)
    return bad_cell(slot.column, cell.text.empty() ? "is empty" : shown + " is not a number");
  if (!store(*number, dtype, to))
    return bad_cell(slot.column, shown + " does not fit " + name_of(dtype));
  return {};
}

Status CsvSource::read_record() {
  if (std::exchange(pending_, false)) return {};
  auto more = reader_.next(fields_);
  if (!more) {
    const Status& why = more.error();
    return bad(why.code(), why.rule(), why.message(), why.hint());
  }
  ended_ = !*more;
  return {};
}

Status CsvSource::store_record(uint64_t row) {
  if (fields_.size() != columns_)
    return bad(Code::InvalidArgument, format::rule::T303_BadRow,
               "line " + std::to_string(reader_.line()) + ": has " +
                   std::to_string(fields_.size()) + " fields, the lines before have " +
                   std::to_string(columns_),
               "correct the line or leave it out");
  for (const Slot& slot : slots_) MLE_TRY(store_cell(slot, row));
  return {};
}

Result<uint64_t> CsvSource::next(uint64_t most, std::vector<In>& inputs) {
  inputs.clear();
  texts_.clear();
  if (ended_) return uint64_t{0};
  if (specs_.empty() || !specs_[0].per_row) return next_whole(inputs);
  for (RowBuffer& buffer : buffers_) buffer.reserve(most);
  uint64_t rows = 0;
  while (rows < most && !texts_.full()) {
    MLE_TRY(read_record());
    if (ended_) break;
    MLE_TRY(store_record(rows));
    ++rows;
  }
  for (const RowBuffer& buffer : buffers_) inputs.push_back(buffer.view(rows));
  return rows;
}

// A model that is not row-wise: all fields of all lines, one after another, are its one input.
Result<uint64_t> CsvSource::next_whole(std::vector<In>& inputs) {
  if (specs_.size() != 1)
    return bad(Code::InvalidArgument, format::rule::T304_Columns,
               "the model takes several whole tensors", "save them as an .npz");
  RowBuffer& buffer = buffers_[0];
  buffer.reserve(1);
  size_t element = 0;
  for (;;) {
    MLE_TRY(read_record());
    if (ended_) break;
    for (size_t column = 0; column < fields_.size(); ++column, ++element) {
      if (element == specs_[0].width()) return bad_cell(column, "is more than the model takes");
      MLE_TRY(store_cell({0, element, column}, 0));
    }
  }
  if (element != specs_[0].width())
    return bad(Code::InvalidArgument, format::rule::T304_Columns,
               "holds " + std::to_string(element) + " numbers, the model takes " +
                   std::to_string(specs_[0].width()),
               "give all elements of its input, row by row");
  inputs.push_back(buffer.view(1));
  return uint64_t{1};
}

}  // namespace

Result<std::unique_ptr<RowSource>> open_csv_rows(std::string path, CsvReader reader,
                                                 const RowTarget& target, const Console& console) {
  auto source = std::make_unique<CsvSource>(std::move(path), std::move(reader), target.inputs);
  MLE_TRY(source->bind(target, console));
  return std::unique_ptr<RowSource>(std::move(source));
}

}  // namespace mle::tools
