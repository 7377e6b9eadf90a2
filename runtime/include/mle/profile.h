// What one step of a model cost, and what it gave. Only sessions that were asked to say so.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mle/tensor.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mle {

struct StepProfile {
  std::string_view name;     // of the op, from the source model where it had one
  std::string_view kind;     // "dense", "softmax" …
  uint64_t calls = 0;        // kernel calls: one per row tile
  uint64_t nanoseconds = 0;  // in all, clock reads included
  uint64_t flops = 0;        // two per multiply-add; 0 where counting makes no sense
  uint64_t bytes = 0;        // weights, inputs and outputs touched
};

// What a step has just computed, for a tile of rows.
struct StepOutput {
  size_t step = 0;        // in order of execution
  std::string_view name;  // as in StepProfile
  std::string_view kind;
  TensorSpec tensor;  // the name may be empty
  const void* data = nullptr;
  size_t rows = 0;       // of this tile; 1 where the tensor is not per row
  size_t row_bytes = 0;  // from one row to the next
  size_t first_row = 0;  // of this tile, counted from the call's first
};

// Must copy what it wants to keep: the memory is used again by later steps.
using StepObserver = void (*)(void* context, const StepOutput& output) noexcept;

}  // namespace mle
