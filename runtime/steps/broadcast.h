// Broadcast: how the elements of one row of several operands meet, worked out at bind.
// Promise: numpy's rules, aligned right; operands of one shape and constants over the last axis
// take a single kernel call per tile.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/limits.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/step.h"

#include <array>
#include <cstddef>
#include <span>

namespace mle::steps {

// The inputs of an op, at most three, then its output.
inline constexpr size_t kMaxParts = 4;

struct Broadcast {
  struct Loop {
    size_t count;
    std::array<size_t, kMaxParts> stride;  // bytes
  };

  size_t parts = 0;
  size_t n = 1;  // elements of the innermost run
  // 0 or 1: elements from one to the next in the run. 1 in a run of one, so that it may be in
  // place.
  std::array<size_t, kMaxParts> step = {1, 1, 1, 1};
  std::span<const Loop> loops;  // around the run, outermost first
};

// `operands` are the inputs, then the output, whose dims are the broadcast of all. False when
// memory is gone.
bool make_broadcast(Binder& binder, std::span<const Operand> operands, Broadcast& plan) noexcept;

// Calls call(const Slot* parts, size_t rows) until `rows` rows are done: in each call, row r of
// every part is one run. `whole` has the slots of the operands in the same order.
template <class Call>
void for_each_run(const Broadcast& plan, const Slot* whole, size_t rows, Call&& call) noexcept {
  if (plan.loops.empty()) return call(whole, rows);
  const Broadcast::Loop& inner = plan.loops.back();
  Slot parts[kMaxParts];
  for (size_t p = 0; p < plan.parts; ++p) parts[p].stride = inner.stride[p];
  size_t at[format::kMaxRank] = {};
  for (size_t r = 0; r < rows; ++r) {
    for (size_t p = 0; p < plan.parts; ++p) parts[p].data = whole[p].row<std::byte>(r);
    for (bool more = true; more;) {
      call(static_cast<const Slot*>(parts), inner.count);
      more = false;
      for (size_t l = plan.loops.size() - 1;
           l-- > 0 && !more;) {  // an odometer over the outer loops
        const Broadcast::Loop& outer = plan.loops[l];
        more = ++at[l] < outer.count;
        if (!more) at[l] = 0;
        for (size_t p = 0; p < plan.parts; ++p) {
          if (more)
            parts[p].data += outer.stride[p];
          else
            parts[p].data -= outer.stride[p] * (outer.count - 1);
        }
      }
    }
  }
}

}  // namespace mle::steps
