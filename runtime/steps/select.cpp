// Select: c ? a : b over three broadcast operands.
// SPDX-License-Identifier: Apache-2.0
#include "format/mle_generated.h"
#include "format/op_dtypes.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/broadcast.h"
#include "runtime/steps/element_types.h"

namespace mle::steps {
namespace {

template <class T>
struct SelectPlan {
  void (*kernel)(const kernels::SelectArgs<T>&);
  kernels::SelectArgs<T> args;
  Broadcast broadcast;
};

template <class T>
void run_select(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const auto& plan = *static_cast<const SelectPlan<T>*>(step.plan);
  const Slot whole[] = {slots[step.inputs[0]], slots[step.inputs[1]], slots[step.inputs[2]],
                        slots[step.output]};
  kernels::SelectArgs<T> args = plan.args;
  for_each_run(plan.broadcast, whole, rows, [&](const Slot* parts, size_t runs) noexcept {
    args.c = parts[0].row<const uint8_t>(0);
    args.c_stride = parts[0].stride;
    args.a = parts[1].row<const T>(0);
    args.a_stride = parts[1].stride_of<T>();
    args.b = parts[2].row<const T>(0);
    args.b_stride = parts[2].stride_of<T>();
    args.y = parts[3].row<T>(0);
    args.y_stride = parts[3].stride_of<T>();
    args.rows = runs;
    plan.kernel(args);
  });
}

// Elements of any type are moved, never looked at.
struct MovePlan {
  void (*loop)(const Slot* parts, const Broadcast& broadcast, size_t rows) noexcept;
  Broadcast broadcast;
};

template <class T>
void move_chosen(const Slot* parts, const Broadcast& broadcast, size_t rows) noexcept {
  for (size_t r = 0; r < rows; ++r) {
    const uint8_t* c = parts[0].row<const uint8_t>(r);
    const T* a = parts[1].row<const T>(r);
    const T* b = parts[2].row<const T>(r);
    T* y = parts[3].row<T>(r);
    for (size_t i = 0; i < broadcast.n; ++i) {
      y[i] = c[i * broadcast.step[0]] != 0 ? a[i * broadcast.step[1]] : b[i * broadcast.step[2]];
    }
  }
}

void run_move(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const MovePlan& plan = *static_cast<const MovePlan*>(step.plan);
  const Slot whole[] = {slots[step.inputs[0]], slots[step.inputs[1]], slots[step.inputs[2]],
                        slots[step.output]};
  for_each_run(plan.broadcast, whole, rows, [&](const Slot* parts, size_t runs) noexcept {
    plan.loop(parts, plan.broadcast, runs);
  });
}

bool bind_move(Binder& binder, std::span<const Operand> operands, Step& step) noexcept {
  MovePlan* plan = binder.make<MovePlan>();
  if (plan == nullptr) return false;
  switch (size_of(operands[1].dtype)) {
    case 1: plan->loop = move_chosen<uint8_t>; break;
    case 2: plan->loop = move_chosen<uint16_t>; break;
    case 4: plan->loop = move_chosen<uint32_t>; break;
    case 8: plan->loop = move_chosen<uint64_t>; break;
    default: plan->loop = move_chosen<Text>; break;
  }
  if (!make_broadcast(binder, operands, plan->broadcast)) return false;
  step.run = run_move;
  step.plan = plan;
  return true;
}

template <class T>
bool bind_select_of(Binder& binder, std::span<const Operand> operands, Step& step) noexcept {
  auto* plan = binder.make<SelectPlan<T>>();
  if (plan == nullptr) return false;
  plan->kernel = binder.kernels().of<T>().select;
  if (!make_broadcast(binder, operands, plan->broadcast)) return false;
  plan->args.c_step = plan->broadcast.step[0];
  plan->args.a_step = plan->broadcast.step[1];
  plan->args.b_step = plan->broadcast.step[2];
  plan->args.n = plan->broadcast.n;
  step.run = run_select<T>;
  step.plan = plan;
  return true;
}

}  // namespace

bool bind_select(Binder& binder, const fb::Op& op, Step& step) noexcept {
  const Operand operands[] = {binder.input(op, 0), binder.input(op, 1), binder.input(op, 2),
                              binder.output(op)};
  const DType dtype = binder.output(op).dtype;
  if (!format::contains(format::kComputedFloats, dtype)) return bind_move(binder, operands, step);
  return with_float(dtype,
                    [&]<class T>(T) noexcept { return bind_select_of<T>(binder, operands, step); });
}

}  // namespace mle::steps
