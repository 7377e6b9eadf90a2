// Sums over axes and what goes with them: MatMul, Reduce, ReduceRows, CumSum, TopK, LayerNorm.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/shape_site.h"

#include <algorithm>
#include <utility>

namespace mle::compiler {
namespace {

bool is_float(DType dtype) { return dtype == DType::F32 || dtype == DType::F64; }

Status want_summed(const ShapeSite& site, size_t input) {
  const DType dtype = site.fact(input).dtype;
  if (is_float(dtype) || dtype == DType::I32 || dtype == DType::I64) return {};
  return refuse(C207_UnsupportedType, "cast to float32, float64, int32 or int64 before", "%s of %s",
                name_of(site.node.kind), name_of(dtype));
}

Status want_flag(const ShapeSite& site, size_t attribute) {
  if (site.node.iattr[attribute] <= 1) return {};
  return refuse(C213_GraphBroken, "", "%s has a flag of %u", name_of(site.node.kind),
                site.node.iattr[attribute]);
}

Status shapes_differ(const ShapeSite& site) {
  return refuse(C208_Shape, "", "matrix product of %s and %s", text_of(site.fact(0)).c_str(),
                text_of(site.fact(1)).c_str());
}

// The axes before the matrices: rows are outside of both, so that per-row inputs need the same
// number of them.
Result<Dims> broadcast_before(const ShapeSite& site) {
  const Dims &a = site.fact(0).dims, &b = site.fact(1).dims;
  Dims dims(std::max(a.size(), b.size()) - 2, 1);
  for (const Dims* from : {&a, &b}) {
    const size_t shift = dims.size() + 2 - from->size();
    for (size_t i = 0; i + 2 < from->size(); ++i) {
      uint32_t& to = dims[i + shift];
      if ((*from)[i] == 1 || (*from)[i] == to) continue;
      if (to != 1) return shapes_differ(site);
      to = (*from)[i];
    }
  }
  return dims;
}

}  // namespace

Result<Fact> infer_matmul(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 2, 2, 0));
  MLE_TRY(want_summed(site, 0));
  MLE_TRY(want_dtype(site, 1, site.fact(0).dtype));
  const Dims &a = site.fact(0).dims, &b = site.fact(1).dims;
  if (a.size() < 2 || b.size() < 2 || a.back() != b[b.size() - 2]) return shapes_differ(site);
  if (site.rows() == Rows::PerRow) {
    const size_t rank = std::max(a.size(), b.size());
    for (size_t i = 0; i < 2; ++i) {
      if (site.fact(i).rows == Rows::PerRow && site.fact(i).dims.size() < rank)
        return refuse(C214_MixesRows, "give both inputs the same number of axes",
                      "matrix product of %s and %s mixes rows", text_of(site.fact(0)).c_str(),
                      text_of(site.fact(1)).c_str());
    }
  }
  MLE_TRY_ASSIGN(Dims dims, broadcast_before(site));
  dims.push_back(a[a.size() - 2]);
  dims.push_back(b.back());
  return Fact{site.fact(0).dtype, site.rows(), std::move(dims)};
}

Result<Fact> infer_reduce(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 2));
  MLE_TRY(want_flag(site, 1));
  MLE_TRY(want_summed(site, 0));
  const uint32_t fn = site.node.iattr[0];
  if (fn >= static_cast<uint32_t>(format::kReduceFnCount))
    return refuse(C213_GraphBroken, "", "Reduce function %u", fn);
  const bool of_floats = fn == static_cast<uint32_t>(ReduceFn::Mean) ||
                         fn == static_cast<uint32_t>(ReduceFn::SumSquare);
  if (of_floats && !is_float(site.fact(0).dtype))
    return refuse(C207_UnsupportedType, "", "Reduce.%s of %s", name_of(static_cast<ReduceFn>(fn)),
                  name_of(site.fact(0).dtype));
  const std::vector<uint32_t>& axes = site.node.indices;
  Fact fact = site.fact(0);
  if (axes.empty() || axes.back() >= fact.dims.size() ||
      !std::is_sorted(axes.begin(), axes.end(), std::less_equal<>()))
    return refuse(C209_Attribute, "", "the axes to reduce are none of %s",
                  text_of(site.fact(0)).c_str());
  for (size_t i = axes.size(); i-- > 0;) {
    if (site.node.iattr[1] == 1)
      fact.dims[axes[i]] = 1;
    else
      fact.dims.erase(fact.dims.begin() + axes[i]);
  }
  return fact;
}

Result<Fact> infer_reduce_rows(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 1));
  MLE_TRY(want_float(site, 0));
  const auto fn = static_cast<ReduceFn>(site.node.iattr[0]);
  if (fn != ReduceFn::Max && fn != ReduceFn::Min)
    return refuse(C213_GraphBroken, "", "ReduceRows function %u", site.node.iattr[0]);
  if (site.rows() != Rows::PerRow)
    return refuse(C213_GraphBroken, "", "ReduceRows of %s, which has no rows",
                  text_of(site.fact(0)).c_str());
  Fact fact = site.fact(0);
  fact.rows = Rows::Whole;
  return fact;
}

Result<Fact> infer_cumsum(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 3));
  MLE_TRY(want_axis(site, 0));
  MLE_TRY(want_flag(site, 1));
  MLE_TRY(want_flag(site, 2));
  MLE_TRY(want_summed(site, 0));
  return site.fact(0);
}

Result<Fact> infer_topk(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 2));
  MLE_TRY(want_axis(site, 0));
  MLE_TRY(want_flag(site, 1));
  MLE_TRY(want_summed(site, 0));
  MLE_TRY_ASSIGN(const Fact wanted, want_output(site));
  const uint32_t axis = site.node.iattr[0];
  Fact fact = site.fact(0);
  const uint32_t count = axis < wanted.dims.size() ? wanted.dims[axis] : 0;
  if (count < 1 || count > fact.dims[axis])
    return refuse(C208_Shape, "", "the %u largest or smallest along axis %u of %s", count, axis,
                  text_of(fact).c_str());
  fact.dims[axis] = count;
  fact.dtype = DType::I64;
  return fact;
}

Result<Fact> infer_layer_norm(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 1, 3, 2));
  MLE_TRY(want_axis(site, 0));
  MLE_TRY(want_flag(site, 1));
  if (site.node.fattr.size() != 1 || !fits(site.node.fattr[0], DType::F32) ||
      site.node.fattr[0] < 0)
    return refuse(C209_Attribute, "", "LayerNorm without an eps of 0 or more");
  const Fact& x = site.fact(0);
  if (!is_float(x.dtype))
    return refuse(C207_UnsupportedType, "", "LayerNorm of %s", name_of(x.dtype));
  const Dims normalised(x.dims.begin() + site.node.iattr[0], x.dims.end());
  for (size_t i = 1; i < site.node.inputs.size(); ++i) {
    MLE_TRY(want_dtype(site, i, x.dtype));
    if (!site.is_constant(i) || site.fact(i).dims != normalised)
      return refuse(C208_Shape, "", "LayerNorm of %s with factors %s", text_of(x).c_str(),
                    text_of(site.fact(i)).c_str());
  }
  return x;
}

}  // namespace mle::compiler
