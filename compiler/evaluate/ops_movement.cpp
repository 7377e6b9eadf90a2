// Elements put elsewhere: Concat, Slice, Transpose.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/op_site.h"

#include <algorithm>

namespace mle::compiler {

Elements run_concat(const OpSite& site) {
  const Axis whole(site.result().dims, site.node.iattr[0]);
  Elements y(site.rows * site.width());
  for (size_t r = 0; r < site.rows; ++r) {
    size_t before = 0;  // along the axis
    for (size_t i = 0; i < site.inputs.size(); ++i) {
      const Axis part(site.fact(i).dims, site.node.iattr[0]);
      const size_t run = part.n * part.inner;
      for (size_t outer = 0; outer < part.outer; ++outer)
        std::copy_n(site.row(i, r) + outer * run, run,
                    y.data() + r * site.width() + (outer * whole.n + before) * whole.inner);
      before += part.n;
    }
  }
  return y;
}

Elements run_slice(const OpSite& site) {
  const size_t start = site.node.iattr[1], step = site.node.iattr[2];
  const Axis from(site.fact(0).dims, site.node.iattr[0]);
  const Axis to(site.result().dims, site.node.iattr[0]);
  Elements y(site.rows * site.width());
  for (size_t r = 0; r < site.rows; ++r)
    for (size_t outer = 0; outer < to.outer; ++outer)
      for (size_t i = 0; i < to.n; ++i)
        std::copy_n(site.row(0, r) + (outer * from.n + start + i * step) * from.inner, to.inner,
                    y.data() + r * site.width() + (outer * to.n + i) * to.inner);
  return y;
}

Elements run_transpose(const OpSite& site) {
  const Dims& from = site.fact(0).dims;
  const Dims& to = site.result().dims;
  std::vector<size_t> index(site.width());  // of each element of the result, in the input
  for (size_t e = 0; e < index.size(); ++e) {
    size_t rest = e;
    for (size_t i = to.size(); i-- > 0; rest /= to[i])
      index[e] += rest % to[i] * Axis(from, site.node.indices[i]).inner;
  }
  Elements y(site.rows * site.width());
  for (size_t r = 0; r < site.rows; ++r)
    for (size_t e = 0; e < index.size(); ++e) y[r * site.width() + e] = site.row(0, r)[index[e]];
  return y;
}

}  // namespace mle::compiler
