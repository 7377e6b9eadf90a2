// What one step of a model cost. Filled only by sessions that were asked to.
// SPDX-License-Identifier: Apache-2.0
#pragma once

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

}  // namespace mle
