// Dense: act(x w + b) over the last axis, with weights packed as format/layout.h says.
// SPDX-License-Identifier: Apache-2.0
#include "format/layout.h"
#include "format/mle_generated.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/matrix.h"

namespace mle::steps {
namespace {

template <class T>
struct DensePlan {
  void (*kernel)(const kernels::DenseArgs<T>&);
  kernels::DenseArgs<T> args;  // all that does not change from call to call
  MatrixShape shape;
};

template <class T>
void run_dense(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const auto& plan = *static_cast<const DensePlan<T>*>(step.plan);
  run_as_matrix<T, T>(plan.shape, slots[step.inputs[0]], slots[step.output], rows, plan.args,
                      plan.kernel);
}

template <class T>
bool bind_dense_of(Binder& binder, const fb::Op& op, Step& step) noexcept {
  auto* plan = binder.make<DensePlan<T>>();
  if (plan == nullptr) return false;
  const Operand x = binder.input(op, 0);
  const Operand w = binder.input(op, 1);
  const size_t k = w.dims[0];
  const size_t n = w.dims[1];

  kernels::DenseArgs<T>& args = plan->args;
  args.w = binder.constant<T>(op, 1);
  args.b = binder.input_count(op) > 2 ? binder.constant<T>(op, 2) : nullptr;
  args.k = k;
  args.n = n;
  args.order = format::dense_order(k, n, w.dtype);
  args.act = static_cast<format::Act>(op.act());
  args.alpha = static_cast<T>(binder.fattr(op, 0, 0));
  args.beta = static_cast<T>(binder.fattr(op, 1, 0));
  plan->kernel = binder.kernels().of<T>().dense;
  plan->shape = {x.width / k, k, n};

  step.run = run_dense<T>;
  step.plan = plan;
  step.flush = x.dtype == DType::F32;  // f64 keeps its denormals
  step.flops_per_row = uint64_t{2} * x.width * n;
  step.work_per_row = step.flops_per_row;
  return true;
}

}  // namespace

bool bind_dense(Binder& binder, const fb::Op& op, Step& step) noexcept {
  return with_float(binder.output(op).dtype,
                    [&]<class T>(T) noexcept { return bind_dense_of<T>(binder, op, step); });
}

}  // namespace mle::steps
