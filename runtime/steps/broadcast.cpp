// Drops axes of one, then merges neighbours that every operand walks in one go.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/steps/broadcast.h"

#include <algorithm>

namespace mle::steps {
namespace {

// Bytes from one index of `axis` of the output to the next, in this operand; 0 where it repeats.
size_t axis_stride(const Operand& operand, size_t rank, size_t axis) noexcept {
  const size_t missing = rank - operand.dims.size();
  if (axis < missing || operand.dims[axis - missing] == 1) return 0;
  size_t elements = 1;
  for (size_t d = axis - missing + 1; d < operand.dims.size(); ++d) elements *= operand.dims[d];
  return elements * size_of(operand.dtype);
}

// Whether walking `outer` once is walking `inner` to its end.
bool continues(const Broadcast::Loop& outer, const Broadcast::Loop& inner, size_t parts) noexcept {
  for (size_t p = 0; p < parts; ++p) {
    if (outer.stride[p] != inner.stride[p] * inner.count) return false;
  }
  return true;
}

}  // namespace

bool make_broadcast(Binder& binder, std::span<const Operand> operands, Broadcast& plan) noexcept {
  const Operand& output = operands.back();
  Broadcast::Loop loops[format::kMaxRank];
  size_t count = 0;
  plan.parts = operands.size();
  for (size_t axis = 0; axis < output.dims.size(); ++axis) {
    if (output.dims[axis] == 1) continue;
    Broadcast::Loop loop = {};
    loop.count = output.dims[axis];
    for (size_t p = 0; p < plan.parts; ++p) {
      loop.stride[p] = axis_stride(operands[p], output.dims.size(), axis);
    }
    if (count > 0 && continues(loops[count - 1], loop, plan.parts)) {
      loop.count *= loops[--count].count;
    }
    loops[count++] = loop;
  }
  if (count == 0) return true;
  // The innermost loop becomes the run: there an operand either repeats or lies densely.
  const Broadcast::Loop& run = loops[--count];
  plan.n = run.count;
  for (size_t p = 0; p < plan.parts; ++p) plan.step[p] = run.stride[p] == 0 ? 0 : 1;
  Broadcast::Loop* kept = binder.make<Broadcast::Loop>(count);
  if (kept == nullptr) return false;
  std::copy_n(loops, count, kept);
  plan.loops = {kept, count};
  return true;
}

}  // namespace mle::steps
