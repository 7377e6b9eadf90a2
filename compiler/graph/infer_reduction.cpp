// Along an axis: Softmax, LogSoftmax, ArgMax, Couple.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/shape_site.h"

namespace mle::compiler {

Result<Fact> infer_softmax(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 1));
  MLE_TRY(want_float(site, 0));
  MLE_TRY(want_axis(site, 0));
  return site.fact(0);
}

Result<Fact> infer_argmax(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 3));
  MLE_TRY(want_float(site, 0));
  MLE_TRY(want_axis(site, 0));
  if (site.node.iattr[1] > 1 || site.node.iattr[2] > 1)
    return refuse(C213_GraphBroken, "", "ArgMax flags %u, %u", site.node.iattr[1],
                  site.node.iattr[2]);
  Fact fact = site.fact(0);
  const auto axis = fact.dims.begin() + site.node.iattr[0];
  if (site.node.iattr[2] == 1)
    *axis = 1;
  else
    fact.dims.erase(axis);
  fact.dtype = DType::I64;
  return fact;
}

Result<Fact> infer_couple(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 0));
  MLE_TRY(want_float(site, 0));
  Fact fact = site.fact(0);
  uint32_t classes = 2;
  const uint32_t pairs = fact.dims.empty() ? 0 : fact.dims.back();
  while (classes < format::kMaxCoupled && classes * (classes - 1) / 2 < pairs) ++classes;
  if (classes * (classes - 1) / 2 != pairs)
    return refuse(C208_Shape, "", "Couple of %s, which are not the pairs of up to %u classes",
                  text_of(fact).c_str(), format::kMaxCoupled);
  fact.dims.back() = classes;
  return fact;
}

}  // namespace mle::compiler
