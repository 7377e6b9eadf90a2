// Softmax, LogSoftmax and ArgMax: what looks at all elements along one axis.
// SPDX-License-Identifier: Apache-2.0
#include "format/mle_generated.h"
#include "runtime/steps/axis.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/matrix.h"

namespace mle::steps {
namespace {

template <class Args>
struct AxisPlan {
  void (*kernel)(const Args&);
  Args args;
  AxisShape axis;
  MatrixShape shape;  // of x and y where the axis is the last
  size_t y_block;     // elements of y per outer block
};

template <class X, class Y, class Args>
void run_axis(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const auto& plan = *static_cast<const AxisPlan<Args>*>(step.plan);
  const Slot& x = slots[step.inputs[0]];
  const Slot& y = slots[step.output];
  if (plan.axis.inner == 1) {
    return run_as_matrix<X, Y>(plan.shape, x, y, rows, plan.args, plan.kernel);
  }
  // Neighbouring elements belong to different sums: they are the rows of the kernel.
  Args args = plan.args;
  args.x_stride = 1;
  args.y_stride = 1;
  args.rows = plan.axis.inner;
  for (size_t r = 0; r < rows; ++r) {
    args.x = x.row<const X>(r);
    args.y = y.row<Y>(r);
    for (size_t block = 0; block < plan.axis.outer; ++block) {
      plan.kernel(args);
      args.x += plan.axis.n * plan.axis.inner;
      args.y += plan.y_block;
    }
  }
}

template <class X, class Y, class Args>
AxisPlan<Args>* make_plan(Binder& binder, const fb::Op& op, void (*kernel)(const Args&),
                          Step& step) noexcept {
  auto* plan = binder.make<AxisPlan<Args>>();
  if (plan == nullptr) return nullptr;
  const AxisShape axis = axis_shape(binder.input(op, 0).dims, binder.iattr(op, 0));
  plan->kernel = kernel;
  plan->args.n = axis.n;
  plan->args.step = axis.inner;
  plan->axis = axis;
  plan->y_block = binder.output(op).width / axis.outer;
  plan->shape = {axis.outer, axis.n, plan->y_block};
  step.run = run_axis<X, Y, Args>;
  step.plan = plan;
  return plan;
}

}  // namespace

bool bind_softmax(Binder& binder, const fb::Op& op, Step& step) noexcept {
  const bool log = step.kind == format::OpKind::LogSoftmax;
  // The mode of the dense layer before it: to change it costs as much as a small softmax.
  step.flush = binder.output(op).dtype == DType::F32;
  return with_float(binder.output(op).dtype, [&]<class T>(T) noexcept {
    const kernels::FloatTable<T>& table = binder.kernels().of<T>();
    const auto kernel = log ? table.log_softmax : table.softmax;
    return make_plan<T, T>(binder, op, kernel, step) != nullptr;
  });
}

bool bind_argmax(Binder& binder, const fb::Op& op, Step& step) noexcept {
  return with_float(binder.input(op, 0).dtype, [&]<class T>(T) noexcept {
    auto* plan = make_plan<T, int64_t>(binder, op, binder.kernels().of<T>().argmax, step);
    if (plan == nullptr) return false;
    plan->args.last = binder.iattr(op, 1) != 0;
    return true;
  });
}

}  // namespace mle::steps
