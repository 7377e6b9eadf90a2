// Scale: fma(x, s, t) with one s and one t per column.
// SPDX-License-Identifier: Apache-2.0
#include "format/mle_generated.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/matrix.h"

namespace mle::steps {
namespace {

struct ScalePlan {
  void (*kernel)(const kernels::ScaleArgs&);
  kernels::ScaleArgs args;
  MatrixShape shape;
};

void run_scale(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const ScalePlan& plan = *static_cast<const ScalePlan*>(step.plan);
  run_as_matrix<float, float>(plan.shape, slots[step.inputs[0]], slots[step.output], rows,
                              plan.args, plan.kernel);
}

}  // namespace

bool bind_scale(Binder& binder, const fb::Op& op, Step& step) noexcept {
  ScalePlan* plan = binder.make<ScalePlan>();
  if (plan == nullptr) return false;
  const size_t columns = binder.input(op, 1).width;
  const size_t width = binder.output(op).width;
  plan->kernel = binder.kernels().scale;
  plan->args.s = binder.constant_f32(op, 1);
  plan->args.t = binder.constant_f32(op, 2);
  plan->args.n = columns;
  plan->shape = {width / columns, columns, columns};
  step.run = run_scale;
  step.plan = plan;
  step.flops_per_row = uint64_t{2} * width;
  return true;
}

}  // namespace mle::steps
