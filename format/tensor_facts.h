// A tensor of the program in the terms of the rules: plain numbers and spans into the checked copy.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/dtype.h>

#include "format/limits.h"
#include "format/mle_generated.h"
#include "format/op_kinds.h"

#include <cstdint>
#include <span>

namespace mle::format {

struct TensorFacts {
  DType dtype;
  Layout layout;
  fb::Place place;
  bool per_row;
  uint16_t segment;
  std::span<const uint32_t> dims;
  uint64_t offset;
  uint64_t bytes;

  bool is_constant() const noexcept { return place == fb::Place::Constant; }
};

// Only for a tensor whose enums were checked.
inline TensorFacts facts_of(const fb::Tensor& tensor) noexcept {
  std::span<const uint32_t> dims;
  if (tensor.dims() != nullptr) dims = {tensor.dims()->data(), tensor.dims()->size()};
  return {static_cast<DType>(tensor.dtype()),
          static_cast<Layout>(tensor.layout()),
          tensor.place(),
          tensor.rows() == fb::Rows::PerRow,
          tensor.segment(),
          dims,
          tensor.offset(),
          tensor.bytes()};
}

// The product of dims; 1 for none. Only for checked dims: it is at most kMaxTensorBytes.
constexpr uint64_t element_count(std::span<const uint32_t> dims) noexcept {
  uint64_t count = 1;
  for (const uint32_t dim : dims) count *= dim;
  return count;
}

// Columns of one row, which is what features, labels and ranges are about.
constexpr uint64_t column_count(const TensorFacts& tensor) noexcept {
  const bool skip_rows = !tensor.per_row && !tensor.dims.empty();
  return element_count(skip_rows ? tensor.dims.subspan(1) : tensor.dims);
}

}  // namespace mle::format
