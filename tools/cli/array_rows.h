// ArrayRows: an .npy array seen as the rows of one model input.
// Promise: a value that does not fit the input's dtype is an error that names it; only floating
// numbers are rounded, as the runtime does.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>
#include <mle/tensor.h>

#include "compiler/import/archive/npy.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace mle::tools {

class ArrayRows {
 public:
  // Fits the array to the input: [rows, dims…], axes of length 1 in either left out; or one row.
  // Its bytes may be given later, by set_window().
  // For an input that is not per row: exactly its dims, and rows() is 1. Other axes where the input
  // says so (Axes).
  static Result<ArrayRows> make(archive::NpyArray array, const TensorSpec& input);

  // One column of a table [rows, columns], for an input of one element a row.
  static Result<ArrayRows> make_column(archive::NpyArray table, const TensorSpec& input,
                                       uint64_t column);

  uint64_t rows() const { return rows_; }
  size_t width() const { return width_; }
  // The axes that count rows, where they are more than one.
  const std::vector<uint64_t>& row_axes() const { return row_axes_; }

  // True where rows lie one after another, row_bytes() each: then a window may hold some of them.
  bool by_rows() const { return columns_.empty(); }
  uint64_t row_bytes() const { return row_step_ * array_.item_bytes; }
  // From here on rows are looked for in `bytes`, which begin with row `first` (0 unless by_rows()).
  void set_window(uint64_t first, std::span<const std::byte> bytes);

  // Where the array already is what the model takes (or doubles, which the runtime rounds to
  // floats): rows [first, first + count) in place.
  std::optional<In> direct(uint64_t first, uint64_t count) const;

  // Writes rows [first, first + count) to `out` as dense elements of the input's dtype. Strings
  // (std::string_view pairs) borrow from this object until the next call.
  Status convert(uint64_t first, uint64_t count, void* out);

  // Strings only: a bool array of as many elements; a true one is "missing" (null pointer). Its
  // window holds the elements of the rows that the array's own window does.
  Status set_missing(const archive::NpyArray& missing);
  void set_missing_window(std::span<const std::byte> bytes) { missing_ = bytes; }

 private:
  ArrayRows(archive::NpyArray array, const TensorSpec& input)
      : array_(std::move(array)), input_(input) {}
  // Place of an element in the window, in items.
  uint64_t index(uint64_t row, size_t column) const;
  const std::byte* item(uint64_t row, size_t column) const;
  template <class To>
  Status convert_to(uint64_t first, uint64_t count, To* out) const;
  Status convert_text(uint64_t first, uint64_t count, std::string_view* out);
  Status misfit(uint64_t row, size_t column, const std::string& value) const;

  archive::NpyArray array_;
  TensorSpec input_;
  std::vector<uint64_t> row_axes_;
  uint64_t rows_ = 0, first_ = 0;  // of all; of the window
  size_t width_ = 0;
  uint64_t row_step_ = 0;          // in items
  std::vector<uint64_t> columns_;  // item offset of each element of a row; empty: 0, 1, 2 …
  std::deque<std::string> texts_;
  std::span<const std::byte> missing_;
};

}  // namespace mle::tools
