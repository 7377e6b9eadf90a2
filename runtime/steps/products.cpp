// Products: every output is a product of columns, multiplied in the order given.
// Promise: one rounding per factor after the first, so that the order is all that decides the bits.
// SPDX-License-Identifier: Apache-2.0
#include "format/mle_generated.h"
#include "runtime/steps/binder.h"

namespace mle::steps {
namespace {

struct ProductsPlan {
  const uint32_t* columns;  // [outputs][degree]
  size_t outputs, degree;
  size_t lines, width;  // of the input
};

template <class T>
void multiply(const ProductsPlan& plan, const T* x, T* y) noexcept {
  const uint32_t* column = plan.columns;
  for (size_t o = 0; o < plan.outputs; ++o, column += plan.degree) {
    T product = column[0] == format::kNoFactor ? T{1} : x[column[0]];
    for (size_t d = 1; d < plan.degree; ++d) {
      product *= column[d] == format::kNoFactor ? T{1} : x[column[d]];
    }
    y[o] = product;
  }
}

template <class T>
void run_products(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const auto& plan = *static_cast<const ProductsPlan*>(step.plan);
  for (size_t r = 0; r < rows; ++r) {
    const T* x = slots[step.inputs[0]].row<const T>(r);
    T* y = slots[step.output].row<T>(r);
    for (size_t line = 0; line < plan.lines; ++line) {
      multiply(plan, x + line * plan.width, y + line * plan.outputs);
    }
  }
}

}  // namespace

bool bind_products(Binder& binder, const fb::Op& op, Step& step) noexcept {
  ProductsPlan* plan = binder.make<ProductsPlan>();
  if (plan == nullptr) return false;
  const Operand x = binder.input(op, 0);
  plan->columns = op.indices()->data();
  plan->degree = binder.iattr(op, 0);
  plan->outputs = binder.output(op).dims.back();
  plan->width = x.dims.back();
  plan->lines = x.width / plan->width;
  step.run = x.dtype == DType::F64 ? run_products<double> : run_products<float>;
  step.plan = plan;
  step.flops_per_row = binder.output(op).width * (plan->degree - 1);
  step.work_per_row = binder.output(op).width * plan->degree * 4;
  return true;
}

}  // namespace mle::steps
