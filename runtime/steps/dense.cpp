// Dense: act(x w + b) over the last axis, with weights packed as format/layout.h says.
// SPDX-License-Identifier: Apache-2.0
#include "format/layout.h"
#include "format/mle_generated.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/matrix.h"

#include <algorithm>

namespace mle::steps {
namespace {

template <class T>
struct DensePlan {
  void (*kernel)(const kernels::DenseLayer<T>&, const kernels::DenseRows<T>&);
  kernels::DenseLayer<T> layer;
  MatrixShape shape;
};

template <class T>
void run_dense(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const auto& plan = *static_cast<const DensePlan<T>*>(step.plan);
  const auto kernel = [&plan](const kernels::DenseRows<T>& of) noexcept {
    plan.kernel(plan.layer, of);
  };
  run_as_matrix<T, T>(plan.shape, slots[step.inputs[0]], slots[step.output], rows,
                      kernels::DenseRows<T>(), kernel);
}

// Columns that a thread computes at a time: as many panels as a row alone reads side by side.
constexpr size_t kShare = 8 * format::kLanes;

template <class T>
void run_dense_shares(const Step& step, const Slot* slots, size_t rows, size_t begin,
                      size_t end) noexcept {
  const auto& plan = *static_cast<const DensePlan<T>*>(step.plan);
  const size_t first = begin * kShare;
  kernels::DenseLayer<T> layer = plan.layer;
  layer.w += first * layer.k;
  if (layer.b != nullptr) layer.b += first;
  layer.n = std::min(end * kShare, layer.n) - first;
  const Slot& x = slots[step.inputs[0]];
  const Slot& y = slots[step.output];
  plan.kernel(layer,
              {x.row<const T>(0), x.stride_of<T>(), y.row<T>(0) + first, y.stride_of<T>(), rows});
}

template <class T>
bool bind_dense_of(Binder& binder, const fb::Op& op, Step& step) noexcept {
  auto* plan = binder.make<DensePlan<T>>();
  if (plan == nullptr) return false;
  const Operand x = binder.input(op, 0);
  const Operand w = binder.input(op, 1);
  const size_t k = w.dims[0];
  const size_t n = w.dims[1];

  kernels::DenseLayer<T>& layer = plan->layer;
  layer.w = binder.constant<T>(op, 1);
  layer.b = binder.input_count(op) > 2 ? binder.constant<T>(op, 2) : nullptr;
  layer.k = k;
  layer.n = n;
  layer.order = format::dense_order(k, n, w.dtype);
  layer.act = static_cast<format::Act>(op.act());
  layer.alpha = static_cast<T>(binder.fattr(op, 0, 0));
  layer.beta = static_cast<T>(binder.fattr(op, 1, 0));
  plan->kernel = binder.kernels().of<T>().dense;
  plan->shape = {x.width / k, k, n};

  step.run = run_dense<T>;
  if (plan->shape.inner == 1 && layer.order.layout == format::Layout::Panel16 && n > kShare) {
    step.run_shares = run_dense_shares<T>;
    step.shares = (n + kShare - 1) / kShare;
  }
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
