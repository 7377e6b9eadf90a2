// Elements put elsewhere: Concat, Slice, Reshape, Transpose, Expand, Gather, GatherElements.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/shape_site.h"

#include <algorithm>
#include <utility>

namespace mle::compiler {
namespace {

Status want_indices(const ShapeSite& site) {
  const DType dtype = site.fact(1).dtype;
  if (dtype == DType::I32 || dtype == DType::I64) return {};
  return refuse(C207_UnsupportedType, "", "indices of %s are %s, must be i32 or i64",
                name_of(site.node.kind), name_of(dtype));
}

}  // namespace

Result<Fact> infer_concat(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 1, format::kMaxTensors, 1));
  MLE_TRY(want_axis(site, 0));
  const uint32_t axis = site.node.iattr[0];
  Fact fact = site.fact(0);
  fact.rows = site.rows();
  uint64_t total = fact.dims[axis];
  for (size_t i = 1; i < site.node.inputs.size(); ++i) {
    Dims dims = site.fact(i).dims;
    MLE_TRY(want_dtype(site, i, fact.dtype));
    if (dims.size() == fact.dims.size()) {
      total += dims[axis];
      dims[axis] = fact.dims[axis];
    }
    if (dims != fact.dims)
      return refuse(C208_Shape, "", "Concat along axis %u of %s and %s", axis,
                    text_of(site.fact(0)).c_str(), text_of(site.fact(i)).c_str());
  }
  if (total > format::kMaxDim)
    return refuse(C216_LimitReached, "", "Concat makes an axis of %llu elements",
                  static_cast<unsigned long long>(total));
  fact.dims[axis] = static_cast<uint32_t>(total);
  return fact;
}

Result<Fact> infer_slice(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 3));
  MLE_TRY(want_axis(site, 0));
  MLE_TRY_ASSIGN(const Fact wanted, want_output(site));
  const uint32_t axis = site.node.iattr[0];
  const uint32_t start = site.node.iattr[1];
  const uint32_t step = site.node.iattr[2];
  Fact fact = site.fact(0);
  const uint32_t count = axis < wanted.dims.size() ? wanted.dims[axis] : 0;
  if (step < 1 || count < 1 || start + uint64_t{count - 1} * step >= fact.dims[axis])
    return refuse(C208_Shape, "", "Slice of %u elements from %u by %u along axis %u of %s", count,
                  start, step, axis, text_of(fact).c_str());
  fact.dims[axis] = count;
  return fact;
}

Result<Fact> infer_reshape(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 0));
  MLE_TRY_ASSIGN(const Fact wanted, want_output(site));
  Fact fact = site.fact(0);
  MLE_TRY(check_limits({fact.dtype, fact.rows, wanted.dims}));
  if (element_count(wanted.dims) != element_count(fact.dims))
    return refuse(C208_Shape, "", "Reshape of %s to %s", text_of(fact).c_str(),
                  text_of(wanted).c_str());
  fact.dims = wanted.dims;
  return fact;
}

Result<Fact> infer_transpose(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 0));
  Fact fact = site.fact(0);
  const std::vector<uint32_t>& order = site.node.indices;
  std::vector<uint32_t> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  bool fits = order.size() == fact.dims.size();
  for (uint32_t i = 0; fits && i < sorted.size(); ++i) fits = sorted[i] == i;
  if (!fits)
    return refuse(C213_GraphBroken, "", "Transpose of %s in an order that is no permutation",
                  text_of(fact).c_str());
  for (size_t i = 0; i < order.size(); ++i) fact.dims[i] = site.fact(0).dims[order[i]];
  return fact;
}

Result<Fact> infer_expand(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 0));
  MLE_TRY_ASSIGN(const Fact wanted, want_output(site));
  Fact fact = site.fact(0);
  bool fits = fact.dims.size() <= wanted.dims.size();
  for (size_t i = 0; fits && i < fact.dims.size(); ++i) {
    const uint32_t to = wanted.dims[wanted.dims.size() - fact.dims.size() + i];
    fits = fact.dims[i] == 1 || fact.dims[i] == to;
  }
  if (!fits)
    return refuse(C208_Shape, "", "Expand of %s to %s", text_of(fact).c_str(),
                  text_of(wanted).c_str());
  fact.dims = wanted.dims;
  return fact;
}

Result<Fact> infer_gather(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 2, 2, 1));
  MLE_TRY(want_axis(site, 0));
  MLE_TRY(want_indices(site));
  const Dims& data = site.fact(0).dims;
  const Dims& index = site.fact(1).dims;
  const auto axis = data.begin() + site.node.iattr[0];
  Dims dims(data.begin(), axis);
  dims.insert(dims.end(), index.begin(), index.end());
  dims.insert(dims.end(), axis + 1, data.end());
  return Fact{site.fact(0).dtype, site.rows(), std::move(dims)};
}

Result<Fact> infer_gather_elements(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 2, 2, 1));
  MLE_TRY(want_axis(site, 0));
  MLE_TRY(want_indices(site));
  const Dims& data = site.fact(0).dims;
  const Dims& index = site.fact(1).dims;
  bool fits = data.size() == index.size();
  for (size_t i = 0; fits && i < data.size(); ++i)
    fits = i == site.node.iattr[0] || index[i] <= data[i];
  if (!fits)
    return refuse(C208_Shape, "", "GatherElements along axis %u of %s by indices %s",
                  site.node.iattr[0], text_of(site.fact(0)).c_str(), text_of(site.fact(1)).c_str());
  return Fact{site.fact(0).dtype, site.rows(), index};
}

}  // namespace mle::compiler
