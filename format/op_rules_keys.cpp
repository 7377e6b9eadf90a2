// Keys and their places: MapKeys, Labels, IsMissing.
// SPDX-License-Identifier: Apache-2.0
#include "format/op_demands.h"
#include "format/op_families.h"

namespace mle::format {
namespace {

constexpr DTypeSet kNumericKeys =
    set_of(DType::F32) | set_of(DType::F64) | set_of(DType::Bool) | kIntegers;

Status want_plain(const OpUnderTest& op, const TensorFacts& t) noexcept {
  if (t.layout == Layout::Plain) return {};
  return op.bad(rule::V45_Shapes, "an input is packed, must be Plain");
}

// The list of strings: some, all in the pool.
Status want_strings(const OpUnderTest& op) noexcept {
  if (op.indices().empty()) return op.bad(rule::V47_Counts, "has no list of strings");
  return op.check_strings();
}

}  // namespace

Status check_map_keys(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 2, 0));
  MLE_TRY(want_dtype(op, "the output", op.output(), DType::I64));
  MLE_TRY(want_same_dims(op));
  const TensorFacts& x = op.input(0);
  MLE_TRY(want_plain(op, x));
  if (x.dtype == DType::Str) {
    if (op.input_count() != 1) return op.bad(rule::V41_Arity, "maps strings to a tensor of keys");
    MLE_TRY(want_strings(op));
    return op.check_distinct_strings();
  }
  if (!contains(kNumericKeys, x.dtype)) {
    return op.bad(rule::V45_Shapes, "an input is %s", name_of(x.dtype));
  }
  if (op.input_count() != 2) return op.bad(rule::V41_Arity, "maps numbers without keys");
  if (!op.indices().empty()) return op.bad(rule::V47_Counts, "maps numbers to strings");
  const TensorFacts& keys = op.input(1);
  MLE_TRY(want_dtype(op, "the list of keys", keys, x.dtype));
  MLE_TRY(want_plain(op, keys));
  if (keys.is_constant() && keys.dims.size() == 1) return {};
  return op.bad(rule::V45_Shapes, "its keys are no constant list");
}

Status check_labels(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 0, 0));
  MLE_TRY(want_dtype(op, "the input", op.input(0), DType::I64));
  MLE_TRY(want_plain(op, op.input(0)));
  MLE_TRY(want_dtype(op, "the output", op.output(), DType::Str));
  MLE_TRY(want_same_dims(op));
  return want_strings(op);
}

Status check_is_missing(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 0, 0));
  MLE_TRY(want_dtype_of(op, 0, set_of(DType::F32) | set_of(DType::F64) | kStrings));
  MLE_TRY(want_dtype(op, "the output", op.output(), DType::Bool));
  return want_same_dims(op);
}

}  // namespace mle::format
