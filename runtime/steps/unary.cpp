// Unary: one function of every element. Clip: bounds on every element.
// SPDX-License-Identifier: Apache-2.0
#include "format/mle_generated.h"
#include "format/op_dtypes.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/matrix.h"

namespace mle::steps {
namespace {

template <class T>
struct UnaryPlan {
  void (*kernel)(const kernels::UnaryArgs<T>&);
  kernels::UnaryArgs<T> args;
  MatrixShape shape;
};

template <class T>
void run_unary(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const auto& plan = *static_cast<const UnaryPlan<T>*>(step.plan);
  run_as_matrix<T, T>(plan.shape, slots[step.inputs[0]], slots[step.output], rows, plan.args,
                      plan.kernel);
}

template <class T>
bool bind_kernel(Binder& binder, const fb::Op& op, void (*kernel)(const kernels::UnaryArgs<T>&),
                 Step& step) noexcept {
  auto* plan = binder.make<UnaryPlan<T>>();
  if (plan == nullptr) return false;
  const size_t width = binder.output(op).width;
  plan->kernel = kernel;
  plan->args.n = width;
  plan->args.alpha = static_cast<T>(binder.fattr(op, 0, 0));
  plan->args.beta = static_cast<T>(binder.fattr(op, 1, 0));
  plan->shape = {1, width, width};
  step.run = run_unary<T>;
  step.plan = plan;
  return true;
}

}  // namespace

bool bind_unary(Binder& binder, const fb::Op& op, Step& step) noexcept {
  if (format::is_integer(binder.input(op, 0).dtype)) return bind_unary_any(binder, op, step);
  return with_float(binder.output(op).dtype, [&]<class T>(T) noexcept {
    const size_t act = static_cast<size_t>(op.act());
    return bind_kernel(binder, op, binder.kernels().of<T>().unary[act], step);
  });
}

bool bind_clip(Binder& binder, const fb::Op& op, Step& step) noexcept {
  return with_float(binder.output(op).dtype, [&]<class T>(T) noexcept {
    return bind_kernel(binder, op, binder.kernels().of<T>().clip, step);
  });
}

}  // namespace mle::steps
