// One dense buffer per input of a model, for rows that had to be converted.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/tensor.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mle::tools {

class RowBuffer {
 public:
  explicit RowBuffer(const TensorSpec& input) : input_(input) {}

  // Room for `rows` rows; what was there stays.
  std::byte* reserve(uint64_t rows) {
    const size_t bytes = rows * input_.width() * size_of(input_.dtype);
    if (words_.size() * sizeof(uint64_t) < bytes) words_.resize((bytes + 7) / 8);
    return reinterpret_cast<std::byte*>(words_.data());
  }
  std::byte* element(uint64_t row, size_t column) {
    return reinterpret_cast<std::byte*>(words_.data()) +
           (row * input_.width() + column) * size_of(input_.dtype);
  }
  In view(uint64_t rows) const { return {input_.dtype, words_.data(), rows * input_.width()}; }

 private:
  TensorSpec input_;
  std::vector<uint64_t> words_;  // aligned for every dtype
};

}  // namespace mle::tools
