// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/array_rows.h"

#include "format/rules.h"
#include "tools/cli/half.h"
#include "tools/cli/number.h"
#include "tools/cli/unicode.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace mle::tools {
namespace {

Status bad_array(const TensorSpec& input, const std::string& what, const std::string& hint) {
  return Status::make(Code::InvalidArgument, format::rule::T302_ReadRows, Status::kNoOffset,
                      "input '" + std::string(input.name) + "': " + what, hint);
}

std::string wanted_shape(const TensorSpec& input) {
  std::string text = input.per_row ? "[rows" : "[";
  for (uint32_t dim : input.dims) text += (text.size() > 1 ? ", " : "") + std::to_string(dim);
  return text + "]";
}

std::vector<uint64_t> without_ones(std::span<const uint64_t> dims) {
  std::vector<uint64_t> kept;
  std::copy_if(dims.begin(), dims.end(), std::back_inserter(kept),
               [](uint64_t d) { return d != 1; });
  return kept;
}

uint64_t product(std::span<const uint64_t> dims) {
  uint64_t all = 1;
  for (const uint64_t dim : dims) all *= dim;
  return all;
}

// How many axes of the array count rows, where the input leaves its axes open; 0: none of its ways.
size_t row_axes_of(std::span<const uint64_t> shape, bool fortran_order, const TensorSpec& input) {
  const size_t rank = input.dims.size();
  if (input.axes == Axes::Flattened && shape.size() > 2)
    return product(shape.subspan(1)) == input.width() ? 1 : 0;
  if (input.axes == Axes::Leading && shape.size() > rank + 1 && !fortran_order) {
    const size_t leading = shape.size() - rank;
    return std::ranges::equal(shape.subspan(leading), input.dims) ? leading : 0;
  }
  return 0;
}

template <class T>
T load(const std::byte* at, bool swap) {
  std::byte raw[sizeof(T)];
  std::memcpy(raw, at, sizeof raw);
  if (swap) std::reverse(raw, raw + sizeof raw);
  return std::bit_cast<T>(raw);
}

Number load_number(const archive::NpyArray& array, const std::byte* at) {
  const bool swap = array.big_endian;
  const uint32_t bytes = array.item_bytes;
  switch (array.kind) {
    case archive::NpyKind::Float:
      return Number::of(bytes == 8   ? load<double>(at, swap)
                        : bytes == 4 ? double{load<float>(at, swap)}
                                     : double{half_to_float(load<uint16_t>(at, swap))});
    case archive::NpyKind::Int:
      return Number::of(bytes == 8   ? load<int64_t>(at, swap)
                        : bytes == 4 ? int64_t{load<int32_t>(at, swap)}
                        : bytes == 2 ? int64_t{load<int16_t>(at, swap)}
                                     : int64_t{load<int8_t>(at, swap)});
    case archive::NpyKind::UInt:
      return Number::of(bytes == 8   ? load<uint64_t>(at, swap)
                        : bytes == 4 ? uint64_t{load<uint32_t>(at, swap)}
                        : bytes == 2 ? uint64_t{load<uint16_t>(at, swap)}
                                     : uint64_t{load<uint8_t>(at, swap)});
    case archive::NpyKind::Bool:
    case archive::NpyKind::Unicode: break;
  }
  return Number::of(uint64_t{load<uint8_t>(at, false) != 0 ? 1u : 0u});
}

// The dtype whose elements lie in memory as the array's do. None for bool: a byte of a file may be
// anything.
std::optional<DType> native_dtype(const archive::NpyArray& array) {
  constexpr DType kFloats[] = {DType::F16, DType::F32, DType::F64};
  constexpr DType kInts[] = {DType::I8, DType::I16, DType::I32, DType::I64};
  constexpr DType kUInts[] = {DType::U8, DType::U16, DType::U32, DType::U64};
  const int log2 = std::countr_zero(array.item_bytes);
  switch (array.kind) {
    case archive::NpyKind::Float: return kFloats[log2 - 1];
    case archive::NpyKind::Int: return kInts[log2];
    case archive::NpyKind::UInt: return kUInts[log2];
    case archive::NpyKind::Bool:
    case archive::NpyKind::Unicode: break;
  }
  return {};
}

// Words are words, and numbers numbers.
Status want_kind(const archive::NpyArray& array, const TensorSpec& input) {
  if ((array.kind == archive::NpyKind::Unicode) == (input.dtype == DType::Str)) return {};
  return bad_array(input,
                   std::string("the model takes ") + name_of(input.dtype) + ", the array holds '" +
                       archive::type_text(array) + "'",
                   "convert the array before saving it");
}

}  // namespace

