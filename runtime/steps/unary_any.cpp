// Unary of integers: the sign, and copies.
// SPDX-License-Identifier: Apache-2.0
#include "format/integers.h"
#include "format/mle_generated.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/element_types.h"

namespace mle::steps {
namespace {

struct UnaryPlan {
  void (*loop)(const std::byte* x, std::byte* y, size_t n) noexcept;
  size_t n;
};

template <class T, T (*kFunction)(T)>
void loop_over(const std::byte* x, std::byte* y, size_t n) noexcept {
  const T* from = reinterpret_cast<const T*>(x);
  T* to = reinterpret_cast<T*>(y);
  for (size_t i = 0; i < n; ++i) to[i] = kFunction(from[i]);
}

template <class T>
T same(T x) noexcept {
  return x;
}

void run_unary(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const UnaryPlan& plan = *static_cast<const UnaryPlan*>(step.plan);
  const Slot& x = slots[step.inputs[0]];
  const Slot& y = slots[step.output];
  for (size_t r = 0; r < rows; ++r) {
    plan.loop(x.row<const std::byte>(r), y.row<std::byte>(r), plan.n);
  }
}

}  // namespace

bool bind_unary_any(Binder& binder, const fb::Op& op, Step& step) noexcept {
  UnaryPlan* plan = binder.make<UnaryPlan>();
  if (plan == nullptr) return false;
  const Operand y = binder.output(op);
  with_integer(y.dtype, [&](auto x) {
    using T = decltype(x);
    switch (static_cast<format::Act>(op.act())) {
      case format::Act::Neg: plan->loop = loop_over<T, format::wrap_neg<T>>; break;
      case format::Act::Abs: plan->loop = loop_over<T, format::wrap_abs<T>>; break;
      case format::Act::Sign: plan->loop = loop_over<T, format::sign<T>>; break;
      default: plan->loop = loop_over<T, same<T>>; break;
    }
  });
  plan->n = y.width;
  step.run = run_unary;
  step.plan = plan;
  return true;
}

}  // namespace mle::steps
