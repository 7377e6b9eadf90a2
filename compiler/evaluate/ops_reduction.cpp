// Along an axis: Softmax, LogSoftmax, ArgMax.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/op_site.h"

#include <cmath>
#include <limits>

namespace mle::compiler {
namespace {

void softmax(const double* x, double* y, size_t n, size_t step, bool logarithm) {
  double largest = -std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < n; ++i) largest = apply(BinaryFn::Max, largest, x[i * step]);
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += std::exp(x[i * step] - largest);
  for (size_t i = 0; i < n; ++i) {
    const double shifted = x[i * step] - largest;
    y[i * step] = logarithm ? shifted - std::log(sum) : std::exp(shifted) / sum;
  }
}

// NaN counts as larger than all.
size_t argmax(const double* x, size_t n, size_t step, bool last) {
  size_t best = 0;
  for (size_t i = 1; i < n; ++i) {
    const double a = x[best * step], b = x[i * step];
    const bool equal = a == b || (std::isnan(a) && std::isnan(b));
    if (equal ? last : !std::isnan(a) && (std::isnan(b) || b > a)) best = i;
  }
  return best;
}

}  // namespace

Elements run_softmax(const OpSite& site, bool logarithm) {
  return along_axis(site, site.node.iattr[0],
                    [&](const double* x, double* y, size_t n, size_t step) {
                      softmax(x, y, n, step, logarithm);
                    });
}

Elements run_argmax(const OpSite& site) {
  const Axis axis(site.fact(0).dims, site.node.iattr[0]);
  const bool last = site.node.iattr[1] == 1;
  Elements y;
  for (size_t r = 0; r < site.rows; ++r)
    for (size_t outer = 0; outer < axis.outer; ++outer)
      for (size_t inner = 0; inner < axis.inner; ++inner)
        y.push_back(static_cast<double>(argmax(site.row(0, r) + outer * axis.n * axis.inner + inner,
                                               axis.n, axis.inner, last)));
  return y;
}

}  // namespace mle::compiler
