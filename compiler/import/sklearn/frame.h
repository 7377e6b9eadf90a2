// A table on its way through a model: columns of any type that stand side by side.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/sklearn/builder.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mle::compiler::sklearn {

inline constexpr uint32_t kNoOrigin = ~uint32_t{0};

struct Frame {
  struct Part {
    ValueId value = kNone;
    // The input column that each of its columns is, untouched; kNoOrigin for computed ones.
    std::vector<uint32_t> origins;
  };
  std::vector<Part> parts;
  // How the columns of a row stand, where not all in one line.
  Dims shape = {};

  static Frame computed(const Builder& b, ValueId value);
  size_t width() const;
  uint32_t origin(size_t column) const;

  Frame picked(Builder& b, const std::vector<uint32_t>& columns) const;
  void append(const Frame& more);
  // Column `i` alone.
  ValueId column(Builder& b, uint32_t i) const;
};

// All columns as f64, in one value.
ValueId numbers(Builder& b, const Frame& frame);

}  // namespace mle::compiler::sklearn
