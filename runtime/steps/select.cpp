// Select: c ? a : b over three broadcast operands.
// SPDX-License-Identifier: Apache-2.0
#include "format/mle_generated.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/broadcast.h"

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

template <class T>
bool bind_select_of(Binder& binder, const fb::Op& op, Step& step) noexcept {
  auto* plan = binder.make<SelectPlan<T>>();
  if (plan == nullptr) return false;
  const Operand operands[] = {binder.input(op, 0), binder.input(op, 1), binder.input(op, 2),
                              binder.output(op)};
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
  return with_float(binder.output(op).dtype,
                    [&]<class T>(T) noexcept { return bind_select_of<T>(binder, op, step); });
}

}  // namespace mle::steps
