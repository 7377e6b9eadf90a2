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

void map(const UnaryArgs& args, Function function) noexcept {
  for (size_t r = 0; r < args.rows; ++r) {
    const float* x = args.x + r * args.x_stride;
    float* y = args.y + r * args.y_stride;
    for (size_t i = 0; i < args.n; ++i) y[i] = static_cast<float>(function(double{x[i]}));
  }
}

}  // namespace

template <Act kAct>
void plain_unary(const UnaryArgs& args) {
  map(args, function_of(kAct));
}

template void plain_unary<Act::Sin>(const UnaryArgs&);
template void plain_unary<Act::Cos>(const UnaryArgs&);
template void plain_unary<Act::Tan>(const UnaryArgs&);
template void plain_unary<Act::Asin>(const UnaryArgs&);
template void plain_unary<Act::Acos>(const UnaryArgs&);
template void plain_unary<Act::Atan>(const UnaryArgs&);
template void plain_unary<Act::Sinh>(const UnaryArgs&);
template void plain_unary<Act::Cosh>(const UnaryArgs&);
template void plain_unary<Act::Asinh>(const UnaryArgs&);
template void plain_unary<Act::Acosh>(const UnaryArgs&);
template void plain_unary<Act::Atanh>(const UnaryArgs&);
template void plain_unary<Act::Log1p>(const UnaryArgs&);
template void plain_unary<Act::Expm1>(const UnaryArgs&);

}  // namespace mle::kernels
