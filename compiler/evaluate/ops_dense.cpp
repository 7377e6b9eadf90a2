// Products: Dense.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/op_site.h"

#include <algorithm>

namespace mle::compiler {

Elements run_dense(const OpSite& site) {
  const size_t k = site.fact(1).dims[0], n = site.fact(1).dims[1];
  const Elements& w = *site.inputs[1];
  const size_t lines = site.width() / n;  // of one row
  Elements y(site.rows * site.width());
  for (size_t r = 0; r < site.rows; ++r) {
    for (size_t line = 0; line < lines; ++line) {
      const double* x = site.row(0, r) + line * k;
      double* out = y.data() + r * site.width() + line * n;
      if (site.inputs.size() == 3) std::copy_n(site.inputs[2]->data(), n, out);
      for (size_t i = 0; i < k; ++i)
        for (size_t j = 0; j < n; ++j) out[j] += x[i] * w[i * n + j];
    }
  }
  for (double& element : y) element = apply(site.node.act, element, site.alpha(), site.beta());
  return y;
}

}  // namespace mle::compiler
