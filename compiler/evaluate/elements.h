// Elements: tensors as doubles with what doubles cannot say beside them, and the way from and to
// the bytes of a constant.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/graph/graph.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mle::compiler {

// One double per element, whatever the dtype (bool: 0 or 1). `wide` and `texts` are either empty or
// as long.
class Elements : public std::vector<double> {
 public:
  using std::vector<double>::vector;
  Elements() = default;
  Elements(std::vector<double> doubles)  // NOLINT: implicit on purpose
      : std::vector<double>(std::move(doubles)) {}

  // 64-bit integers of which some lie beyond 2^53: all of them, u64 by its bits. The doubles are
  // the nearest ones then.
  std::vector<int64_t> wide;
  // Strings, nothing for a missing one. The doubles are zeros then.
  std::vector<std::optional<std::string>> texts;

  bool operator==(const Elements&) const = default;

  // Nothing but the doubles.
  bool is_plain() const { return wide.empty() && texts.empty(); }
  // Element i of an integer dtype in full, u64 by its bits.
  int64_t integer(size_t i, DType dtype) const;
  // The elements at these places.
  Elements at(const std::vector<size_t>& places) const;
  void append(const Elements& more, size_t first, size_t count);
};

// Of an integer dtype; u64 by their bits.
Elements from_integers(std::vector<int64_t> integers, DType dtype);
Elements from_texts(std::vector<std::optional<std::string>> texts);

// The elements of a constant, or C207 for strings, which are no constants.
Result<Elements> read_constant(const Value& constant);
// The same from bytes.
Result<Elements> read_elements(DType dtype, std::span<const std::byte> bytes);

// The element nearest to `x` that `dtype` can hold. Integers: cut towards zero, kept within the
// dtype's range, 0 for NaN. Bool: x != 0.
double convert(double x, DType dtype);

// What a Cast makes of them: as convert(), but an integer wraps into a smaller integer type.
Elements cast(const Elements& elements, DType from, DType to);
double cast(double x, DType from, DType to);

// Bytes of elements that are converted to `dtype` one by one. Not for strings.
Constant make_constant(const Elements& elements, DType dtype);

}  // namespace mle::compiler
