// Reduce: the axes of a row in groups that lie beside each other, reduced ones and kept ones in
// turn.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/reduce.h"

#include "format/limits.h"
#include "format/mle_generated.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/number_type.h"

#include <algorithm>
#include <array>

namespace mle::steps {
namespace {

constexpr size_t kMaxGroups = format::kMaxRank / 2;

// A group of kept axes around those a kernel call knows of.
struct Around {
  size_t count = 1;
  size_t x_stride = 0, y_stride = 0;  // elements
};

template <class T>
struct ReducePlan {
  kernels::ReduceKernel<T> kernel;
  kernels::ReduceArgs<T> args;
  bool rows_are_kernel_rows;  // a row of the tile is one row of the kernel
  std::array<kernels::Axis, kMaxGroups> outer;
  std::array<Around, kMaxGroups> around;  // outermost first
  size_t around_count;
};

template <class T>
void run_around(const ReducePlan<T>& plan, kernels::ReduceArgs<T> args, size_t level) noexcept {
  if (level == plan.around_count) return plan.kernel(args);
  const Around& group = plan.around[level];
  for (size_t i = 0; i < group.count; ++i) {
    run_around(plan, args, level + 1);
    args.x += group.x_stride;
    args.y += group.y_stride;
  }
}

template <class T>
void run_reduce(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const auto& plan = *static_cast<const ReducePlan<T>*>(step.plan);
  const Slot& x = slots[step.inputs[0]];
  const Slot& y = slots[step.output];
  kernels::ReduceArgs<T> args = plan.args;
  args.outer = plan.outer.data();
  if (plan.rows_are_kernel_rows) {
    args.x = x.row<const T>(0);
    args.x_stride = x.stride_of<T>();
    args.y = y.row<T>(0);
    args.y_stride = y.stride_of<T>();
    args.rows = rows;
    return plan.kernel(args);
  }
  for (size_t r = 0; r < rows; ++r) {
    args.x = x.row<const T>(r);
    args.y = y.row<T>(r);
    run_around(plan, args, 0);
  }
}

struct Group {
  bool reduced;
  size_t count;
  size_t x_stride;  // elements
};

// Neighbours of one kind as one, axes of 1 left out.
size_t make_groups(std::span<const uint32_t> dims, std::span<const uint32_t> axes,
                   std::array<Group, format::kMaxRank + 1>& groups) noexcept {
  size_t count = 0;
  for (uint32_t axis = 0; axis < dims.size(); ++axis) {
    if (dims[axis] == 1) continue;
    const bool reduced = std::binary_search(axes.begin(), axes.end(), axis);
    if (count > 0 && groups[count - 1].reduced == reduced) {
      groups[count - 1].count *= dims[axis];
    } else {
      groups[count++] = {reduced, dims[axis], 0};
    }
  }
  size_t stride = 1;
  for (size_t g = count; g-- > 0;) {
    groups[g].x_stride = stride;
    stride *= groups[g].count;
  }
  return count;
}

template <class T>
bool bind(Binder& binder, const fb::Op& op, Step& step) noexcept {
  auto* plan = binder.make<ReducePlan<T>>();
  if (plan == nullptr) return false;
  const Operand x = binder.input(op, 0);
  std::array<Group, format::kMaxRank + 1> groups;
  size_t left = make_groups(x.dims, {op.indices()->data(), op.indices()->size()}, groups);
  kernels::ReduceArgs<T>& args = plan->args;
  plan->kernel = kernels::reduce_kernel<T>(static_cast<format::ReduceFn>(binder.iattr(op, 0)));
  const size_t results = binder.output(op).width;
  args.divisor = static_cast<T>(x.width / results);

  args.step = 1;
  if (left > 0 && !groups[left - 1].reduced) args.step = groups[--left].count;
  args.n = 1;
  if (left > 0) args.n = groups[--left].count;
  args.rows = 1;
  size_t y_stride = args.step;
  plan->rows_are_kernel_rows = left == 0;
  if (left > 0 && !groups[left - 1].reduced) {
    const Group& group = groups[--left];
    args.rows = group.count;
    args.x_stride = group.x_stride;
    args.y_stride = y_stride;
    y_stride *= group.count;
  }
  // What is left goes around a call where it is kept and into the call where it is reduced.
  while (left > 0) {
    const Group& group = groups[--left];
    if (group.reduced) {
      plan->outer[args.outer_count++] = {group.count, group.x_stride};
    } else {
      plan->around[plan->around_count++] = {group.count, group.x_stride, y_stride};
      y_stride *= group.count;
    }
  }
  std::reverse(plan->outer.data(), plan->outer.data() + args.outer_count);
  std::reverse(plan->around.data(), plan->around.data() + plan->around_count);
  step.run = run_reduce<T>;
  step.plan = plan;
  step.work_per_row = x.width;
  return true;
}

}  // namespace

bool bind_reduce(Binder& binder, const fb::Op& op, Step& step) noexcept {
  return with_summed_type(binder.input(op, 0).dtype, [&](auto type) noexcept {
    return bind<decltype(type)>(binder, op, step);
  });
}

}  // namespace mle::steps
