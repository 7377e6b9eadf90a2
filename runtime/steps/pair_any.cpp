// Binary and Compare of what the kernel tables do not compute: integers, bools, strings.
// SPDX-License-Identifier: Apache-2.0
#include "format/integers.h"
#include "format/mle_generated.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/broadcast.h"
#include "runtime/steps/element_types.h"

#include <cmath>
#include <type_traits>

namespace mle::steps {
namespace {

using format::BinaryFn;
using format::CompareFn;

struct Runs {
  const Slot* parts;  // a, b, y
  size_t rows, n;
  size_t a_step, b_step;  // 0 or 1
};
using Loop = void (*)(const Runs& runs);

struct AnyPlan {
  Loop loop;
  Broadcast broadcast;
};

template <class X, class Y, class Function>
void loop_over(const Runs& runs, Function function) noexcept {
  for (size_t r = 0; r < runs.rows; ++r) {
    const X* a = runs.parts[0].row<const X>(r);
    const X* b = runs.parts[1].row<const X>(r);
    Y* y = runs.parts[2].row<Y>(r);
    for (size_t i = 0; i < runs.n; ++i) y[i] = function(a[i * runs.a_step], b[i * runs.b_step]);
  }
}

template <class T, BinaryFn kFn>
T combined(T a, T b) noexcept {
  using enum BinaryFn;
  if constexpr (kFn == Add) return format::wrap_add(a, b);
  if constexpr (kFn == Sub) return format::wrap_sub(a, b);
  if constexpr (kFn == Mul) return format::wrap_mul(a, b);
  if constexpr (kFn == Div) return format::divide(a, b);
  if constexpr (kFn == Min) return b < a ? b : a;
  if constexpr (kFn == Max) return a < b ? b : a;
  if constexpr (kFn == Pow) return format::power(a, b);
  if constexpr (kFn == And) return static_cast<T>(a & b);
  if constexpr (kFn == Or) return static_cast<T>(a | b);
  if constexpr (kFn == Xor) return static_cast<T>(a ^ b);
  if constexpr (kFn == Mod) return format::modulo(a, b);
  if constexpr (kFn == Fmod) return format::remainder(a, b);
  if constexpr (kFn == ShiftLeft) return format::shift_left(a, b);
  if constexpr (kFn == ShiftRight) return format::shift_right(a, b);
}

template <class T, BinaryFn kFn>
void integers(const Runs& runs) noexcept {
  loop_over<T, T>(runs, combined<T, kFn>);
}

template <BinaryFn kFn>
void truths(const Runs& runs) noexcept {
  loop_over<Truth, Truth>(runs, [](Truth a, Truth b) {
    return Truth{combined<uint8_t, kFn>(a.byte != 0, b.byte != 0)};
  });
}

template <class T>
void float_remainders(const Runs& runs) noexcept {
  loop_over<T, T>(runs, [](T a, T b) { return std::fmod(a, b); });
}

template <class T>
Loop integer_loop(BinaryFn fn) noexcept {
  using enum BinaryFn;
  switch (fn) {
    case Add: return integers<T, Add>;
    case Sub: return integers<T, Sub>;
    case Mul: return integers<T, Mul>;
    case Div: return integers<T, Div>;
    case Min: return integers<T, Min>;
    case Max: return integers<T, Max>;
    case Pow: return integers<T, Pow>;
    case PRelu: break;
    case And: return integers<T, And>;
    case Or: return integers<T, Or>;
    case Xor: return integers<T, Xor>;
    case Mod: return integers<T, Mod>;
    case Fmod: return integers<T, Fmod>;
    case ShiftLeft: return integers<T, ShiftLeft>;
    case ShiftRight: return integers<T, ShiftRight>;
  }
  return nullptr;
}

// FileView lets no other dtype and function reach it.
Loop binary_loop(DType dtype, BinaryFn fn) noexcept {
  if (dtype == DType::F32) return float_remainders<float>;
  if (dtype == DType::F64) return float_remainders<double>;
  if (dtype == DType::Bool) {
    if (fn == BinaryFn::And) return truths<BinaryFn::And>;
    if (fn == BinaryFn::Or) return truths<BinaryFn::Or>;
    return truths<BinaryFn::Xor>;
  }
  Loop loop = nullptr;
  with_integer(dtype, [&](auto x) { loop = integer_loop<decltype(x)>(fn); });
  return loop;
}

template <class T>
Loop compare_loop(CompareFn fn) noexcept {
  using enum CompareFn;
  switch (fn) {
    case Less:
      return [](const Runs& runs) {
        loop_over<T, uint8_t>(runs, [](const T& a, const T& b) { return uint8_t{a < b}; });
      };
    case LessEqual:
      return [](const Runs& runs) {
        loop_over<T, uint8_t>(runs, [](const T& a, const T& b) { return uint8_t{!(b < a)}; });
      };
    case Greater:
      return [](const Runs& runs) {
        loop_over<T, uint8_t>(runs, [](const T& a, const T& b) { return uint8_t{b < a}; });
      };
    case GreaterEqual:
      return [](const Runs& runs) {
        loop_over<T, uint8_t>(runs, [](const T& a, const T& b) { return uint8_t{!(a < b)}; });
      };
    case Equal:
      return [](const Runs& runs) {
        loop_over<T, uint8_t>(runs, [](const T& a, const T& b) { return uint8_t{a == b}; });
      };
    case NotEqual:
      return [](const Runs& runs) {
        loop_over<T, uint8_t>(runs, [](const T& a, const T& b) { return uint8_t{!(a == b)}; });
      };
  }
  return nullptr;
}

Loop compare_loop(DType dtype, CompareFn fn) noexcept {
  if (dtype == DType::Bool) return compare_loop<Truth>(fn);
  if (dtype == DType::Str) return compare_loop<Text>(fn);
  Loop loop = nullptr;
  with_integer(dtype, [&](auto x) { loop = compare_loop<decltype(x)>(fn); });
  return loop;
}

void run_any(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const AnyPlan& plan = *static_cast<const AnyPlan*>(step.plan);
  const Slot whole[] = {slots[step.inputs[0]], slots[step.inputs[1]], slots[step.output]};
  for_each_run(plan.broadcast, whole, rows, [&](const Slot* parts, size_t runs) noexcept {
    plan.loop({parts, runs, plan.broadcast.n, plan.broadcast.step[0], plan.broadcast.step[1]});
  });
}

bool bind_any(Binder& binder, const fb::Op& op, Loop loop, Step& step) noexcept {
  AnyPlan* plan = binder.make<AnyPlan>();
  if (plan == nullptr) return false;
  const Operand operands[] = {binder.input(op, 0), binder.input(op, 1), binder.output(op)};
  plan->loop = loop;
  if (!make_broadcast(binder, operands, plan->broadcast)) return false;
  step.run = run_any;
  step.plan = plan;
  return true;
}

}  // namespace

bool bind_binary_any(Binder& binder, const fb::Op& op, Step& step) noexcept {
  const auto fn = static_cast<BinaryFn>(binder.iattr(op, 0));
  return bind_any(binder, op, binary_loop(binder.input(op, 0).dtype, fn), step);
}

bool bind_compare_any(Binder& binder, const fb::Op& op, Step& step) noexcept {
  const auto fn = static_cast<CompareFn>(binder.iattr(op, 0));
  return bind_any(binder, op, compare_loop(binder.input(op, 0).dtype, fn), step);
}

}  // namespace mle::steps
