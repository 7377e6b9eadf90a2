// Tensor: a constant of the source model, as the importer computes with it. Copying shares the
// bytes. Promise: data.bytes is exactly as long as dtype and dims say, and aligned for the dtype;
// dims are those of read_tensor(): at most eight, only the one axis of a vector may be empty.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/graph/graph.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace mle::compiler::onnx {

struct Tensor {
  std::string name;  // for messages: the initializer's or the value's
  DType dtype = DType::F32;
  Dims dims;
  Constant data;
  // For shapes in a row-wise model: element i is its integer plus times_rows[i] for each row.
  // Empty: no element depends on the number of rows.
  std::vector<int64_t> times_rows;
  std::vector<std::string> words = {};  // of DType::Str, which has no data
  // Bits of the source's elements where it has fewer than dtype, which holds them: 2, 4 or 16.
  uint8_t narrow = 0;

  uint64_t count() const { return element_count(dims); }
  double real(uint64_t index) const;
  // Only for integer and bool dtypes that fit; the others are rounded towards zero.
  int64_t integer(uint64_t index) const;
  int64_t rows_at(uint64_t index) const { return times_rows.empty() ? 0 : times_rows[index]; }
  bool has_rows() const;
};

bool is_integer(DType dtype);

// Elements of a native type → Tensor.
template <class T>
Tensor make_tensor(std::string name, DType dtype, Dims dims, const std::vector<T>& elements) {
  std::vector<std::byte> bytes(elements.size() * sizeof(T));
  if (!bytes.empty()) std::memcpy(bytes.data(), elements.data(), bytes.size());
  return {std::move(name), dtype, std::move(dims), Constant::from_bytes(std::move(bytes)), {}};
}

// Converted element by element as ONNX Cast does. f16, bf16 and every number may be the source; the
// target is f32, f64, bool or an integer. Fails on an integer out of range of i64.
Result<Tensor> cast(const Tensor& tensor, DType to);

// [rows, columns] → [columns, rows], times `factor`. Only for F32 and F64 of rank 2.
Tensor transposed(const Tensor& tensor, double factor);
// Times `factor`, in the tensor's own dtype. Only for F32 and F64.
Tensor scaled(const Tensor& tensor, double factor);

}  // namespace mle::compiler::onnx
