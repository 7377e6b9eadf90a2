// Binary and Compare: one function of two broadcast operands.
// SPDX-License-Identifier: Apache-2.0
#include "format/mle_generated.h"
#include "format/op_dtypes.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/broadcast.h"

namespace mle::steps {
namespace {

template <class Args>
struct PairPlan {
  void (*kernel)(const Args&);
  Args args;
  Broadcast broadcast;
};

template <class X, class Y, class Args>
void run_pair(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const auto& plan = *static_cast<const PairPlan<Args>*>(step.plan);
  const Slot whole[] = {slots[step.inputs[0]], slots[step.inputs[1]], slots[step.output]};
  Args args = plan.args;
  for_each_run(plan.broadcast, whole, rows, [&](const Slot* parts, size_t runs) noexcept {
    args.a = parts[0].row<const X>(0);
    args.a_stride = parts[0].stride_of<X>();
    args.b = parts[1].row<const X>(0);
    args.b_stride = parts[1].stride_of<X>();
    args.y = parts[2].row<Y>(0);
    args.y_stride = parts[2].stride_of<Y>();
    args.rows = runs;
    plan.kernel(args);
  });
}

template <class X, class Y, class Args>
bool bind_pair(Binder& binder, const fb::Op& op, void (*kernel)(const Args&), Step& step) noexcept {
  auto* plan = binder.make<PairPlan<Args>>();
  if (plan == nullptr) return false;
  const Operand operands[] = {binder.input(op, 0), binder.input(op, 1), binder.output(op)};
  plan->kernel = kernel;
  if (!make_broadcast(binder, operands, plan->broadcast)) return false;
  plan->args.a_step = plan->broadcast.step[0];
  plan->args.b_step = plan->broadcast.step[1];
  plan->args.n = plan->broadcast.n;
  step.run = run_pair<X, Y, Args>;
  step.plan = plan;
  return true;
}

// The kernel tables compute in f32 and f64; pair_any.cpp does the rest.
bool has_kernels(const Operand& operand) noexcept {
  return format::contains(format::kComputedFloats, operand.dtype);
}

}  // namespace

bool bind_binary(Binder& binder, const fb::Op& op, Step& step) noexcept {
  if (binder.iattr(op, 0) >= format::kFloatBinaryFnCount || !has_kernels(binder.output(op))) {
    return bind_binary_any(binder, op, step);
  }
  return with_float(binder.output(op).dtype, [&]<class T>(T) noexcept {
    const auto kernel = binder.kernels().of<T>().binary[binder.iattr(op, 0)];
    return bind_pair<T, T>(binder, op, kernel, step);
  });
}

bool bind_compare(Binder& binder, const fb::Op& op, Step& step) noexcept {
  if (!has_kernels(binder.input(op, 0))) return bind_compare_any(binder, op, step);
  return with_float(binder.input(op, 0).dtype, [&]<class T>(T) noexcept {
    const auto kernel = binder.kernels().of<T>().compare[binder.iattr(op, 0)];
    return bind_pair<T, uint8_t>(binder, op, kernel, step);
  });
}

}  // namespace mle::steps
