// Gather and GatherElements: elements of any type picked by computed indices.
// Promise: every index is compared with the length of its table before it is used; one that lies
// outside gives zeros and a fault.
// SPDX-License-Identifier: Apache-2.0
#include "format/limits.h"
#include "format/mle_generated.h"
#include "runtime/steps/axis.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/element_size.h"

namespace mle::steps {
namespace {

constexpr const char* kOutside = "an index outside its table";

// From the end where negative; n and more where it lies outside. Wraps instead of overflowing.
template <class Index>
size_t position(Index index, size_t n) noexcept {
  const auto at = static_cast<uint64_t>(int64_t{index});
  return index < 0 ? at + n : at;
}

struct GatherPlan {
  size_t outer;  // tables in a row of x
  size_t n;      // entries of a table
  size_t bytes;  // of an entry
  size_t picks;  // indices per row
};

template <class Index, size_t N>
void run_gather(const Step& step, const Slot* slots, size_t rows, Fault& fault) noexcept {
  const GatherPlan& plan = *static_cast<const GatherPlan*>(step.plan);
  const Slot& x = slots[step.inputs[0]];
  const Slot& indices = slots[step.inputs[1]];
  const Slot& y = slots[step.output];
  const size_t bytes = N == 0 ? plan.bytes : N;
  for (size_t r = 0; r < rows; ++r) {
    const Index* index = indices.row<const Index>(r);
    std::byte* to = y.row<std::byte>(r);
    for (size_t outer = 0; outer < plan.outer; ++outer) {
      const std::byte* table = x.row<const std::byte>(r) + outer * plan.n * bytes;
      for (size_t i = 0; i < plan.picks; ++i, to += bytes) {
        const size_t at = position(index[i], plan.n);
        if (at < plan.n) [[likely]] {
          move_element<N>(to, table + at * bytes, bytes);
        } else {
          std::memset(to, 0, bytes);
          fault.report(step, r, kOutside, index[i]);
        }
      }
    }
  }
}

// An axis of the indices around their last one.
struct Loop {
  size_t count;
  size_t stride;  // bytes in x; 0 for the axis the indices are for
};

struct GatherElementsPlan {
  std::span<const Loop> loops;  // outermost first
  Loop run;
  size_t n;      // entries along the axis of x
  size_t entry;  // bytes from one to the next
};

template <class Index, size_t N>
void run_gather_elements(const Step& step, const Slot* slots, size_t rows, Fault& fault) noexcept {
  const GatherElementsPlan& plan = *static_cast<const GatherElementsPlan*>(step.plan);
  const Slot& x = slots[step.inputs[0]];
  const Slot& indices = slots[step.inputs[1]];
  const Slot& y = slots[step.output];
  for (size_t r = 0; r < rows; ++r) {
    const std::byte* from = x.row<const std::byte>(r);
    const Index* index = indices.row<const Index>(r);
    std::byte* to = y.row<std::byte>(r);
    size_t at[format::kMaxRank] = {};
    for (bool more = true; more;) {
      for (size_t i = 0; i < plan.run.count; ++i, ++index, to += N) {
        const size_t picked = position(*index, plan.n);
        if (picked < plan.n) [[likely]] {
          move_element<N>(to, from + i * plan.run.stride + picked * plan.entry, N);
        } else {
          std::memset(to, 0, N);
          fault.report(step, r, kOutside, *index);
        }
      }
      more = false;
      for (size_t l = plan.loops.size(); l-- > 0 && !more;) {  // an odometer over the loops
        const Loop& loop = plan.loops[l];
        more = ++at[l] < loop.count;
        if (more) {
          from += loop.stride;
        } else {
          at[l] = 0;
          from -= loop.stride * (loop.count - 1);
        }
      }
    }
  }
}

using Run = decltype(Step::run);

Run find_gather(DType index, size_t bytes) noexcept {
  return with_element_size(bytes, [index]<size_t N>() noexcept -> Run {
    return index == DType::I32 ? &run_gather<int32_t, N> : &run_gather<int64_t, N>;
  });
}

Run find_gather_elements(DType index, size_t bytes) noexcept {
  return with_element_size(bytes, [index]<size_t N>() noexcept -> Run {
    return index == DType::I32 ? &run_gather_elements<int32_t, N>
                               : &run_gather_elements<int64_t, N>;
  });
}

}  // namespace

bool bind_gather(Binder& binder, const fb::Op& op, Step& step) noexcept {
  GatherPlan* plan = binder.make<GatherPlan>();
  if (plan == nullptr) return false;
  const Operand x = binder.input(op, 0);
  const Operand index = binder.input(op, 1);
  const AxisShape table = axis_shape(x.dims, binder.iattr(op, 0));
  *plan = {table.outer, table.n, table.inner * size_of(x.dtype), index.width};
  step.run = find_gather(index.dtype, plan->bytes);
  step.plan = plan;
  step.work_per_row = binder.output(op).width;
  return true;
}

bool bind_gather_elements(Binder& binder, const fb::Op& op, Step& step) noexcept {
  const Operand x = binder.input(op, 0);
  const Operand index = binder.input(op, 1);
  const uint32_t axis = binder.iattr(op, 0);
  const size_t size = size_of(x.dtype);
  GatherElementsPlan* plan = binder.make<GatherElementsPlan>();
  Loop* loops = binder.make<Loop>(index.dims.size());
  if (plan == nullptr || loops == nullptr) return false;
  for (size_t i = 0; i < index.dims.size(); ++i) {
    loops[i] = {index.dims[i], i == axis ? 0 : axis_shape(x.dims, i).inner * size};
  }
  const AxisShape table = axis_shape(x.dims, axis);
  plan->loops = {loops, index.dims.size() - 1};
  plan->run = loops[index.dims.size() - 1];
  plan->n = table.n;
  plan->entry = table.inner * size;
  step.run = find_gather_elements(index.dtype, size);
  step.plan = plan;
  step.work_per_row = index.width;
  return true;
}

}  // namespace mle::steps
