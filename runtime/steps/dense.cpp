// Dense: act(x w + b) over the last axis, with weights packed as format/layout.h says.
// SPDX-License-Identifier: Apache-2.0
#include "format/layout.h"
#include "format/mle_generated.h"
#include "format/stored_weights.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/matrix.h"

#include <algorithm>
#include <type_traits>

namespace mle::steps {
namespace {

// A layer, and the kernel for its kind of weights.
template <class L, class T, class X = T, class R = kernels::DenseRows<T>>
struct LayerPlan {
  using Rows = R;
  using From = X;  // elements of x, and of y
  using Element = T;
  void (*kernel)(const L&, const Rows&);
  L layer;
  MatrixShape shape;
};
template <class T>
using DensePlan = LayerPlan<kernels::DenseLayer<T>, T>;
// Weights in fewer bits than the layer computes in, which is f32.
struct StoredPlan : LayerPlan<kernels::StoredLayer, float> {
  size_t panel_bytes;  // of 16 columns
};
// Rows in 8 bits as well.
struct I8Plan : LayerPlan<kernels::I8Layer, float> {
  size_t panel_bytes;
};
// Rows in bf16 as well.
struct Bf16Plan : LayerPlan<kernels::Bf16Layer, float, uint16_t, kernels::Bf16Rows> {
  size_t panel_bytes;
};

template <class Plan>
void run_layer(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  using T = typename Plan::Element;
  const auto& plan = *static_cast<const Plan*>(step.plan);
  const auto kernel = [&plan](const typename Plan::Rows& of) noexcept {
    plan.kernel(plan.layer, of);
  };
  run_as_matrix<typename Plan::From, T>(plan.shape, slots[step.inputs[0]], slots[step.output], rows,
                                        typename Plan::Rows(), kernel);
}

// Columns that a thread computes at a time: as many panels as a row alone reads side by side.
constexpr size_t kShare = 8 * format::kLanes;

// The layer without its first columns.
template <class T>
void skip_columns(const DensePlan<T>&, kernels::DenseLayer<T>& layer, size_t columns) noexcept {
  layer.w += columns * layer.k;
  if (layer.b != nullptr) layer.b += columns;
}
void skip_columns(const StoredPlan& plan, kernels::StoredLayer& layer, size_t columns) noexcept {
  layer.stored += columns / format::kLanes * plan.panel_bytes;
  if (layer.b != nullptr) layer.b += columns;
}
void skip_columns(const I8Plan& plan, kernels::I8Layer& layer, size_t columns) noexcept {
  layer.stored += columns / format::kLanes * plan.panel_bytes;
  layer.sums += columns;
}

void skip_columns(const Bf16Plan& plan, kernels::Bf16Layer& layer, size_t columns) noexcept {
  layer.stored += columns / format::kLanes * plan.panel_bytes;
  if (layer.b != nullptr) layer.b += columns;
}

template <class Plan>
void run_layer_shares(const Step& step, const Slot* slots, size_t rows, size_t begin,
                      size_t end) noexcept {
  using X = typename Plan::From;
  using T = typename Plan::Element;
  const auto& plan = *static_cast<const Plan*>(step.plan);
  const size_t first = begin * kShare;
  auto layer = plan.layer;
  skip_columns(plan, layer, first);
  layer.n = std::min(end * kShare, layer.n) - first;
  const Slot& x = slots[step.inputs[0]];
  const Slot& y = slots[step.output];
  plan.kernel(layer,
              {x.row<const X>(0), x.stride_of<X>(), y.row<T>(0) + first, y.stride_of<T>(), rows});
}

// What both kinds of weights have in common.
template <class Plan>
void set_layer(Binder& binder, const fb::Op& op, Plan& plan) noexcept {
  using T = std::remove_cv_t<decltype(plan.layer.alpha)>;
  const Operand w = binder.input(op, 1);
  plan.layer.b = binder.input_count(op) > 2 ? binder.constant<T>(op, 2) : nullptr;
  plan.layer.k = w.dims[0];
  plan.layer.n = w.dims[1];
  plan.layer.order = format::dense_order(plan.layer.k, plan.layer.n, binder.output(op).dtype);
  plan.layer.act = static_cast<format::Act>(op.act());
  plan.layer.alpha = static_cast<T>(binder.fattr(op, 0, 0));
  plan.layer.beta = static_cast<T>(binder.fattr(op, 1, 0));
  plan.shape = {binder.input(op, 0).width / plan.layer.k, plan.layer.k, plan.layer.n};
}

template <class Plan>
void set_step(Binder& binder, const fb::Op& op, const Plan& plan, bool panels,
              Step& step) noexcept {
  const Operand x = binder.input(op, 0);
  step.run = run_layer<Plan>;
  step.plan = &plan;
  if (panels && plan.shape.inner == 1 && plan.layer.n > kShare) {
    step.run_shares = run_layer_shares<Plan>;
    step.shares = (plan.layer.n + kShare - 1) / kShare;
  }
  step.flush = x.dtype != DType::F64;  // which keeps its denormals
  step.flops_per_row = uint64_t{2} * x.width * plan.layer.n;
  step.work_per_row = step.flops_per_row;
}

template <class T>
bool bind_dense_of(Binder& binder, const fb::Op& op, Step& step) noexcept {
  auto* plan = binder.make<DensePlan<T>>();
  if (plan == nullptr) return false;
  plan->layer.w = binder.constant<T>(op, 1);
  plan->kernel = binder.kernels().of<T>().dense;
  set_layer(binder, op, *plan);
  set_step(binder, op, *plan, plan->layer.order.layout == format::Layout::Panel16, step);
  return true;
}

bool bind_stored(Binder& binder, const fb::Op& op, Step& step) noexcept {
  auto* plan = binder.make<StoredPlan>();
  if (plan == nullptr) return false;
  const kernels::Table& table = binder.kernels();
  const DType dtype = binder.input(op, 1).dtype;
  plan->layer.w = nullptr;
  plan->layer.stored = binder.input(op, 1).constant;
  set_layer(binder, op, *plan);
  const size_t k = plan->layer.k, n = plan->layer.n;
  plan->panel_bytes =
      format::packed_elements(format::weights_layout(k, n, dtype), k, format::kLanes) *
      size_of(dtype);
  plan->kernel = dtype == DType::F16    ? table.dense_f16
                 : dtype == DType::BF16 ? table.dense_bf16
                                        : table.dense_i8;
  set_step(binder, op, *plan, plan->layer.order.layout == format::Layout::Panel16, step);
  return true;
}

bool bind_i8(Binder& binder, const fb::Op& op, Step& step) noexcept {
  auto* plan = binder.make<I8Plan>();
  if (plan == nullptr) return false;
  const Operand x = binder.input(op, 0), w = binder.input(op, 1);
  plan->kernel = binder.kernels().dense_rows_i8;
  plan->layer = {binder.input(op, 1).constant, binder.constant<int32_t>(op, 2), w.dims[0],
                 w.dims[1]};
  plan->shape = {x.width / plan->layer.k, plan->layer.k, plan->layer.n};
  plan->panel_bytes =
      format::packed_elements(format::Layout::Panel16K4, plan->layer.k, format::kLanes);
  set_step(binder, op, *plan, true, step);
  step.work_per_row = step.flops_per_row / 2;
  return true;
}

bool bind_bf16(Binder& binder, const fb::Op& op, Step& step) noexcept {
  auto* plan = binder.make<Bf16Plan>();
  if (plan == nullptr) return false;
  const Operand x = binder.input(op, 0), w = binder.input(op, 1);
  const auto act = static_cast<format::Act>(op.act());
  const bool in_registers = act == format::Act::None || act == format::Act::Relu;
  plan->kernel = binder.kernels().dense_rows_bf16;
  plan->layer = {
      .stored = w.constant,
      .b = binder.input_count(op) > 2 ? binder.constant<float>(op, 2) : nullptr,
      .k = w.dims[0],
      .n = w.dims[1],
      .relu = act == format::Act::Relu,
      .act = in_registers ? nullptr : binder.kernels().f32.unary[static_cast<size_t>(act)],
      .alpha = static_cast<float>(binder.fattr(op, 0, 0)),
      .beta = static_cast<float>(binder.fattr(op, 1, 0))};
  plan->shape = {x.width / plan->layer.k, plan->layer.k, plan->layer.n};
  plan->panel_bytes =
      format::packed_elements(format::Layout::Panel16K2, plan->layer.k, format::kLanes) *
      size_of(DType::BF16);
  set_step(binder, op, *plan, true, step);
  step.work_per_row = step.flops_per_row / 2;
  return true;
}

}  // namespace

bool bind_dense(Binder& binder, const fb::Op& op, Step& step) noexcept {
  if (op.iattr() != nullptr && op.iattr()->size() != 0) return bind_i8(binder, op, step);
  if (binder.input(op, 0).dtype == DType::BF16) return bind_bf16(binder, op, step);
  if (binder.input(op, 1).dtype != binder.output(op).dtype) return bind_stored(binder, op, step);
  return with_float(binder.output(op).dtype,
                    [&]<class T>(T) noexcept { return bind_dense_of<T>(binder, op, step); });
}

}  // namespace mle::steps
