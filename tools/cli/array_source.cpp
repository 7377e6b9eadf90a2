// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/array_source.h"

#include "compiler/import/archive/zip.h"
#include "format/rules.h"
#include "tools/cli/array_rows.h"
#include "tools/cli/array_stream.h"
#include "tools/cli/columns.h"
#include "tools/cli/row_buffers.h"

#include <algorithm>
#include <optional>

namespace mle::tools {
namespace {

Status bad_rows(const std::string& path, const std::string& what, const std::string& hint) {
  return Status::make(Code::InvalidArgument, format::rule::T302_ReadRows, Status::kNoOffset,
                      path + ": " + what, hint);
}

Status in_file(const std::string& path, const Status& status) {
  return Status::make(status.code(), status.rule(), status.offset(), path + ": " + status.message(),
                      status.hint());
}

// One input's array; for strings, the flags of those that are missing beside it.
struct Column {
  ArrayRows rows;
  ArrayStream elements;
  std::optional<ArrayStream> missing;
  RowBuffer buffer;
  bool per_row;
};

// Binds the parts to each other, and opens all of the array where its rows lie apart.
Result<Column> make_column(ArrayStream elements, std::optional<ArrayStream> missing,
                           const TensorSpec& input) {
  MLE_TRY_ASSIGN(ArrayRows rows, ArrayRows::make(elements.array(), input));
  if (missing) MLE_TRY(rows.set_missing(missing->array()));
  if (!rows.by_rows()) {
    MLE_TRY_ASSIGN(const auto bytes, elements.all());
    rows.set_window(0, bytes);
    if (missing) {
      MLE_TRY_ASSIGN(const auto flags, missing->all());
      rows.set_missing_window(flags);
    }
  }
  return Column{std::move(rows), std::move(elements), std::move(missing), RowBuffer(input),
                input.per_row};
}

class ArraySource final : public RowSource {
 public:
  explicit ArraySource(InputFile file) : file_(std::move(file)) {}

  // One call per input, in order.
  void add(Column column) { columns_.push_back(std::move(column)); }

  Status finish(std::span<const TensorSpec> specs) {
    bool seen = false;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (!columns_[i].per_row) continue;
      const uint64_t rows = columns_[i].rows.rows();
      if (seen && rows != total_)
        return bad_rows(file_.path(),
                        "input '" + std::string(specs[i].name) + "' has " + std::to_string(rows) +
                            " rows, others have " + std::to_string(total_),
                        "every input needs the same number of rows");
      total_ = rows;
      seen = true;
    }
    if (!seen) total_ = 1;
    return {};
  }

  std::optional<uint64_t> total() const override { return total_; }
  std::span<const uint64_t> row_axes() const override {
    return columns_.size() == 1 ? columns_[0].rows.row_axes() : std::span<const uint64_t>();
  }

  Result<uint64_t> next(uint64_t most, std::vector<In>& inputs) override {
    uint64_t rows = std::min(most, total_ - done_);
    for (Column& column : columns_) {
      column.elements.release();
      if (column.missing) column.missing->release();
      const uint64_t bytes = std::max<uint64_t>(column.rows.row_bytes(), 1);
      if (column.rows.by_rows()) rows = std::min(rows, std::max<uint64_t>(kWindowBytes / bytes, 1));
    }
    rows = std::min(rows, total_ - done_);
    inputs.clear();
    for (Column& column : columns_) {
      if (rows == 0) break;
      if (Status status = add_rows(column, rows, inputs); !status.ok())
        return in_file(file_.path(), status);
    }
    done_ += rows;
    return rows;
  }

 private:
  static constexpr uint64_t kWindowBytes = uint64_t{4} << 20;  // of one array

  Status add_rows(Column& column, uint64_t rows, std::vector<In>& inputs) {
    const uint64_t first = column.per_row ? done_ : 0, count = column.per_row ? rows : 1;
    if (column.rows.by_rows()) {
      MLE_TRY_ASSIGN(const auto bytes, column.elements.take(count * column.rows.row_bytes()));
      column.rows.set_window(first, bytes);
      if (column.missing) {
        const uint64_t flags = count * column.rows.width();
        MLE_TRY_ASSIGN(const auto window, column.missing->take(flags));
        column.rows.set_missing_window(window);
      }
    }
    if (const auto there = column.rows.direct(first, count)) {
      inputs.push_back(*there);
      return {};
    }
    MLE_TRY(column.rows.convert(first, count, column.buffer.reserve(count)));
    inputs.push_back(column.buffer.view(count));
    return {};
  }

  InputFile file_;
  std::vector<Column> columns_;
  uint64_t total_ = 0, done_ = 0;
};

// The array's name is the member's without ".npy".
std::string_view array_name(const archive::ZipMember& member) {
  std::string_view name = member.name;
  if (name.ends_with(".npy")) name.remove_suffix(4);
  return name;
}

class NpzArchive {
 public:
  NpzArchive(std::string path, std::vector<archive::ZipMember> members)
      : path_(std::move(path)), members_(std::move(members)), used_(members_.size()) {}

  // Index of the array of that name, or -1.
  int find(std::string_view name) const {
    for (size_t i = 0; i < members_.size(); ++i)
      if (array_name(members_[i]) == name) return static_cast<int>(i);
    return -1;
  }

  Result<ArrayStream> open(size_t index) {
    used_[index] = true;
    auto stream = ArrayStream::of_member(members_[index], true);
    if (!stream)
      return in_file(path_ + ": array '" + std::string(array_name(members_[index])) + "'",
                     stream.error());
    return stream;
  }

