// Ranges: what a model's training saw of its inputs, where the file says so. Values outside are
// counted and never refused.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/tensor.h>

#include "format/file_view.h"

#include <cstdint>
#include <span>
#include <vector>

namespace mle::serve {

class Ranges {
 public:
  // Of one input: the smallest and largest value of each feature; empty where the file has none or
  // the input holds no numbers.
  static Ranges of(const format::FileView& view, const TensorSpec& input);

  bool empty() const noexcept { return low_.empty(); }
  // How many of these values lie outside, and are neither NaN nor missing.
  uint64_t count_outside(const void* data, size_t count) const noexcept;

 private:
  DType dtype_ = DType::F32;
  std::vector<double> low_, high_;
};

}  // namespace mle::serve
