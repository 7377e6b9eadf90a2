// Element by element: Unary, Binary, Compare, Select, Scale, Clip, Cast.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/shape_site.h"

#include <cmath>
#include <utility>

namespace mle::compiler {

Result<Fact> infer_unary(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 0));
  MLE_TRY(want_parameters(site.node, site.fact(0).dtype));
  MLE_TRY(want_dtype_of(site, 0, format::dtypes_of(site.node.act)));
  return site.fact(0);
}

Result<Fact> infer_binary(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 2, 2, 1));
  if (site.node.iattr[0] >= format::kBinaryFnCount)
    return refuse(C213_GraphBroken, "", "Binary function %u", site.node.iattr[0]);
  MLE_TRY(want_dtype_of(site, 0, format::dtypes_of(static_cast<BinaryFn>(site.node.iattr[0]))));
  MLE_TRY_ASSIGN(Dims dims, broadcast(site));
  return Fact{site.fact(0).dtype, site.rows(), std::move(dims)};
}

Result<Fact> infer_compare(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 2, 2, 1));
  if (site.node.iattr[0] >= format::kCompareFnCount)
    return refuse(C213_GraphBroken, "", "Compare function %u", site.node.iattr[0]);
  MLE_TRY(want_dtype_of(site, 0, format::dtypes_of(static_cast<CompareFn>(site.node.iattr[0]))));
  MLE_TRY_ASSIGN(Dims dims, broadcast(site));
  return Fact{DType::Bool, site.rows(), std::move(dims)};
}

Result<Fact> infer_select(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 3, 3, 0));
  MLE_TRY(want_dtype(site, 0, DType::Bool));
  MLE_TRY(want_dtype_of(site, 1, ~format::DTypeSet{0}));
  MLE_TRY_ASSIGN(Dims dims, broadcast(site));
  return Fact{site.fact(1).dtype, site.rows(), std::move(dims)};
}

Result<Fact> infer_scale(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 3, 3, 0));
  MLE_TRY(want_one_float(site));
  const Dims& x = site.fact(0).dims;
  if (!site.is_constant(1) || !site.is_constant(2) || x.empty() ||
      site.fact(1).dims != Dims{x.back()} || site.fact(2).dims != Dims{x.back()})
    return refuse(C208_Shape, "", "Scale of %s by %s and %s", text_of(site.fact(0)).c_str(),
                  text_of(site.fact(1)).c_str(), text_of(site.fact(2)).c_str());
  return site.fact(0);
}

Result<Fact> infer_clip(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 0));
  if (site.node.fattr.size() != 2)
    return refuse(C213_GraphBroken, "", "Clip has %zu bounds", site.node.fattr.size());
  MLE_TRY(want_float(site, 0));
  const DType dtype = site.fact(0).dtype;
  for (double bound : site.node.fattr)
    if (!std::isinf(bound) && !fits(bound, dtype))
      return refuse(C209_Attribute, "", "a bound of Clip is NaN or beyond %s: %g", name_of(dtype),
                    bound);
  return site.fact(0);
}

Result<Fact> infer_cast(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 0));
  MLE_TRY_ASSIGN(const Fact wanted, want_output(site));
  Fact fact = site.fact(0);
  if (!format::contains(format::kNumbers, fact.dtype) ||
      !format::contains(format::kNumbers, wanted.dtype))
    return refuse(C207_UnsupportedType, "", "Cast from %s to %s", name_of(fact.dtype),
                  name_of(wanted.dtype));
  fact.dtype = wanted.dtype;
  return fact;
}

}  // namespace mle::compiler
