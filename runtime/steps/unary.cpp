// Unary: one function of every element. Clip: bounds on every element.
// SPDX-License-Identifier: Apache-2.0
#include "format/mle_generated.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/matrix.h"

namespace mle::steps {
namespace {

struct UnaryPlan {
  void (*kernel)(const kernels::UnaryArgs&);
  kernels::UnaryArgs args;
  MatrixShape shape;
};

void run_unary(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const UnaryPlan& plan = *static_cast<const UnaryPlan*>(step.plan);
  run_as_matrix<float, float>(plan.shape, slots[step.inputs[0]], slots[step.output], rows,
                              plan.args, plan.kernel);
}

bool bind_kernel(Binder& binder, const fb::Op& op, void (*kernel)(const kernels::UnaryArgs&),
                 Step& step) noexcept {
  UnaryPlan* plan = binder.make<UnaryPlan>();
  if (plan == nullptr) return false;
  const size_t width = binder.output(op).width;
  plan->kernel = kernel;
  plan->args.n = width;
  plan->args.alpha = static_cast<float>(binder.fattr(op, 0, 0));
  plan->args.beta = static_cast<float>(binder.fattr(op, 1, 0));
  plan->shape = {1, width, width};
  step.run = run_unary;
  step.plan = plan;
  return true;
}

}  // namespace

bool bind_unary(Binder& binder, const fb::Op& op, Step& step) noexcept {
  return bind_kernel(binder, op, binder.kernels().unary[static_cast<size_t>(op.act())], step);
}

bool bind_clip(Binder& binder, const fb::Op& op, Step& step) noexcept {
  return bind_kernel(binder, op, binder.kernels().clip, step);
}

}  // namespace mle::steps
