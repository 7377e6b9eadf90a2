// Elements put elsewhere: Concat, Slice, Reshape.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/shape_site.h"

namespace mle::compiler {

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

}  // namespace mle::compiler
