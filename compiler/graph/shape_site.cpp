// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/shape_site.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mle::compiler {

Status want_counts(const Node& node, size_t inputs_min, size_t inputs_max, size_t iattr) {
  if (node.inputs.size() < inputs_min || node.inputs.size() > inputs_max)
    return refuse(C213_GraphBroken, "", "%s has %zu inputs", name_of(node.kind),
                  node.inputs.size());
  if (node.iattr.size() != iattr)
    return refuse(C213_GraphBroken, "", "%s has %zu integer attributes, wants %zu",
                  name_of(node.kind), node.iattr.size(), iattr);
  return {};
}

bool fits(double number, DType dtype) {
  const double most = dtype == DType::F64 ? std::numeric_limits<double>::max()
                                          : double{std::numeric_limits<float>::max()};
  return std::abs(number) <= most;  // false for NaN
}

Status want_parameters(const Node& node, DType dtype) {
  if (!node.fattr.empty() && node.fattr.size() != 2)
    return refuse(C213_GraphBroken, "", "%s has %zu real attributes", name_of(node.kind),
                  node.fattr.size());
  for (double parameter : node.fattr)
    if (!fits(parameter, dtype))
      return refuse(C209_Attribute, "", "a parameter of %s is not a finite %s: %g",
                    name_of(node.act), name_of(dtype), parameter);
  return {};
}

Status want_dtype(const ShapeSite& site, size_t input, DType dtype) {
  const DType got = site.fact(input).dtype;
  if (got == dtype) return {};
  return refuse(C207_UnsupportedType, "cast one of them to the type of the other",
                "%s of inputs of different types: input %zu is %s, must be %s",
                name_of(site.node.kind), input, name_of(got), name_of(dtype));
}

Status want_float(const ShapeSite& site, size_t input) {
  const DType got = site.fact(input).dtype;
  if (got == DType::F32 || got == DType::F64) return {};
  return refuse(C207_UnsupportedType, "cast it to float or double first",
                "%s computes in f32 or f64, not in %s", name_of(site.node.kind), name_of(got));
}

Status want_one_float(const ShapeSite& site, size_t first) {
  MLE_TRY(want_float(site, first));
  for (size_t i = first + 1; i < site.node.inputs.size(); ++i)
    MLE_TRY(want_dtype(site, i, site.fact(first).dtype));
  return {};
}

Status want_dtype_of(const ShapeSite& site, size_t first, format::DTypeSet set) {
  const DType dtype = site.fact(first).dtype;
  if (!format::contains(set, dtype))
    return refuse(C207_UnsupportedType, "convert the operands to another type first",
                  "%s does not compute in %s", name_of(site.node.kind), name_of(dtype));
  for (size_t i = first; i < site.node.inputs.size(); ++i) MLE_TRY(want_dtype(site, i, dtype));
  return {};
}

Status want_axis(const ShapeSite& site, size_t input) {
  const size_t rank = site.fact(input).dims.size();
  if (site.node.iattr[0] < rank) return {};
  return refuse(C209_Attribute, "", "axis %u of a tensor whose rows have %zu axes",
                site.node.iattr[0], rank);
}

Result<Dims> broadcast(const ShapeSite& site) {
  size_t rank = 0;
  for (size_t i = 0; i < site.node.inputs.size(); ++i)
    rank = std::max(rank, site.fact(i).dims.size());
  if (site.rows() == Rows::PerRow) {
    for (size_t i = 0; i < site.node.inputs.size(); ++i) {
      if (site.fact(i).rows == Rows::PerRow && site.fact(i).dims.size() < rank)
        return refuse(C214_MixesRows, "give every input the same number of axes",
                      "%s of shapes %s and %s mixes rows", name_of(site.node.kind),
                      text_of(site.fact(0)).c_str(), text_of(site.fact(1)).c_str());
    }
  }

  Dims dims(rank, 1);
  for (size_t i = 0; i < site.node.inputs.size(); ++i) {
    const Dims& from = site.fact(i).dims;
    const size_t shift = rank - from.size();
    for (size_t axis = 0; axis < from.size(); ++axis) {
      uint32_t& to = dims[axis + shift];
      if (from[axis] == to || from[axis] == 1) continue;
      if (to != 1)
        return refuse(C208_Shape, "", "%s of shapes that do not broadcast: %s against %s",
                      name_of(site.node.kind), text_of(site.fact(i)).c_str(),
                      text_of(Fact{site.fact(i).dtype, site.rows(), dims}).c_str());
      to = from[axis];
    }
  }
  return dims;
}

Result<Fact> want_output(const ShapeSite& site) {
  if (site.wanted != nullptr) return *site.wanted;
  return refuse(C213_GraphBroken, "", "%s does not say what comes out", name_of(site.node.kind));
}

}  // namespace mle::compiler
