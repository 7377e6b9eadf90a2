// Elements picked by computed indices: Gather, GatherElements.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/op_site.h"
#include "format/rules.h"

#include <algorithm>

namespace mle::compiler {
namespace {

// The index as a position among `n`, from the end where it is negative; n where it is outside.
size_t position(double index, size_t n) {
  const double at = index < 0 ? index + static_cast<double>(n) : index;
  return at >= 0 && at < static_cast<double>(n) ? static_cast<size_t>(at) : n;
}

Status outside(const OpSite& site, size_t row, double index) {
  return error(Code::InvalidArgument, format::rule::R117_NoAnswer, Status::kNoOffset,
               "indices must lie inside their tables", "row %zu: '%s' met index %.0f", row,
               site.node.name.c_str(), index);
}

}  // namespace

Result<Elements> run_gather(const OpSite& site) {
  const Axis data(site.fact(0).dims, site.node.iattr[0]);
  const size_t picks = element_count(site.fact(1).dims);
  Elements y(site.rows * site.width());
  auto to = y.begin();
  for (size_t r = 0; r < site.rows; ++r)
    for (size_t outer = 0; outer < data.outer; ++outer)
      for (size_t i = 0; i < picks; ++i, to += static_cast<ptrdiff_t>(data.inner)) {
        const double index = site.row(1, r)[i];
        const size_t at = position(index, data.n);
        if (at == data.n) return outside(site, r, index);
        std::copy_n(site.row(0, r) + (outer * data.n + at) * data.inner, data.inner, to);
      }
  return y;
}

Result<Elements> run_gather_elements(const OpSite& site) {
  const Dims& data = site.fact(0).dims;
  const Dims& to = site.result().dims;
  const size_t axis = site.node.iattr[0];
  Elements y(site.rows * site.width());
  for (size_t r = 0; r < site.rows; ++r)
    for (size_t e = 0; e < site.width(); ++e) {
      size_t from = 0, rest = e;
      for (size_t i = to.size(); i-- > 0; rest /= to[i])
        if (i != axis) from += rest % to[i] * Axis(data, i).inner;
      const double index = site.row(1, r)[e];
      const size_t at = position(index, data[axis]);
      if (at == data[axis]) return outside(site, r, index);
      y[r * site.width() + e] = site.row(0, r)[from + at * Axis(data, axis).inner];
    }
  return y;
}

}  // namespace mle::compiler
