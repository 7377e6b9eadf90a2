// Drops axes of one, then merges neighbours that every operand walks in one go.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/steps/broadcast.h"

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

Broadcast make_broadcast(std::span<const Operand> operands) noexcept {
  Broadcast plan;
  plan.parts = operands.size();
  const Operand& output = operands.back();
  for (size_t axis = 0; axis < output.dims.size(); ++axis) {
    if (output.dims[axis] == 1) continue;
    Broadcast::Loop loop = {};
    loop.count = output.dims[axis];
    for (size_t p = 0; p < plan.parts; ++p) {
      loop.stride[p] = axis_stride(operands[p], output.dims.size(), axis);
    }
    if (plan.loops > 0 && continues(plan.loop[plan.loops - 1], loop, plan.parts)) {
      loop.count *= plan.loop[plan.loops - 1].count;
      --plan.loops;
    }
    plan.loop[plan.loops++] = loop;
  }
  // The innermost loop becomes the run: there an operand either repeats or lies densely.
  if (plan.loops > 0) {
    const Broadcast::Loop& run = plan.loop[--plan.loops];
    plan.n = run.count;
    for (size_t p = 0; p < plan.parts; ++p) plan.step[p] = run.stride[p] == 0 ? 0 : 1;
  }
  return plan;
}

}  // namespace mle::steps
