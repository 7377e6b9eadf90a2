// CumSum and TopK: lines along one axis, one after the other.
// SPDX-License-Identifier: Apache-2.0
#include "format/mle_generated.h"
#include "runtime/kernels/select_along.h"
#include "runtime/steps/axis.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/number_type.h"

namespace mle::steps {
namespace {

template <class Args>
struct LinePlan {
  Args args;
  AxisShape axis;
  size_t y_block;  // elements of y per outer block
};

// kKernel takes the lines of X one by one and gives lines of Y.
template <class X, class Y, class Args, void (*kKernel)(const Args&)>
void run_lines(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const auto& plan = *static_cast<const LinePlan<Args>*>(step.plan);
  Args args = plan.args;
  for (size_t r = 0; r < rows; ++r) {
    const X* x = slots[step.inputs[0]].row<const X>(r);
    Y* y = slots[step.output].row<Y>(r);
    for (size_t block = 0; block < plan.axis.outer; ++block) {
      for (size_t line = 0; line < plan.axis.inner; ++line) {
        args.x = x + line;
        args.y = y + line;
        kKernel(args);
      }
      x += plan.axis.n * plan.axis.inner;
      y += plan.y_block;
    }
  }
}

template <class Args>
LinePlan<Args>* make_plan(Binder& binder, const fb::Op& op, Step& step) noexcept {
  auto* plan = binder.make<LinePlan<Args>>();
  if (plan == nullptr) return nullptr;
  plan->axis = axis_shape(binder.input(op, 0).dims, binder.iattr(op, 0));
  plan->y_block = binder.output(op).width / plan->axis.outer;
  plan->args.n = plan->axis.n;
  plan->args.step = plan->axis.inner;
  step.plan = plan;
  return plan;
}

}  // namespace

bool bind_cumsum(Binder& binder, const fb::Op& op, Step& step) noexcept {
  return with_summed_type(binder.input(op, 0).dtype, [&](auto type) noexcept {
    using T = decltype(type);
    using Args = kernels::CumSumArgs<T>;
    auto* plan = make_plan<Args>(binder, op, step);
    if (plan == nullptr) return false;
    plan->args.exclusive = binder.iattr(op, 1) == 1;
    plan->args.reverse = binder.iattr(op, 2) == 1;
    step.run = run_lines<T, T, Args, kernels::cumsum<T>>;
    step.work_per_row = binder.input(op, 0).width * 4;
    return true;
  });
}

bool bind_topk(Binder& binder, const fb::Op& op, Step& step) noexcept {
  return with_summed_type(binder.input(op, 0).dtype, [&](auto type) noexcept {
    using T = decltype(type);
    using Args = kernels::TopKArgs<T>;
    auto* plan = make_plan<Args>(binder, op, step);
    if (plan == nullptr) return false;
    plan->args.k = binder.output(op).dims[binder.iattr(op, 0)];
    plan->args.largest = binder.iattr(op, 1) == 1;
    step.run = run_lines<T, int64_t, Args, kernels::topk<T>>;
    step.work_per_row = binder.input(op, 0).width * 16;
    return true;
  });
}

}  // namespace mle::steps
