// Elements put elsewhere: Concat, Slice, Reshape, Transpose, Expand, Gather, GatherElements.
// SPDX-License-Identifier: Apache-2.0
#include "format/limits.h"
#include "format/op_demands.h"
#include "format/op_families.h"

namespace mle::format {
namespace {

// A number for each of `rank` axes, none twice.
bool is_permutation(Dims order, size_t rank) noexcept {
  if (order.size() != rank || rank > kMaxRank) return false;
  bool seen[kMaxRank] = {};
  for (const uint32_t axis : order) {
    if (axis >= rank || seen[axis]) return false;
    seen[axis] = true;
  }
  return true;
}

// Input 0 of any dtype, which is the output's, and indices; both Plain.
Status want_table(const OpUnderTest& op) noexcept {
  const TensorFacts& data = op.input(0);
  const TensorFacts& index = op.input(1);
  MLE_TRY(want_dtype(op, "the data", data, op.output().dtype));
  if (index.dtype != DType::I32 && index.dtype != DType::I64) {
    return op.bad(rule::V45_Shapes, "its indices are %s, must be i32 or i64", name_of(index.dtype));
  }
  if (data.layout == Layout::Plain && index.layout == Layout::Plain) return {};
  return op.bad(rule::V45_Shapes, "an input is packed, must be Plain");
}

}  // namespace

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

Status check_transpose(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 0, 0));
  MLE_TRY(want_one_dtype(op));
  const Dims in = op.input(0).dims, out = op.output().dims, order = op.indices();
  if (!is_permutation(order, in.size())) {
    return op.bad(rule::V46_Attributes, "its %zu indices are no permutation of %zu axes",
                  order.size(), in.size());
  }
  bool fits = out.size() == in.size();
  for (size_t i = 0; fits && i < out.size(); ++i) fits = out[i] == in[order[i]];
  if (fits) return {};
  return op.bad(rule::V45_Shapes, "its output has not the dims of its input in that order");
}

Status check_expand(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 0, 0));
  MLE_TRY(want_one_dtype(op));
  const Dims in = op.input(0).dims, out = op.output().dims;
  bool fits = in.size() <= out.size();
  for (size_t i = 0; fits && i < in.size(); ++i) {
    fits = in[i] == 1 || in[i] == out[out.size() - in.size() + i];
  }
  if (fits) return {};
  return op.bad(rule::V45_Shapes, "its input does not broadcast to its output");
}

Status check_gather(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 1, 0));
  MLE_TRY(want_axis(op));
  MLE_TRY(want_table(op));
  const Dims data = op.input(0).dims, index = op.input(1).dims, out = op.output().dims;
  const uint32_t axis = op.iattr()[0];
  const Dims before = data.first(axis), after = data.subspan(axis + 1);
  const bool fits = out.size() == before.size() + index.size() + after.size() &&
                    same(out.first(axis), before) && same(out.subspan(axis, index.size()), index) &&
                    same(out.subspan(axis + index.size()), after);
  if (fits) return {};
  return op.bad(rule::V45_Shapes, "its output is not its data with the indices for axis %u", axis);
}

Status check_gather_elements(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 1, 0));
  MLE_TRY(want_axis(op));
  MLE_TRY(want_table(op));
  const Dims data = op.input(0).dims, index = op.input(1).dims;
  const uint32_t axis = op.iattr()[0];
  bool fits = index.size() == data.size();
  for (size_t i = 0; fits && i < data.size(); ++i) fits = i == axis || index[i] <= data[i];
  if (!fits) return op.bad(rule::V45_Shapes, "its indices exceed its data beyond axis %u", axis);
  if (same(index, op.output().dims)) return {};
  return op.bad(rule::V45_Shapes, "its output has other dims than its indices");
}

}  // namespace mle::format
