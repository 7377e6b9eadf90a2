// Element by element: Unary, Binary, Compare, Select, Scale, Clip, Cast.
// SPDX-License-Identifier: Apache-2.0
#include "format/op_demands.h"
#include "format/op_families.h"

#include <cmath>

namespace mle::format {

Status check_unary(const OpUnderTest& op) noexcept {
  MLE_TRY(want_act_parameters(op));
  MLE_TRY(want_dtype_of(op, 0, dtypes_of(op.act())));
  MLE_TRY(want_dtype(op, "the output", op.output(), op.input(0).dtype));
  return want_same_dims(op);
}

Status check_binary(const OpUnderTest& op) noexcept {
  MLE_TRY(want_function(op, kBinaryFnCount));
  MLE_TRY(want_dtype_of(op, 0, dtypes_of(static_cast<BinaryFn>(op.iattr()[0]))));
  MLE_TRY(want_dtype(op, "the output", op.output(), op.input(0).dtype));
  if (broadcasts(op)) return {};
  return op.bad(rule::V45_Shapes, "its output is not the broadcast of its inputs");
}

Status check_compare(const OpUnderTest& op) noexcept {
  MLE_TRY(want_function(op, kCompareFnCount));
  MLE_TRY(want_dtype_of(op, 0, dtypes_of(static_cast<CompareFn>(op.iattr()[0]))));
  MLE_TRY(want_dtype(op, "the output", op.output(), DType::Bool));
  if (broadcasts(op)) return {};
  return op.bad(rule::V45_Shapes, "its output is not the broadcast of its inputs");
}

Status check_select(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 0, 0));
  MLE_TRY(want_dtype(op, "the condition", op.input(0), DType::Bool));
  MLE_TRY(want_dtype_of(op, 1, ~DTypeSet{0}));
  MLE_TRY(want_dtype(op, "the output", op.output(), op.input(1).dtype));
  if (broadcasts(op)) return {};
  return op.bad(rule::V45_Shapes, "its output is not the broadcast of its inputs");
}

Status check_scale(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 0, 0));
  MLE_TRY(want_one_float(op));
  MLE_TRY(want_same_dims(op));
  const TensorFacts& x = op.input(0);
  for (const TensorFacts& factor : {op.input(1), op.input(2)}) {
    if (x.dims.empty() || !factor.is_constant() || factor.dims.size() != 1 ||
        factor.dims[0] != x.dims.back()) {
      return op.bad(rule::V45_Shapes, "s and t must be constant vectors of x's columns");
    }
  }
  return {};
}

Status check_clip(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 0, 2));
  MLE_TRY(want_one_float(op));
  for (uint32_t i = 0; i < 2; ++i) {
    if (!std::isinf(op.fattr(i)) && !fits(op.fattr(i), op.output().dtype)) {
      return op.bad(rule::V46_Attributes, "a bound is NaN or beyond %s",
                    name_of(op.output().dtype));
    }
  }
  return want_same_dims(op);
}

Status check_cast(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 0, 0));
  for (const TensorFacts& t : {op.input(0), op.output()}) {
    if (!contains(kNumbers, t.dtype)) {
      return op.bad(rule::V45_Shapes, "casts from or to %s", name_of(t.dtype));
    }
    if (t.layout != Layout::Plain) return op.bad(rule::V45_Shapes, "its input is packed");
  }
  return want_same_dims(op);
}

}  // namespace mle::format
