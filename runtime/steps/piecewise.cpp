// Piecewise: finds the interval of every element among its column's breaks, then evaluates the
// polynomials of that interval.
// Promise: the interval is a count of breaks, so no break can lead outside the table; a product and
// a sum are rounded each, in every instruction set, as numpy's interp does.
// SPDX-License-Identifier: Apache-2.0
#include "format/mle_generated.h"
#include "runtime/steps/binder.h"

#include <limits>

namespace mle::steps {
namespace {

using format::Outside;

struct PiecewisePlan {
  const void* breaks;        // [columns][count]
  const void* coefficients;  // [columns][count + 1][many][terms]
  size_t lines, columns, count, many, terms;
  bool right;
  Outside outside;
};

// How many of the ascending breaks lie before x; a break that equals x does where `right`.
template <class T>
size_t breaks_before(const T* breaks, size_t count, T x, bool right) noexcept {
  size_t first = 0;
  while (count > 0) {
    const size_t half = count / 2;
    const T middle = breaks[first + half];
    const bool before = right ? middle <= x : middle < x;
    first = before ? first + half + 1 : first;
    count = before ? count - half - 1 : half;
  }
  return first;
}

// False where x lies outside and that is a fault; else x is what to evaluate at.
template <class T>
bool bring_inside(const PiecewisePlan& plan, const T* breaks, T& x) noexcept {
  const T first = breaks[0], last = breaks[plan.count - 1];
  if (!(x < first) && !(x > last)) return true;
  switch (plan.outside) {
    case Outside::Polynomial: return true;
    case Outside::Clamp: x = x < first ? first : last; return true;
    case Outside::NaN: x = std::numeric_limits<T>::quiet_NaN(); return true;
    case Outside::Fault: break;
  }
  return false;
}

template <class T>
void evaluate(const PiecewisePlan& plan, size_t column, T x, T* y) noexcept {
  const T* breaks = static_cast<const T*>(plan.breaks) + column * plan.count;
  const size_t interval = breaks_before(breaks, plan.count, x, plan.right);
  const T t = x - breaks[interval == 0 ? 0 : interval - 1];
  const T* terms = static_cast<const T*>(plan.coefficients) +
                   (column * (plan.count + 1) + interval) * plan.many * plan.terms;
  for (size_t p = 0; p < plan.many; ++p, terms += plan.terms) {
    T sum = terms[plan.terms - 1];
    for (size_t i = plan.terms - 1; i-- > 0;) {
      const T product = sum * t;
      sum = product + terms[i];
    }
    y[p] = sum;
  }
}

template <class T>
void run_piecewise(const Step& step, const Slot* slots, size_t rows, Fault& fault) noexcept {
  const auto& plan = *static_cast<const PiecewisePlan*>(step.plan);
  for (size_t r = 0; r < rows; ++r) {
    const T* from = slots[step.inputs[0]].row<const T>(r);
    T* y = slots[step.output].row<T>(r);
    for (size_t line = 0; line < plan.lines; ++line) {
      for (size_t column = 0; column < plan.columns; ++column, y += plan.many) {
        T x = *from++;
        const T* breaks = static_cast<const T*>(plan.breaks) + column * plan.count;
        const bool answered = bring_inside(plan, breaks, x);
        if (!answered) fault.report(step, r, "a value outside the range seen in training");
        if (answered && x == x) {
          evaluate(plan, column, x, y);
          continue;
        }
        for (size_t p = 0; p < plan.many; ++p) y[p] = answered ? x : T{0};
      }
    }
  }
}

}  // namespace

bool bind_piecewise(Binder& binder, const fb::Op& op, Step& step) noexcept {
  PiecewisePlan* plan = binder.make<PiecewisePlan>();
  if (plan == nullptr) return false;
  const Operand x = binder.input(op, 0);
  const Operand coefficients = binder.input(op, 2);
  plan->breaks = binder.constant<float>(op, 1);
  plan->coefficients = binder.constant<float>(op, 2);
  plan->columns = coefficients.dims[0];
  plan->count = size_t{coefficients.dims[1]} - 1;
  plan->many = coefficients.dims[2];
  plan->terms = coefficients.dims[3];
  plan->lines = x.width / plan->columns;
  plan->right = binder.iattr(op, 0) == 1;
  plan->outside = static_cast<Outside>(binder.iattr(op, 1));
  step.run = x.dtype == DType::F64 ? run_piecewise<double> : run_piecewise<float>;
  step.plan = plan;
  step.flops_per_row = uint64_t{2} * binder.output(op).width * (plan->terms - 1);
  step.work_per_row = x.width * 32 + binder.output(op).width * plan->terms * 2;
  return true;
}

}  // namespace mle::steps
