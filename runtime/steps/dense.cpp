// Dense: act(x w + b) over the last axis, with weights packed as format/layout.h says.
// SPDX-License-Identifier: Apache-2.0
#include "format/layout.h"
#include "format/mle_generated.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/matrix.h"

namespace mle::steps {
namespace {

struct DensePlan {
  void (*kernel)(const kernels::DenseArgs&);
  kernels::DenseArgs args;  // all that does not change from call to call
  MatrixShape shape;
};

void run_dense(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const DensePlan& plan = *static_cast<const DensePlan*>(step.plan);
  run_as_matrix<float, float>(plan.shape, slots[step.inputs[0]], slots[step.output], rows,
                              plan.args, plan.kernel);
}

}  // namespace

bool bind_dense(Binder& binder, const fb::Op& op, Step& step) noexcept {
  DensePlan* plan = binder.make<DensePlan>();
  if (plan == nullptr) return false;
  const Operand x = binder.input(op, 0);
  const Operand w = binder.input(op, 1);
  const size_t k = w.dims[0];
  const size_t n = w.dims[1];

  kernels::DenseArgs& args = plan->args;
  args.w = binder.constant_f32(op, 1);
  args.b = binder.input_count(op) > 2 ? binder.constant_f32(op, 2) : nullptr;
  args.k = k;
  args.n = n;
  args.order = format::dense_order(k, n, w.dtype);
  args.act = static_cast<format::Act>(op.act());
  args.alpha = static_cast<float>(binder.fattr(op, 0, 0));
  args.beta = static_cast<float>(binder.fattr(op, 1, 0));
  plan->kernel = binder.kernels().dense;
  plan->shape = {x.width / k, k, n};

  step.run = run_dense;
  step.plan = plan;
  step.flush = true;
  step.flops_per_row = uint64_t{2} * x.width * n;
  step.work_per_row = step.flops_per_row;
  return true;
}

}  // namespace mle::steps
