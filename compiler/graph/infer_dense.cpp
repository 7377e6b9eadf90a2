// Dense.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/shape_site.h"
#include "format/stored_weights.h"

#include <utility>

namespace mle::compiler {

namespace {

// Rows in 8 bits: then the third input is no bias, but the sums of the weights' columns.
Status want_whole_numbers(const ShapeSite& site) {
  const bool sound = site.node.inputs.size() == 3 && site.node.act == Act::None &&
                     site.node.fattr.empty() && site.node.iattr[0] == format::kRowsIn8Bits &&
                     site.fact(0).dtype == DType::F32 && site.fact(1).dtype == DType::F32 &&
                     site.fact(2).dtype == DType::I32 && site.fact(1).dims.size() == 2 &&
                     site.fact(1).dims[0] <= format::kMostIn8Bits;
  if (sound) return {};
  return refuse(C208_Shape, "", "a layer in whole numbers of %s", text_of(site.fact(0)).c_str());
}

// Rows in bf16, by weights that are kept so; sums and all else are f32.
Status want_rows_in_bf16(const ShapeSite& site) {
  if (site.graph.value(site.node.inputs[1]).constant.stored != DType::BF16)
    return want_float(site, 0);
  for (size_t i = 1; i < site.node.inputs.size(); ++i) MLE_TRY(want_dtype(site, i, DType::F32));
  return {};
}

}  // namespace

Result<Fact> infer_dense(const ShapeSite& site) {
  const bool in_8_bits = site.node.iattr.size() == 1;
  MLE_TRY(want_counts(site.node, 2, 3, in_8_bits ? 1 : 0));
  const bool in_bf16 = site.fact(0).dtype == DType::BF16;
  MLE_TRY(in_8_bits ? want_whole_numbers(site)
          : in_bf16 ? want_rows_in_bf16(site)
                    : want_one_float(site));
  const DType dtype = in_bf16 ? DType::F32 : site.fact(0).dtype;
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
