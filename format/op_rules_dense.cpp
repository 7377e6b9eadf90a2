// Dense.
// SPDX-License-Identifier: Apache-2.0
#include "format/layout.h"
#include "format/op_demands.h"
#include "format/op_families.h"
#include "format/stored_weights.h"

namespace mle::format {
namespace {

// Of the output's dtype; or, under an f32 output, in fewer bits.
Status want_weights(const OpUnderTest& op, const TensorFacts& w, DType computed) noexcept {
  if (w.dtype == computed) return {};
  if (computed != DType::F32 || !is_stored_dtype(w.dtype)) {
    return want_dtype(op, "w", w, computed);
  }
  if (!w.is_constant() || w.dims.size() != 2 || may_be_stored(w.dims[0], w.dims[1])) return {};
  return op.bad(rule::V45_Shapes, "w [%u, %u] is too narrow to be %s, must be %s", w.dims[0],
                w.dims[1], name_of(w.dtype), name_of(computed));
}

// In whole numbers: an f32 row, i8 weights, and of each column their sum. Nothing else: what scales
// them, the bias and the activation come behind.
Status check_rows_in_8_bits(const OpUnderTest& op) noexcept {
  const TensorFacts& w = op.input(1);
  if (op.iattr()[0] != kRowsIn8Bits || op.fattr_count() != 0 || op.act() != Act::None) {
    return op.bad(rule::V46_Attributes, "a layer in whole numbers has attribute 1 and no other");
  }
  if (op.output().dtype != DType::F32 || w.dtype != DType::I8 || op.input_count() != 3) {
    return op.bad(rule::V45_Shapes,
                  "a layer in whole numbers takes i8 weights of an f32 layer, and "
                  "their sums");
  }
  if (w.is_constant() && w.dims.size() == 2 && w.dims[0] > kMostIn8Bits) {
    return op.bad(rule::V45_Shapes, "a sum of %u products in whole numbers, at most %u are allowed",
                  w.dims[0], kMostIn8Bits);
  }
  return {};
}

// In bf16, both rows and weights, under sums in f32.
Status check_rows_in_bf16(const OpUnderTest& op, const TensorFacts& w, DType computed) noexcept {
  if (computed != DType::F32 || w.dtype != DType::BF16) {
    return op.bad(rule::V45_Shapes, "a layer of rows in bf16 takes bf16 weights of an f32 layer");
  }
  if (op.has_feature(kFeatureBf16Rows)) return {};
  return op.bad(rule::V45_Shapes, "rows in bf16 need a feature bit that the header does not have");
}

}  // namespace

Status check_dense(const OpUnderTest& op) noexcept {
  const bool in_8_bits = op.iattr().size() == 1;
  MLE_TRY(in_8_bits ? check_rows_in_8_bits(op) : want_act_parameters(op));
  const TensorFacts& x = op.input(0);
  const TensorFacts& w = op.input(1);
  const TensorFacts& y = op.output();
  MLE_TRY(want_float(op, "the output", y));
  const bool in_bf16 = x.dtype == DType::BF16;
  if (in_bf16) MLE_TRY(check_rows_in_bf16(op, w, y.dtype));
  MLE_TRY(want_plain(op, "x", x, in_bf16 ? DType::BF16 : y.dtype));
  MLE_TRY(want_weights(op, w, y.dtype));
  if (!w.is_constant() || w.dims.size() != 2) {
    return op.bad(rule::V45_Shapes, "w is no constant matrix");
  }
  const uint32_t k = w.dims[0], n = w.dims[1];
  if (w.layout != weights_layout(k, n, w.dtype)) {
    return op.bad(rule::V45_Shapes, "w [%u, %u] is not packed as the order of its sums demands", k,
                  n);
  }
  if (x.dims.empty() || x.dims.back() != k) {
    return op.bad(rule::V45_Shapes, "rows of x have %u columns, w takes %u",
                  x.dims.empty() ? 1 : x.dims.back(), k);
  }
  const size_t lead = x.dims.size() - 1;
  if (y.dims.size() != x.dims.size() || y.dims.back() != n ||
      !same(x.dims.first(lead), y.dims.first(lead))) {
    return op.bad(rule::V45_Shapes, "its output is not that of x times w [%u, %u]", k, n);
  }
  if (op.input_count() == 2) return {};
  const TensorFacts& b = op.input(2);
  MLE_TRY(want_plain(op, "b", b, in_8_bits ? DType::I32 : y.dtype));
  if (!b.is_constant() || b.dims.size() != 1 || b.dims[0] != n) {
    return op.bad(rule::V45_Shapes, "b is no constant vector of %u", n);
  }
  return {};
}

}  // namespace mle::format