  std::vector<std::string> names(bool unused_only) const {
    std::vector<std::string> names;
    for (size_t i = 0; i < members_.size(); ++i)
      if (!unused_only || !used_[i]) names.emplace_back(array_name(members_[i]));
    return names;
  }

 private:
  std::string path_;
  std::vector<archive::ZipMember> members_;
  std::vector<bool> used_;
};

// A table whose columns are the inputs, by their places.
bool is_table_for(std::span<const TensorSpec> inputs, const archive::NpyArray& array) {
  if (column_places(inputs).empty() || array.shape.size() != 2) return false;
  return inputs.size() > 1 || array.shape[1] != 1;
}

template <class Open>
Result<std::vector<Column>> columns_of_table(std::span<const TensorSpec> inputs, Open open) {
  const std::vector<uint64_t> places = column_places(inputs);
  std::vector<Column> columns;
  for (size_t i = 0; i < inputs.size(); ++i) {
    MLE_TRY_ASSIGN(ArrayStream elements, open());
    MLE_TRY_ASSIGN(ArrayRows rows, ArrayRows::make_column(elements.array(), inputs[i], places[i]));
    MLE_TRY_ASSIGN(const auto bytes, elements.all());
    rows.set_window(0, bytes);
    columns.push_back(
        {std::move(rows), std::move(elements), std::nullopt, RowBuffer(inputs[i]), true});
  }
  return columns;
}

void warn_of_others(const archive::NpyArray& table, std::span<const TensorSpec> inputs,
                    const std::string& path, const Console& console) {
  const uint64_t columns = table.shape[1];
  if (columns > inputs.size())
    console.warning(path, "of the array's " + std::to_string(columns) +
                              " columns the model reads " + std::to_string(inputs.size()) +
                              ": the others are ignored");
}

}  // namespace

Result<std::unique_ptr<RowSource>> open_npy_rows(InputFile file, const RowTarget& target,
                                                 const Console& console) {
  const std::string path = file.path();
  const auto open = [&] { return ArrayStream::of_npy(file.bytes(), file.mapped()); };
  auto stream = open();
  if (!stream) return in_file(path, stream.error());
  std::vector<Column> columns;
  if (is_table_for(target.inputs, stream->array())) {
    auto parts = columns_of_table(target.inputs, open);
    if (!parts) return in_file(path, parts.error());
    columns = std::move(*parts);
    warn_of_others(stream->array(), target.inputs, path, console);
  } else if (target.inputs.size() == 1) {
    auto column = make_column(std::move(*stream), {}, target.inputs[0]);
    if (!column) return in_file(path, column.error());
    columns.push_back(std::move(*column));
  } else {
    return bad_rows(
        path, "holds one array, the model has " + std::to_string(target.inputs.size()) + " inputs",
        "save an .npz with one array per input, called as the input is");
  }
  auto source = std::make_unique<ArraySource>(std::move(file));
  for (Column& column : columns) source->add(std::move(column));
  MLE_TRY(source->finish(target.inputs));
  return std::unique_ptr<RowSource>(std::move(source));
}

Result<std::unique_ptr<RowSource>> open_npz_rows(InputFile file, const RowTarget& target,
                                                 const Console& console) {
  const std::string path = file.path();
  auto members = archive::list_zip(file.bytes());
  if (!members) return in_file(path, members.error());
  NpzArchive archive(path, std::move(*members));
  const bool one_array = archive.names(false).size() == 1;
  const bool only_one = target.inputs.size() == 1 && one_array;

  std::vector<Column> columns;
  if (one_array) {
    MLE_TRY_ASSIGN(const ArrayStream first, archive.open(0));
    if (is_table_for(target.inputs, first.array())) {
      auto parts = columns_of_table(target.inputs, [&] { return archive.open(0); });
      if (!parts) return in_file(path, parts.error());
      warn_of_others(first.array(), target.inputs, path, console);
      auto source = std::make_unique<ArraySource>(std::move(file));
      for (Column& column : *parts) source->add(std::move(column));
      MLE_TRY(source->finish(target.inputs));
      return std::unique_ptr<RowSource>(std::move(source));
    }
  }
  std::vector<std::string> absent;
  for (const TensorSpec& input : target.inputs) {
    const int index = only_one ? 0 : archive.find(input.name);
    if (index < 0) {
      absent.emplace_back(input.name);
      continue;
    }
    MLE_TRY_ASSIGN(ArrayStream elements, archive.open(static_cast<size_t>(index)));
    const int flags =
        input.dtype == DType::Str ? archive.find("missing." + std::string(input.name)) : -1;
    std::optional<ArrayStream> missing;
    if (flags >= 0) {
      MLE_TRY_ASSIGN(missing, archive.open(static_cast<size_t>(flags)));
    }
    auto column = make_column(std::move(elements), std::move(missing), input);
    if (!column) return in_file(path, column.error());
    columns.push_back(std::move(*column));
  }
  if (!absent.empty())
    return bad_rows(path, "no array for input " + quoted_names(absent),
                    "the file holds " + quoted_names(archive.names(false)));
  if (const auto unused = archive.names(true); !unused.empty())
    console.warning(path, "the model has no input " + quoted_names(unused) + ": ignored");

  auto source = std::make_unique<ArraySource>(std::move(file));
  for (Column& column : columns) source->add(std::move(column));
  MLE_TRY(source->finish(target.inputs));
  return std::unique_ptr<RowSource>(std::move(source));
}

}  // namespace mle::tools
