// Along an axis: Softmax, LogSoftmax, ArgMax, Couple.
// SPDX-License-Identifier: Apache-2.0
#include "format/op_demands.h"
#include "format/op_families.h"

namespace mle::format {

Status check_softmax(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 1, 0));
  MLE_TRY(want_axis(op));
  MLE_TRY(want_one_float(op));
  return want_same_dims(op);
}

Status check_argmax(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 3, 0));
  MLE_TRY(want_axis(op));
  const uint32_t axis = op.iattr()[0], last = op.iattr()[1], keep = op.iattr()[2];
  if (last > 1 || keep > 1) {
    return op.bad(rule::V46_Attributes, "last is %u and keep %u, must be 0 or 1", last, keep);
  }
  MLE_TRY(want_float(op, "x", op.input(0)));
  MLE_TRY(want_plain(op, "x", op.input(0), op.input(0).dtype));
  MLE_TRY(want_dtype(op, "the output", op.output(), DType::I64));
  const Dims in = op.input(0).dims, out = op.output().dims;
  const Dims before = in.first(axis), after = in.subspan(axis + 1);
  const size_t kept = keep;
  const bool fits = out.size() == before.size() + kept + after.size() &&
                    same(out.first(axis), before) && same(out.subspan(axis + kept), after) &&
                    (kept == 0 || out[axis] == 1);
  if (fits) return {};
  return op.bad(rule::V45_Shapes, "its output is not its input without axis %u", axis);
}

Status check_couple(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 0, 0));
  MLE_TRY(want_one_float(op));
  const Dims x = op.input(0).dims, y = op.output().dims;
  const uint64_t classes = y.empty() ? 0 : y.back();
  if (x.size() == y.size() && classes >= 2 && classes <= kMaxCoupled &&
      x.back() == classes * (classes - 1) / 2 &&
      same(x.first(x.size() - 1), y.first(y.size() - 1))) {
    return {};
  }
  return op.bad(rule::V45_Shapes, "its output is not its input with 2 to %u classes for its pairs",
                kMaxCoupled);
}

}  // namespace mle::format
