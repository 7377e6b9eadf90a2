// ReduceRows: the largest or smallest of all rows of a call, element by element.
// Promise: the same bits whatever the order of the rows and the tiles they come in.
// SPDX-License-Identifier: Apache-2.0
#include "format/mle_generated.h"
#include "format/op_kinds.h"
#include "runtime/steps/binder.h"

#include <cmath>
#include <limits>

namespace mle::steps {
namespace {

using format::ReduceFn;

struct ReduceRowsPlan {
  size_t width;
  bool largest;
};

// Of two equal ones that differ in their sign, 0 is the larger.
template <class T>
bool is_beyond(T x, T y, bool largest) noexcept {
  if (x == y) return std::signbit(x) != largest && std::signbit(y) == largest;
  return largest ? x > y : x < y;
}

template <class T>
void take_rows(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const auto& plan = *static_cast<const ReduceRowsPlan*>(step.plan);
  const Slot& from = slots[step.inputs[0]];
  T* y = slots[step.output].row<T>(0);
  if (rows == 0) {
    const T infinity = std::numeric_limits<T>::infinity();
    for (size_t i = 0; i < plan.width; ++i) y[i] = plan.largest ? -infinity : infinity;
  }
  for (size_t r = 0; r < rows; ++r) {
    const T* x = from.row<const T>(r);
    for (size_t i = 0; i < plan.width; ++i) {
      if (std::isnan(x[i])) {
        y[i] = std::numeric_limits<T>::quiet_NaN();
      } else if (is_beyond(x[i], y[i], plan.largest)) {  // never where y is NaN
        y[i] = x[i];
      }
    }
  }
}

}  // namespace

bool bind_reduce_rows(Binder& binder, const fb::Op& op, Step& step) noexcept {
  auto* plan = binder.make<ReduceRowsPlan>();
  if (plan == nullptr) return false;
  plan->width = binder.output(op).width;
  plan->largest = static_cast<ReduceFn>(binder.iattr(op, 0)) == ReduceFn::Max;
  step.plan = plan;
  step.all_rows = true;
  step.work_per_row = plan->width;
  return with_float(binder.output(op).dtype, [&](auto type) noexcept {
    using T = decltype(type);
    step.run = take_rows<T>;
    return true;
  });
}

}  // namespace mle::steps
