// By tables of constants: Products, Piecewise.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/shape_site.h"

#include <utility>

namespace mle::compiler {
namespace {

Status want_float_tables(const ShapeSite& site) {
  const DType dtype = site.fact(0).dtype;
  if (dtype != DType::F32 && dtype != DType::F64)
    return refuse(C207_UnsupportedType, "", "%s computes in f32 or f64, not in %s",
                  name_of(site.node.kind), name_of(dtype));
  for (size_t i = 1; i < site.node.inputs.size(); ++i) MLE_TRY(want_dtype(site, i, dtype));
  return {};
}

Result<Fact> with_columns(const ShapeSite& site, uint64_t columns) {
  Fact fact = site.fact(0);
  fact.rows = site.rows();
  if (columns > format::kMaxDim)
    return refuse(C216_LimitReached, "", "%s makes %llu columns", name_of(site.node.kind),
                  static_cast<unsigned long long>(columns));
  fact.dims.back() = static_cast<uint32_t>(columns);
  return fact;
}

}  // namespace

Result<Fact> infer_products(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 1));
  MLE_TRY(want_float_tables(site));
  const Dims& x = site.fact(0).dims;
  const size_t degree = site.node.iattr[0], factors = site.node.indices.size();
  if (x.empty() || degree == 0 || factors == 0 || factors % degree != 0)
    return refuse(C213_GraphBroken, "", "Products of %zu factors in %zu of %s", degree, factors,
                  text_of(site.fact(0)).c_str());
  for (uint32_t column : site.node.indices)
    if (column >= x.back() && column != format::kNoFactor)
      return refuse(C213_GraphBroken, "", "Products: column %u of %s", column,
                    text_of(site.fact(0)).c_str());
  return with_columns(site, factors / degree);
}

Result<Fact> infer_piecewise(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 3, 3, 2));
  MLE_TRY(want_float_tables(site));
  if (site.node.iattr[0] > 1 || site.node.iattr[1] >= uint32_t{format::kOutsideCount})
    return refuse(C213_GraphBroken, "", "Piecewise: side %u, outside %u", site.node.iattr[0],
                  site.node.iattr[1]);
  const Dims& x = site.fact(0).dims;
  const Dims& breaks = site.fact(1).dims;
  const Dims& coefficients = site.fact(2).dims;
  if (!site.is_constant(1) || !site.is_constant(2) || x.empty() || breaks.size() != 2 ||
      coefficients.size() != 4 || breaks[0] != x.back() || coefficients[0] != breaks[0] ||
      coefficients[1] != breaks[1] + uint64_t{1})
    return refuse(C208_Shape, "", "Piecewise of %s with breaks %s and coefficients %s",
                  text_of(site.fact(0)).c_str(), text_of(site.fact(1)).c_str(),
                  text_of(site.fact(2)).c_str());
  return with_columns(site, uint64_t{coefficients[0]} * coefficients[2]);
}

}  // namespace mle::compiler
