// Concat, Slice and Reshape: elements of any type put elsewhere, never looked at.
// SPDX-License-Identifier: Apache-2.0
#include "format/mle_generated.h"
#include "runtime/steps/axis.h"
#include "runtime/steps/binder.h"

#include <cstring>

namespace mle::steps {
namespace {

struct ConcatPlan {
  size_t outer;
  size_t y_block;                   // bytes of y per outer block
  std::span<const size_t> x_block;  // bytes of each input per outer block
};

void run_concat(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const ConcatPlan& plan = *static_cast<const ConcatPlan*>(step.plan);
  const Slot& y = slots[step.output];
  size_t at = 0;
  for (size_t i = 0; i < step.inputs.size(); ++i) {
    const Slot& x = slots[step.inputs[i]];
    const size_t bytes = plan.x_block[i];
    for (size_t r = 0; r < rows; ++r) {
      const std::byte* from = x.row<const std::byte>(r);
      std::byte* to = y.row<std::byte>(r) + at;
      for (size_t block = 0; block < plan.outer; ++block) {
        std::memcpy(to + block * plan.y_block, from + block * bytes, bytes);
      }
    }
    at += bytes;
  }
}

struct SlicePlan {
  size_t outer;
  size_t count;    // pieces per outer block
  size_t bytes;    // of a piece
  size_t first;    // bytes into a block of x
  size_t step;     // bytes from piece to piece in x
  size_t x_block;  // bytes of x per outer block
};

void run_slice(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const SlicePlan& plan = *static_cast<const SlicePlan*>(step.plan);
  const Slot& x = slots[step.inputs[0]];
  const Slot& y = slots[step.output];
  for (size_t r = 0; r < rows; ++r) {
    std::byte* to = y.row<std::byte>(r);
    for (size_t block = 0; block < plan.outer; ++block) {
      const std::byte* from = x.row<const std::byte>(r) + block * plan.x_block + plan.first;
      for (size_t i = 0; i < plan.count; ++i) {
        std::memcpy(to, from + i * plan.step, plan.bytes);
        to += plan.bytes;
      }
    }
  }
}

struct ReshapePlan {
  size_t bytes;  // of a row
};

void run_reshape(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const size_t bytes = static_cast<const ReshapePlan*>(step.plan)->bytes;
  const Slot& x = slots[step.inputs[0]];
  const Slot& y = slots[step.output];
  if (x.data == y.data) return;  // planned in place
  for (size_t r = 0; r < rows; ++r) {
    std::memcpy(y.row<std::byte>(r), x.row<const std::byte>(r), bytes);
  }
}

}  // namespace

bool bind_concat(Binder& binder, const fb::Op& op, Step& step) noexcept {
  const size_t inputs = binder.input_count(op);
  ConcatPlan* plan = binder.make<ConcatPlan>();
  size_t* x_block = binder.make<size_t>(inputs);
  if (plan == nullptr || x_block == nullptr) return false;
  const Operand y = binder.output(op);
  plan->outer = axis_shape(y.dims, binder.iattr(op, 0)).outer;
  plan->y_block = y.bytes() / plan->outer;
  for (size_t i = 0; i < inputs; ++i) x_block[i] = binder.input(op, i).bytes() / plan->outer;
  plan->x_block = {x_block, inputs};
  step.run = run_concat;
  step.plan = plan;
  step.work_per_row = y.width;
  return true;
}

bool bind_slice(Binder& binder, const fb::Op& op, Step& step) noexcept {
  SlicePlan* plan = binder.make<SlicePlan>();
  if (plan == nullptr) return false;
  const Operand x = binder.input(op, 0);
  const Operand y = binder.output(op);
  const uint32_t axis = binder.iattr(op, 0);
  const size_t start = binder.iattr(op, 1);
  const size_t stride = binder.iattr(op, 2);
  const AxisShape from = axis_shape(x.dims, axis);
  const size_t piece = from.inner * size_of(x.dtype);
  plan->outer = from.outer;
  plan->first = start * piece;
  plan->x_block = from.n * piece;
  plan->count = y.dims[axis];
  plan->bytes = piece;
  plan->step = stride * piece;
  if (stride == 1) {  // neighbours: one piece
    plan->bytes *= plan->count;
    plan->count = 1;
  }
  step.run = run_slice;
  step.plan = plan;
  step.work_per_row = y.width;
  return true;
}

bool bind_reshape(Binder& binder, const fb::Op& op, Step& step) noexcept {
  ReshapePlan* plan = binder.make<ReshapePlan>();
  if (plan == nullptr) return false;
  const Operand y = binder.output(op);
  plan->bytes = y.bytes();
  step.run = run_reshape;
  step.plan = plan;
  step.work_per_row = y.width;
  return true;
}

}  // namespace mle::steps