Result<ArrayRows> ArrayRows::make(archive::NpyArray array, const TensorSpec& input) {
  MLE_TRY(want_kind(array, input));
  std::vector<uint64_t> dims(input.dims.begin(), input.dims.end());
  const std::vector<uint64_t> kept = without_ones(dims);
  const std::span<const uint64_t> shape(array.shape);
  const bool whole = without_ones(shape) == kept;
  const size_t row_axes = row_axes_of(shape, array.fortran_order, input);
  const bool rows =
      row_axes > 0 || (input.per_row && !shape.empty() && without_ones(shape.subspan(1)) == kept);
  const bool one_row = !rows && whole && (!input.per_row || shape.size() <= dims.size());
  if (!rows && !one_row)
    return bad_array(
        input, "shape " + archive::shape_text(shape) + ", the model takes " + wanted_shape(input),
        "give one row per line of the array");

  ArrayRows view(std::move(array), input);
  view.width_ = input.width();
  const std::span<const uint64_t> axes(view.array_.shape);
  if (row_axes > 1)
    view.row_axes_.assign(axes.begin(), axes.begin() + static_cast<ptrdiff_t>(row_axes));
  view.rows_ = row_axes > 1 ? product(view.row_axes_) : rows ? axes[0] : 1;
  const size_t first_axis = rows ? 1 : 0;
  const size_t rank = view.array_.shape.size();
  std::vector<uint64_t> steps(rank);
  uint64_t step = 1;
  for (size_t i = 0; i < rank; ++i) {
    const size_t axis = view.array_.fortran_order ? i : rank - 1 - i;
    steps[axis] = step;
    step *= std::max<uint64_t>(view.array_.shape[axis], 1);
  }
  view.row_step_ = rows && row_axes < 2 ? steps[0] : view.width_;
  if (view.array_.fortran_order && rank > 1 && view.array_.count > 0) {
    // The file holds at least one row: the table is no longer than the file.
    view.columns_.reserve(view.width_);
    view.columns_.push_back(0);
    for (size_t axis = first_axis; axis < rank; ++axis) {
      const size_t so_far = view.columns_.size();
      std::vector<uint64_t> next;
      next.reserve(so_far * view.array_.shape[axis]);
      for (uint64_t base : view.columns_)
        for (uint64_t i = 0; i < view.array_.shape[axis]; ++i)
          next.push_back(base + i * steps[axis]);
      view.columns_ = std::move(next);
    }
  }
  return view;
}

Result<ArrayRows> ArrayRows::make_column(archive::NpyArray table, const TensorSpec& input,
                                         uint64_t column) {
  MLE_TRY(want_kind(table, input));
  if (table.shape.size() != 2 || column >= table.shape[1])
    return bad_array(input,
                     "shape " + archive::shape_text(table.shape) + " has no column " +
                         std::to_string(column) + ", counted from 0",
                     "give one row per line of the array");
  ArrayRows view(std::move(table), input);
  const std::vector<uint64_t>& shape = view.array_.shape;
  view.width_ = 1;
  view.rows_ = shape[0];
  view.row_step_ = view.array_.fortran_order ? 1 : shape[1];
  view.columns_ = {view.array_.fortran_order ? column * shape[0] : column};
  return view;
}

Status ArrayRows::set_missing(const archive::NpyArray& missing) {
  if (missing.kind != archive::NpyKind::Bool || missing.count != array_.count ||
      without_ones(missing.shape) != without_ones(array_.shape) ||
      missing.fortran_order != array_.fortran_order)
    return bad_array(input_, "its 'missing.' array is no bool array of the same shape",
                     "save one truth value per string");
  missing_ = missing.bytes;
  return {};
}

