// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/plain_unary.h"

#include "runtime/kernels/functions.h"

namespace mle::kernels {
namespace {

using format::Act;
using Function = double (*)(double) noexcept;

constexpr Function function_of(Act act) noexcept {
  switch (act) {
    case Act::Sin: return sine;
    case Act::Cos: return cosine;
    case Act::Tan: return tangent;
    case Act::Asin: return arc_sine;
    case Act::Acos: return arc_cosine;
    case Act::Atan: return arc_tangent;
    case Act::Sinh: return hyperbolic_sine;
    case Act::Cosh: return hyperbolic_cosine;
    case Act::Asinh: return area_sine;
    case Act::Acosh: return area_cosine;
    case Act::Atanh: return area_tangent;
    case Act::Log1p: return log_of_1_plus;
    case Act::Expm1: return exp_minus_1;
    default: return nullptr;
  }
}

template <class T>
void map(const UnaryArgs<T>& args, Function function) noexcept {
  for (size_t r = 0; r < args.rows; ++r) {
    const T* x = args.x + r * args.x_stride;
    T* y = args.y + r * args.y_stride;
    for (size_t i = 0; i < args.n; ++i) y[i] = static_cast<T>(function(double{x[i]}));
  }
}

}  // namespace

template <Act kAct, class T>
void plain_unary(const UnaryArgs<T>& args) {
  map(args, function_of(kAct));
}

#define MLE_PLAIN_UNARY(act)                                    \
  template void plain_unary<Act::act>(const UnaryArgs<float>&); \
  template void plain_unary<Act::act>(const UnaryArgs<double>&)
MLE_PLAIN_UNARY(Sin);
MLE_PLAIN_UNARY(Cos);
MLE_PLAIN_UNARY(Tan);
MLE_PLAIN_UNARY(Asin);
MLE_PLAIN_UNARY(Acos);
MLE_PLAIN_UNARY(Atan);
MLE_PLAIN_UNARY(Sinh);
MLE_PLAIN_UNARY(Cosh);
MLE_PLAIN_UNARY(Asinh);
MLE_PLAIN_UNARY(Acosh);
MLE_PLAIN_UNARY(Atanh);
MLE_PLAIN_UNARY(Log1p);
MLE_PLAIN_UNARY(Expm1);
#undef MLE_PLAIN_UNARY

}  // namespace mle::kernels
