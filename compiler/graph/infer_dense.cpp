// Dense.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/shape_site.h"

#include <utility>

namespace mle::compiler {

Result<Fact> infer_dense(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 2, 3, 0));
  MLE_TRY(want_one_float(site));
  const DType dtype = site.fact(0).dtype;
  MLE_TRY(want_parameters(site.node, dtype));
  const Dims& x = site.fact(0).dims;
  const Dims& w = site.fact(1).dims;
  if (!site.is_constant(1) || (site.node.inputs.size() == 3 && !site.is_constant(2)))
    return refuse(C205_UnsupportedOp, "only products with fixed weights can be compiled",
                  "a matrix product whose weights are computed by the model");
  if (w.size() != 2 || x.empty() || x.back() != w[0])
    return refuse(C208_Shape, "", "matrix product of %s with weights %s",
                  text_of(site.fact(0)).c_str(), text_of(site.fact(1)).c_str());
  if (site.node.inputs.size() == 3 && site.fact(2).dims != Dims{w[1]})
    return refuse(C208_Shape, "", "bias %s for weights %s", text_of(site.fact(2)).c_str(),
                  text_of(site.fact(1)).c_str());
  Dims dims = x;
  dims.back() = w[1];
  return Fact{dtype, site.rows(), std::move(dims)};
}

}  // namespace mle::compiler
