// Names, types and shapes of what goes into a model and comes out of it, and the views that carry
// the caller's own memory there. Nothing here owns memory or can fail.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mle/dtype.h"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>

namespace mle {

// Which arrays the model that ours was made from takes for an input, beside [rows, dims]. The
// runtime takes rows one after another whatever their axes were: this is for who gathers them.
enum class Axes : uint8_t {
  AsDims,
  Flattened,  // [rows, any axes that multiply to the one of dims]
  Leading     // [any axes, dims]: all of them count rows, and outputs have the same before theirs
};

// What one input or output is. Views into the Model: valid as long as any copy of it lives.
struct TensorSpec {
  std::string_view name;
  DType dtype = DType::F32;
  std::span<const uint32_t> dims;  // of one row where per_row, else of the whole tensor
  bool per_row = true;             // false: fixed shape, one call is one tensor
  // The model this one was made from has that many rows for one of ours: the first of dims. [3 N,
  // 2] there is N rows of [3, 2] here.
  uint32_t source_rows = 1;
  Axes axes = Axes::AsDims;

  // Elements of one row (per_row) or of the whole tensor. An empty dims is one element.
  size_t width() const noexcept {
    size_t n = 1;
    for (uint32_t d : dims) n *= d;
    return n;
  }

  // Elements of one row, where a whole tensor has its rows along its first axis.
  size_t columns() const noexcept {
    return per_row || dims.empty() || dims[0] == 0 ? width() : width() / dims[0];
  }
};

// One question a model answers: its name, what it needs, what it gives.
struct EntrySpec {
  std::string_view name;
  std::span<const TensorSpec> inputs, outputs;
};

namespace detail {
template <class T>
struct DTypeOf;  // no definition: not a type a tensor can hold
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::F32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::F64;
};
template <>
struct DTypeOf<int8_t> {
  static constexpr DType value = DType::I8;
};
template <>
struct DTypeOf<uint8_t> {
  static constexpr DType value = DType::U8;
};
template <>
struct DTypeOf<int16_t> {
  static constexpr DType value = DType::I16;
};
template <>
struct DTypeOf<uint16_t> {
  static constexpr DType value = DType::U16;
};
template <>
struct DTypeOf<int32_t> {
  static constexpr DType value = DType::I32;
};
template <>
struct DTypeOf<uint32_t> {
  static constexpr DType value = DType::U32;
};
template <>
struct DTypeOf<int64_t> {
  static constexpr DType value = DType::I64;
};
template <>
struct DTypeOf<uint64_t> {
  static constexpr DType value = DType::U64;
};
template <>
struct DTypeOf<bool> {
  static constexpr DType value = DType::Bool;
};
template <>
struct DTypeOf<std::string_view> {
  static constexpr DType value = DType::Str;
};

// How strings lie in memory: as std::string_view of C++, or as mle_string of c.h.
enum class Strings : uint8_t { Views, C };

template <class R>
concept TensorRange = std::ranges::contiguous_range<R> && std::ranges::sized_range<R> && requires {
  DTypeOf<std::remove_cv_t<std::ranges::range_value_t<R>>>::value;
};
}  // namespace detail

// Borrows the caller's memory for one input until run() returns.
// Rows lie one after another, `row_bytes` apart; 0 means densely packed. Rows of an input may
// overlap (a window that slides), rows of an output may not. Any alignment works; memory that is
// aligned to its elements is used in place, except f64 for an f32 input, and 14 or more input rows
// of 512 or more elements that lie a multiple of 4096 bytes apart: these would share one cache set
// and are copied.
// A string is a std::string_view; one without data is a missing string, which "" is not.
class In {
 public:
  template <detail::TensorRange R>
  requires(!std::same_as<std::remove_cvref_t<R>, In>) In(const R& range)
  noexcept  // NOLINT: implicit on purpose
      : dtype_(detail::DTypeOf<std::remove_cv_t<std::ranges::range_value_t<R>>>::value),
        data_(std::ranges::data(range)),
        count_(std::ranges::size(range)) {}
  // `count` elements in all; `data` may be null only when count is 0. Strings are
  // std::string_views.
  In(DType dtype, const void* data, size_t count, ptrdiff_t row_bytes = 0,
     detail::Strings strings = detail::Strings::Views) noexcept
      : dtype_(dtype), strings_(strings), data_(data), count_(count), row_bytes_(row_bytes) {}

  DType dtype() const noexcept { return dtype_; }
  const void* data() const noexcept { return data_; }
  size_t count() const noexcept { return count_; }
  ptrdiff_t row_bytes() const noexcept { return row_bytes_; }
  detail::Strings strings() const noexcept { return strings_; }

 private:
  DType dtype_;
  detail::Strings strings_ = detail::Strings::Views;
  const void* data_;
  size_t count_;
  ptrdiff_t row_bytes_ = 0;
};

// Borrows the caller's memory for one output until run() returns; otherwise as In. Strings that
// come out point into the model or are the caller's own: they live as long as a copy of the Model
// and what was passed in.
class Out {
 public:
  template <detail::TensorRange R>
  requires(!std::same_as<std::remove_cvref_t<R>, Out> &&
           !std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<R>>>)
      Out(R&& range)
  noexcept  // NOLINT: implicit on purpose
      : dtype_(detail::DTypeOf<std::remove_cv_t<std::ranges::range_value_t<R>>>::value),
        data_(std::ranges::data(range)),
        count_(std::ranges::size(range)) {}
  Out(DType dtype, void* data, size_t count, ptrdiff_t row_bytes = 0,
      detail::Strings strings = detail::Strings::Views) noexcept
      : dtype_(dtype), strings_(strings), data_(data), count_(count), row_bytes_(row_bytes) {}

  DType dtype() const noexcept { return dtype_; }
  void* data() const noexcept { return data_; }
  size_t count() const noexcept { return count_; }
  ptrdiff_t row_bytes() const noexcept { return row_bytes_; }
  detail::Strings strings() const noexcept { return strings_; }

 private:
  DType dtype_;
  detail::Strings strings_ = detail::Strings::Views;
  void* data_;
  size_t count_;
  ptrdiff_t row_bytes_ = 0;
};

}  // namespace mle
