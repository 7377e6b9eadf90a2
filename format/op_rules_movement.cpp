// Elements put elsewhere: Concat, Slice, Reshape.
// SPDX-License-Identifier: Apache-2.0
#include "format/op_demands.h"
#include "format/op_families.h"

namespace mle::format {

Status check_concat(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 1, 0));
  MLE_TRY(want_axis(op));
  MLE_TRY(want_one_dtype(op));
  const Dims out = op.output().dims;
  const uint32_t axis = op.iattr()[0];
  uint64_t sum = 0;
  for (size_t n = 0; n < op.input_count(); ++n) {
    const Dims in = op.input(n).dims;
    bool fits = in.size() == out.size();
    for (size_t i = 0; fits && i < out.size(); ++i) fits = i == axis || in[i] == out[i];
    if (!fits) return op.bad(rule::V45_Shapes, "input %zu differs beyond axis %u", n, axis);
    sum += in[axis];
  }
  if (out[axis] == sum) return {};
  return op.bad(rule::V45_Shapes, "its inputs have %llu along axis %u, its output %u", print(sum),
                axis, out[axis]);
}

Status check_slice(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 3, 0));
  MLE_TRY(want_axis(op));
  MLE_TRY(want_one_dtype(op));
  const Dims in = op.input(0).dims, out = op.output().dims;
  const uint32_t axis = op.iattr()[0], start = op.iattr()[1], step = op.iattr()[2];
  bool fits = in.size() == out.size();
  for (size_t i = 0; fits && i < out.size(); ++i) fits = i == axis || in[i] == out[i];
  if (!fits) return op.bad(rule::V45_Shapes, "its output differs beyond axis %u", axis);
  const uint64_t last = start + (uint64_t{out[axis]} - 1) * step;
  if (step == 0 || last >= in[axis]) {
    return op.bad(rule::V46_Attributes, "takes %u from %u in steps of %u, the axis has %u",
                  out[axis], start, step, in[axis]);
  }
  return {};
}

Status check_reshape(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 0, 0));
  MLE_TRY(want_one_dtype(op));
  const uint64_t in = element_count(op.input(0).dims), out = element_count(op.output().dims);
  if (in == out) return {};
  return op.bad(rule::V45_Shapes, "its input has %llu elements, its output %llu", print(in),
                print(out));
}

}  // namespace mle::format
