// Scale: fma(x, s, t) with one s and one t per column.
// SPDX-License-Identifier: Apache-2.0
#include "format/mle_generated.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/matrix.h"

namespace mle::steps {
namespace {

template <class T>
struct ScalePlan {
  void (*kernel)(const kernels::ScaleArgs<T>&);
  kernels::ScaleArgs<T> args;
  MatrixShape shape;
};

template <class T>
void run_scale(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const auto& plan = *static_cast<const ScalePlan<T>*>(step.plan);
  run_as_matrix<T, T>(plan.shape, slots[step.inputs[0]], slots[step.output], rows, plan.args,
                      plan.kernel);
}

template <class T>
bool bind_scale_of(Binder& binder, const fb::Op& op, Step& step) noexcept {
  auto* plan = binder.make<ScalePlan<T>>();
  if (plan == nullptr) return false;
  const size_t columns = binder.input(op, 1).width;
  const size_t width = binder.output(op).width;
  plan->kernel = binder.kernels().of<T>().scale;
  plan->args.s = binder.constant<T>(op, 1);
  plan->args.t = binder.constant<T>(op, 2);
  plan->args.n = columns;
  plan->shape = {width / columns, columns, columns};
  step.run = run_scale<T>;
  step.plan = plan;
  step.flops_per_row = uint64_t{2} * width;
  return true;
}

}  // namespace

bool bind_scale(Binder& binder, const fb::Op& op, Step& step) noexcept {
  return with_float(binder.output(op).dtype,
                    [&]<class T>(T) noexcept { return bind_scale_of<T>(binder, op, step); });
}

}  // namespace mle::steps
