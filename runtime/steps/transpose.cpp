// Transpose and Expand: elements of any type in another order or several times, never looked at.
// SPDX-License-Identifier: Apache-2.0
#include "format/mle_generated.h"
#include "runtime/steps/axis.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/broadcast.h"
#include "runtime/steps/element_size.h"

#include <algorithm>

namespace mle::steps {
namespace {

// Around a run of the output, outermost first: how often, and how far apart in x.
struct Loop {
  size_t count;
  size_t stride;  // bytes
};

struct TransposePlan {
  void (*run)(const std::byte* x, std::byte* y, size_t n, size_t stride) noexcept;
  size_t bytes;   // of a run in y
  size_t n;       // elements of a run, or 1 where it lies densely in x, too
  size_t stride;  // bytes from one to the next in x
  std::span<const Loop> loops;
};

template <size_t N>
void pick_run(const std::byte* x, std::byte* y, size_t n, size_t stride) noexcept {
  for (size_t i = 0; i < n; ++i) move_element<N>(y + i * N, x + i * stride, N);
}

// For runs that lie densely: the stride is what to copy.
void copy_run(const std::byte* x, std::byte* y, size_t, size_t bytes) noexcept {
  std::memcpy(y, x, bytes);
}

void transpose_row(const TransposePlan& plan, const std::byte* x, std::byte* y) noexcept {
  size_t at[format::kMaxRank] = {};
  for (bool more = true; more;) {
    plan.run(x, y, plan.n, plan.stride);
    y += plan.bytes;
    more = false;
    for (size_t l = plan.loops.size(); l-- > 0 && !more;) {  // an odometer over the loops
      const Loop& loop = plan.loops[l];
      more = ++at[l] < loop.count;
      if (more) {
        x += loop.stride;
      } else {
        at[l] = 0;
        x -= loop.stride * (loop.count - 1);
      }
    }
  }
}

void run_transpose(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const TransposePlan& plan = *static_cast<const TransposePlan*>(step.plan);
  const Slot& x = slots[step.inputs[0]];
  const Slot& y = slots[step.output];
  for (size_t r = 0; r < rows; ++r) {
    transpose_row(plan, x.row<const std::byte>(r), y.row<std::byte>(r));
  }
}

struct ExpandPlan {
  void (*fill)(const std::byte* x, std::byte* y, size_t n) noexcept;
  size_t bytes;  // of a run in y
  Broadcast broadcast;
};

template <size_t N>
void fill_run(const std::byte* x, std::byte* y, size_t n) noexcept {
  for (size_t i = 0; i < n; ++i) move_element<N>(y + i * N, x, N);
}

void run_expand(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const ExpandPlan& plan = *static_cast<const ExpandPlan*>(step.plan);
  const Slot whole[] = {slots[step.inputs[0]], slots[step.output]};
  for_each_run(plan.broadcast, whole, rows, [&](const Slot* parts, size_t runs) noexcept {
    for (size_t r = 0; r < runs; ++r) {
      const std::byte* x = parts[0].row<const std::byte>(r);
      std::byte* y = parts[1].row<std::byte>(r);
      if (plan.broadcast.step[0] == 0) {
        plan.fill(x, y, plan.broadcast.n);
      } else {
        std::memcpy(y, x, plan.bytes);
      }
    }
  });
}

}  // namespace

bool bind_transpose(Binder& binder, const fb::Op& op, Step& step) noexcept {
  const Operand x = binder.input(op, 0);
  const Operand y = binder.output(op);
  const size_t size = size_of(x.dtype);
  TransposePlan* plan = binder.make<TransposePlan>();
  Loop* loops = binder.make<Loop>(y.dims.size() + 1);
  if (plan == nullptr || loops == nullptr) return false;
  // Axes of 1 go; neighbours that stay neighbours become one loop.
  size_t count = 0;
  for (uint32_t i = 0; i < y.dims.size(); ++i) {
    if (y.dims[i] == 1) continue;
    Loop loop = {y.dims[i], axis_shape(x.dims, op.indices()->Get(i)).inner * size};
    if (count > 0 && loops[count - 1].stride == loop.stride * loop.count) {
      loop.count *= loops[--count].count;
    }
    loops[count++] = loop;
  }
  if (count == 0) loops[count++] = {1, size};
  const Loop run = loops[--count];
  const bool dense = run.stride == size;
  plan->bytes = run.count * size;
  plan->n = dense ? 1 : run.count;
  plan->stride = dense ? plan->bytes : run.stride;
  plan->run =
      dense ? copy_run : with_element_size(size, []<size_t N>() noexcept { return &pick_run<N>; });
  plan->loops = {loops, count};
  step.run = run_transpose;
  step.plan = plan;
  step.work_per_row = y.width;
  return true;
}

bool bind_expand(Binder& binder, const fb::Op& op, Step& step) noexcept {
  ExpandPlan* plan = binder.make<ExpandPlan>();
  if (plan == nullptr) return false;
  const Operand operands[] = {binder.input(op, 0), binder.output(op)};
  if (!make_broadcast(binder, operands, plan->broadcast)) return false;
  const size_t size = size_of(operands[0].dtype);
  plan->bytes = plan->broadcast.n * size;
  plan->fill = with_element_size(size, []<size_t N>() noexcept { return &fill_run<N>; });
  step.run = run_expand;
  step.plan = plan;
  step.work_per_row = operands[1].width;
  return true;
}

}  // namespace mle::steps