void ArrayRows::set_window(uint64_t first, std::span<const std::byte> bytes) {
  first_ = first;
  array_.bytes = bytes;
}

uint64_t ArrayRows::index(uint64_t row, size_t column) const {
  return (row - first_) * row_step_ + (columns_.empty() ? column : columns_[column]);
}

const std::byte* ArrayRows::item(uint64_t row, size_t column) const {
  return array_.bytes.data() + index(row, column) * array_.item_bytes;
}

std::optional<In> ArrayRows::direct(uint64_t first, uint64_t count) const {
  if (!columns_.empty() || (array_.big_endian && array_.item_bytes > 1)) return {};
  const auto dtype = native_dtype(array_);
  const bool rounded = dtype == DType::F64 && input_.dtype == DType::F32;
  if (!dtype || (dtype != input_.dtype && !rounded)) return {};
  const std::byte* at = item(first, 0);
  if (reinterpret_cast<uintptr_t>(at) % array_.item_bytes != 0) return {};
  return In(*dtype, at, count * width_);
}

Status ArrayRows::misfit(uint64_t row, size_t column, const std::string& value) const {
  return bad_array(input_,
                   "row " + std::to_string(row) + ", element " + std::to_string(column) + ": " +
                       value + " does not fit " + name_of(input_.dtype),
                   "the model was made for " + std::string(name_of(input_.dtype)) +
                       " and would see another value");
}

template <class To>
Status ArrayRows::convert_to(uint64_t first, uint64_t count, To* out) const {
  for (uint64_t row = first; row < first + count; ++row)
    for (size_t column = 0; column < width_; ++column) {
      const Number number = load_number(array_, item(row, column));
      if (!store(number, *out++)) return misfit(row, column, number.text());
    }
  return {};
}

Status ArrayRows::convert_text(uint64_t first, uint64_t count, std::string_view* out) {
  texts_.clear();
  for (uint64_t row = first; row < first + count; ++row)
    for (size_t column = 0; column < width_; ++column) {
      const std::byte* at = item(row, column);
      std::string text;
      size_t length = array_.item_bytes / 4;  // NumPy pads with zeros at the end
      while (length > 0 && load<uint32_t>(at + 4 * (length - 1), false) == 0) --length;
      for (size_t i = 0; i < length; ++i) {
        const auto c = load<uint32_t>(at + 4 * i, array_.big_endian);
        if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
          return misfit(row, column, "character number " + std::to_string(c));
        append_utf8(text, c);
      }
      const uint64_t at_missing = index(row, column);
      const bool missing = at_missing < missing_.size() && missing_[at_missing] != std::byte{0};
      *out++ =
          missing ? std::string_view() : std::string_view(texts_.emplace_back(std::move(text)));
    }
  return {};
}

Status ArrayRows::convert(uint64_t first, uint64_t count, void* out) {
  switch (input_.dtype) {
    case DType::F32: return convert_to(first, count, static_cast<float*>(out));
    case DType::F64: return convert_to(first, count, static_cast<double*>(out));
    case DType::F16: return convert_to(first, count, static_cast<Half*>(out));
    case DType::I8: return convert_to(first, count, static_cast<int8_t*>(out));
    case DType::U8: return convert_to(first, count, static_cast<uint8_t*>(out));
    case DType::I16: return convert_to(first, count, static_cast<int16_t*>(out));
    case DType::U16: return convert_to(first, count, static_cast<uint16_t*>(out));
    case DType::I32: return convert_to(first, count, static_cast<int32_t*>(out));
    case DType::U32: return convert_to(first, count, static_cast<uint32_t*>(out));
    case DType::I64: return convert_to(first, count, static_cast<int64_t*>(out));
    case DType::U64: return convert_to(first, count, static_cast<uint64_t*>(out));
    case DType::Bool: return convert_to(first, count, static_cast<bool*>(out));
    case DType::Str: return convert_text(first, count, static_cast<std::string_view*>(out));
    case DType::BF16: return convert_to(first, count, static_cast<Bfloat*>(out));
  }
  return {};
}

}  // namespace mle::tools
