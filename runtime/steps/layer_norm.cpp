// LayerNorm: every run of the normalised axes is a row of the kernel.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/layer_norm.h"

#include "format/mle_generated.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/matrix.h"
#include "runtime/steps/number_type.h"

namespace mle::steps {
namespace {

template <class T>
struct LayerNormPlan {
  kernels::LayerNormArgs<T> args;
  MatrixShape shape;
};

template <class T>
void run_layer_norm(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const auto& plan = *static_cast<const LayerNormPlan<T>*>(step.plan);
  kernels::LayerNormArgs<T> args = plan.args;
  if (step.inputs.size() > 1) args.scale = slots[step.inputs[1]].template row<const T>(0);
  if (step.inputs.size() > 2) args.bias = slots[step.inputs[2]].template row<const T>(0);
  run_as_matrix<T, T>(plan.shape, slots[step.inputs[0]], slots[step.output], rows, args,
                      &kernels::layer_norm<T>);
}

template <class T>
bool bind(Binder& binder, const fb::Op& op, Step& step) noexcept {
  auto* plan = binder.make<LayerNormPlan<T>>();
  if (plan == nullptr) return false;
  const Operand x = binder.input(op, 0);
  size_t n = 1;
  for (size_t axis = binder.iattr(op, 0); axis < x.dims.size(); ++axis) n *= x.dims[axis];
  plan->args.n = n;
  plan->args.centred = binder.iattr(op, 1) == 0;
  plan->args.eps = static_cast<T>(binder.fattr(op, 0, 0));
  plan->shape = {x.width / n, n, n};
  step.run = run_layer_norm<T>;
  step.plan = plan;
  step.work_per_row = x.width * 8;
  return true;
}

}  // namespace

bool bind_layer_norm(Binder& binder, const fb::Op& op, Step& step) noexcept {
  if (binder.input(op, 0).dtype == DType::F64) return bind<double>(binder, op, step);
  step.flush = true;  // as the dense layers around it
  return bind<float>(binder, op, step);
}

}  // namespace mle::steps
