// Every message says which argument, what was expected, and what came.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/arguments.h"

#include "format/rules.h"
#include "runtime/entry_names.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace mle::detail {
namespace {

using Transfer = BoundPort::Transfer;
namespace rule = format::rule;

// An In or Out and what it is called in messages.
struct Argument {
  const char* kind;  // "input", "output"
  std::string_view name;
  DType dtype;
  std::byte* data;
  size_t count;
  ptrdiff_t row_bytes;
  bool written;
  Strings strings;
};

template <class... Values>
Status refuse(const Argument& argument, int number, const char* hint, const char* format,
              Values... values) noexcept {
  char text[512];
  std::snprintf(text, sizeof text, format, values...);
  return error(Code::InvalidArgument, number, Status::kNoOffset, hint, "%s '%.*s': %s",
               argument.kind, shown(argument.name), argument.name.data(), text);
}

// Whether `rows` rows of `bytes` bytes, `stride` apart, can lie in memory at all.
bool fits_memory(size_t rows, size_t stride, size_t bytes) noexcept {
  size_t extent = 0;
  return !__builtin_mul_overflow(rows == 0 ? 0 : rows - 1, stride, &extent) &&
         !__builtin_add_overflow(extent, bytes, &extent) &&
         extent <= size_t{std::numeric_limits<ptrdiff_t>::max()};
}

bool is_float(DType dtype) noexcept { return dtype == DType::F32 || dtype == DType::F64; }

Status check_dtype(const SessionPort& port, const Argument& argument) noexcept {
  if (argument.dtype == port.dtype) return {};
  const bool floats = is_float(argument.dtype) && is_float(port.dtype);
  if (!argument.written && floats) return {};
  return refuse(argument, rule::R111_ArgumentType, "convert it first", "expected %s, got %s",
                name_of(port.dtype), name_of(argument.dtype));
}

Status check_count(const SessionPort& port, const Argument& argument, size_t rows,
                   bool rows_known) noexcept {
  size_t expected = port.width;
  if (!port.per_row) {
    if (argument.count == expected) return {};
    return refuse(argument, rule::R112_ArgumentSize, "pass the whole tensor",
                  "expected %zu elements, got %zu", expected, argument.count);
  }
  if (!rows_known) {  // the first input says how many rows there are
    if (argument.count == rows * port.width) return {};
    return refuse(argument, rule::R112_ArgumentSize, "pass whole rows",
                  "expected rows of %zu elements, got %zu elements", port.width, argument.count);
  }
  if (!__builtin_mul_overflow(rows, port.width, &expected) && argument.count == expected) return {};
  const bool other_rows = argument.count % port.width == 0;
  return refuse(argument, other_rows ? rule::R113_RowsDisagree : rule::R112_ArgumentSize,
                "all inputs and outputs of a call have the same number of rows",
                "expected %zu rows of %zu = %zu elements, got %zu", rows, port.width, expected,
                argument.count);
}

Status check_stride(const SessionPort& port, const Argument& argument, size_t rows,
                    size_t dense) noexcept {
  const ptrdiff_t given = argument.row_bytes;
  if (given == 0) return {};
  if (!port.per_row) {
    if (given > 0 && static_cast<size_t>(given) == dense) return {};
    return refuse(argument, rule::R115_Stride, "leave row_bytes 0",
                  "has no rows: expected row_bytes 0, got %td", given);
  }
  if (given < 0) {
    return refuse(argument, rule::R115_Stride, "pass the bytes from one row to the next",
                  "row_bytes is negative: %td", given);
  }
  if (argument.written && static_cast<size_t>(given) < dense) {
    return refuse(argument, rule::R115_Stride, "rows of an output must not overlap",
                  "expected row_bytes of at least %zu, got %td", dense, given);
  }
  if (!fits_memory(rows, static_cast<size_t>(given), dense)) {
    return refuse(argument, rule::R115_Stride, "pass the bytes from one row to the next",
                  "%zu rows that lie %td bytes apart do not fit into memory", rows, given);
  }
  return {};
}

Transfer choose_transfer(const SessionPort& port, const Argument& argument, const BoundPort& bound,
                         size_t rows) noexcept {
  if (argument.dtype != port.dtype) return Transfer::Convert;
  if (port.dtype == DType::Str && argument.strings == Strings::C) return Transfer::Strings;
  const size_t alignment = std::min(size_of(port.dtype), alignof(void*));
  if ((reinterpret_cast<uintptr_t>(bound.data) | bound.stride) % alignment != 0) {
    return Transfer::Copy;
  }
  if (argument.written || !port.per_row) return Transfer::InPlace;
  return worth_moving(rows, port.row_bytes, bound.stride) ? Transfer::Copy : Transfer::InPlace;
}

Status bind_port(const SessionPort& port, const Argument& argument, size_t rows, bool rows_known,
                 BoundPort& bound) noexcept {
  MLE_TRY(check_dtype(port, argument));
  MLE_TRY(check_count(port, argument, rows, rows_known));
  if (argument.data == nullptr && argument.count != 0) {
    return refuse(argument, rule::R114_NullData, "pass a pointer to the elements",
                  "data is null, expected %zu elements", argument.count);
  }
  const size_t dense = port.width * size_of(argument.dtype);
  MLE_TRY(check_stride(port, argument, rows, dense));
  bound.data = argument.data;
  bound.stride = !port.per_row             ? 0
                 : argument.row_bytes == 0 ? dense
                                           : static_cast<size_t>(argument.row_bytes);
  bound.transfer = choose_transfer(port, argument, bound, rows);
  return {};
}

Status wrong_number(const char* kind, size_t expected, size_t got) noexcept {
  return error(Code::InvalidArgument, rule::R110_ArgumentCount, Status::kNoOffset,
               "pass one argument per input and output of the session",
               "run: expected %zu %s%s, got %zu", expected, kind, expected == 1 ? "" : "s", got);
}

size_t count_rows(const SessionState& session, std::span<const In> inputs) noexcept {
  const SessionPort& first = session.inputs.front();
  const size_t count = inputs.front().count();
  if (!first.per_row || count == first.width) return 1;  // spares most calls a division
  return count / first.width;
}

}  // namespace

Status bind_arguments(SessionState& session, std::span<const In> inputs,
                      std::span<const Out> outputs) noexcept {
  if (inputs.size() != session.inputs.size()) {
    return wrong_number("input", session.inputs.size(), inputs.size());
  }
  if (outputs.size() != session.outputs.size()) {
    return wrong_number("output", session.outputs.size(), outputs.size());
  }
  const size_t rows = count_rows(session, inputs);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const In& in = inputs[i];
    const Argument argument{"input",    session.input_specs[i].name,
                            in.dtype(), static_cast<std::byte*>(const_cast<void*>(in.data())),
                            in.count(), in.row_bytes(),
                            false,      in.strings()};
    MLE_TRY(bind_port(session.inputs[i], argument, rows, i != 0, session.bound_inputs[i]));
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Out& out = outputs[i];
    const Argument argument{"output",    session.output_specs[i].name,
                            out.dtype(), static_cast<std::byte*>(out.data()),
                            out.count(), out.row_bytes(),
                            true,        out.strings()};
    MLE_TRY(bind_port(session.outputs[i], argument, rows, true, session.bound_outputs[i]));
  }
  session.rows = rows;
  session.direct = false;
  return {};
}

}  // namespace mle::detail
