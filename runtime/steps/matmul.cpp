// MatMul: one matrix after the other, as broadcasting pairs them.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/matmul.h"

#include "format/limits.h"
#include "format/mle_generated.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/number_type.h"

#include <type_traits>

namespace mle::steps {
namespace {

// An axis before the matrices: elements from one to the next, 0 where an operand repeats.
struct Before {
  size_t count = 1;
  size_t a_stride = 0, b_stride = 0;
};

template <class T>
struct MatMulPlan {
  void (*kernel)(const kernels::MatMulArgs<T>&);
  kernels::MatMulArgs<T> args;
  Before before[format::kMaxRank];  // outermost first
  size_t before_count;
};

template <class T>
void multiply(const MatMulPlan<T>& plan, kernels::MatMulArgs<T>& args, size_t level) noexcept {
  if (level == plan.before_count) {
    plan.kernel(args);
    args.y += args.m * args.n;  // the results follow each other
    return;
  }
  const Before& axis = plan.before[level];
  for (size_t i = 0; i < axis.count; ++i) {
    multiply(plan, args, level + 1);
    args.a += axis.a_stride;
    args.b += axis.b_stride;
  }
  args.a -= axis.count * axis.a_stride;
  args.b -= axis.count * axis.b_stride;
}

template <class T>
void run_matmul(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const auto& plan = *static_cast<const MatMulPlan<T>*>(step.plan);
  kernels::MatMulArgs<T> args = plan.args;
  for (size_t r = 0; r < rows; ++r) {
    args.a = slots[step.inputs[0]].template row<const T>(r);
    args.b = slots[step.inputs[1]].template row<const T>(r);
    args.y = slots[step.output].template row<T>(r);
    multiply(plan, args, 0);
  }
}

// The dim of an operand that meets dim `axis` of `rank` dims.
uint32_t aligned_dim(const Operand& operand, size_t axis, size_t rank) noexcept {
  const size_t missing = rank - operand.dims.size();
  return axis < missing ? 1 : operand.dims[axis - missing];
}

template <class T>
bool bind(Binder& binder, const fb::Op& op, void (*kernel)(const kernels::MatMulArgs<T>&),
          Step& step) noexcept {
  auto* plan = binder.make<MatMulPlan<T>>();
  if (plan == nullptr) return false;
  const Operand a = binder.input(op, 0), b = binder.input(op, 1), y = binder.output(op);
  const size_t rank = y.dims.size();
  plan->kernel = kernel;
  plan->args.m = y.dims[rank - 2];
  plan->args.k = a.dims.back();
  plan->args.n = y.dims[rank - 1];
  const size_t a_matrix = plan->args.m * plan->args.k;
  const size_t b_matrix = plan->args.k * plan->args.n;
  if (b.width == b_matrix) {  // one b for all: the rows of all a are those of one matrix
    plan->args.m = a.width / plan->args.k;
  } else {
    plan->before_count = rank - 2;
    size_t a_stride = a_matrix, b_stride = b_matrix;
    for (size_t axis = rank - 2; axis-- > 0;) {
      const size_t a_dim = aligned_dim(a, axis, rank), b_dim = aligned_dim(b, axis, rank);
      plan->before[axis] = {y.dims[axis], a_dim == 1 ? 0 : a_stride, b_dim == 1 ? 0 : b_stride};
      a_stride *= a_dim;
      b_stride *= b_dim;
    }
  }
  step.run = run_matmul<T>;
  step.plan = plan;
  step.flops_per_row = 2 * uint64_t{y.width} * plan->args.k;
  step.work_per_row = step.flops_per_row * 2;
  return true;
}

}  // namespace

bool bind_matmul(Binder& binder, const fb::Op& op, Step& step) noexcept {
  return with_summed_type(binder.output(op).dtype, [&](auto type) noexcept {
    using T = decltype(type);
    if constexpr (std::is_integral_v<T>) {
      return bind<T>(binder, op, kernels::integer_matmul<T>, step);
    } else {
      step.flush = std::is_same_v<T, float>;
      return bind<T>(binder, op, binder.kernels().of<T>().matmul, step);
    }
  });
}

}  // namespace mle::steps
