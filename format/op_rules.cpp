// SPDX-License-Identifier: Apache-2.0
#include "format/op_rules.h"

#include "format/layout.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <limits>

namespace mle::format {
namespace {

// op_kinds.h and the schema name the same things by the same numbers.
#define MLE_SAME(Enum, Name) \
  static_assert(static_cast<int>(Enum::Name) == static_cast<int>(fb::Enum::Name))
MLE_SAME(OpKind, None);
MLE_SAME(OpKind, Dense);
MLE_SAME(OpKind, Unary);
MLE_SAME(OpKind, Binary);
MLE_SAME(OpKind, Compare);
MLE_SAME(OpKind, Select);
MLE_SAME(OpKind, Scale);
MLE_SAME(OpKind, Clip);
MLE_SAME(OpKind, Softmax);
MLE_SAME(OpKind, LogSoftmax);
MLE_SAME(OpKind, Concat);
MLE_SAME(OpKind, Slice);
MLE_SAME(OpKind, Reshape);
MLE_SAME(OpKind, ArgMax);
MLE_SAME(OpKind, Cast);
static_assert(static_cast<int>(fb::OpKind::MAX) + 1 == kOpKindCount);
MLE_SAME(Act, None);
MLE_SAME(Act, Relu);
MLE_SAME(Act, LeakyRelu);
MLE_SAME(Act, Elu);
MLE_SAME(Act, Selu);
MLE_SAME(Act, Celu);
MLE_SAME(Act, Gelu);
MLE_SAME(Act, GeluTanh);
MLE_SAME(Act, Sigmoid);
MLE_SAME(Act, HardSigmoid);
MLE_SAME(Act, HardSwish);
MLE_SAME(Act, Silu);
MLE_SAME(Act, Softplus);
MLE_SAME(Act, Softsign);
MLE_SAME(Act, Tanh);
MLE_SAME(Act, Mish);
MLE_SAME(Act, Exp);
MLE_SAME(Act, Log);
MLE_SAME(Act, Sqrt);
MLE_SAME(Act, Neg);
MLE_SAME(Act, Abs);
MLE_SAME(Act, Reciprocal);
MLE_SAME(Act, Erf);
MLE_SAME(Act, Floor);
MLE_SAME(Act, Ceil);
static_assert(static_cast<int>(fb::Act::MAX) + 1 == kActCount);
MLE_SAME(Layout, Plain);
MLE_SAME(Layout, Panel16);
MLE_SAME(Layout, Panel16K2);
MLE_SAME(Layout, Panel16K4);
MLE_SAME(Layout, Lanes16);
MLE_SAME(DType, F32);
MLE_SAME(DType, F64);
MLE_SAME(DType, F16);
MLE_SAME(DType, BF16);
MLE_SAME(DType, I8);
MLE_SAME(DType, U8);
MLE_SAME(DType, I16);
MLE_SAME(DType, U16);
MLE_SAME(DType, I32);
MLE_SAME(DType, U32);
MLE_SAME(DType, I64);
MLE_SAME(DType, U64);
MLE_SAME(DType, Bool);
MLE_SAME(DType, Str);
#undef MLE_SAME

using Dims = std::span<const uint32_t>;

bool same(Dims a, Dims b) noexcept { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

// The dim of `dims` that aligns with dim `i` of a tensor of `rank` dims, from the right.
uint32_t aligned_dim(Dims dims, size_t i, size_t rank) noexcept {
  const size_t missing = rank - dims.size();
  return i < missing ? 1 : dims[i - missing];
}

// numpy: every input dim is 1 or the output's, and the output has no dim of its own.
bool broadcasts(const OpUnderTest& op) noexcept {
  const Dims out = op.output().dims;
  size_t widest = 0;
  for (size_t n = 0; n < op.input_count(); ++n) widest = std::max(widest, op.input(n).dims.size());
  if (widest != out.size()) return false;
  for (size_t i = 0; i < out.size(); ++i) {
    bool found = false;
    for (size_t n = 0; n < op.input_count(); ++n) {
      const uint32_t dim = aligned_dim(op.input(n).dims, i, out.size());
      if (dim != 1 && dim != out[i]) return false;
      found |= dim == out[i];
    }
    if (!found) return false;
  }
  return true;
}

// ---- small demands, shared by the rules below

Status want_dtype(const OpUnderTest& op, const char* what, const TensorFacts& t,
                  DType dtype) noexcept {
  if (t.dtype == dtype) return {};
  return op.bad(rule::V45_Shapes, "%s is %s, must be %s", what, name_of(t.dtype), name_of(dtype));
}

Status want_plain_f32(const OpUnderTest& op, const char* what, const TensorFacts& t) noexcept {
  MLE_TRY(want_dtype(op, what, t, DType::F32));
  if (t.layout == Layout::Plain) return {};
  return op.bad(rule::V45_Shapes, "%s is packed, must be Plain", what);
}

Status want_same_dims(const OpUnderTest& op) noexcept {
  if (same(op.input(0).dims, op.output().dims)) return {};
  return op.bad(rule::V45_Shapes, "its output has other dims than its input");
}

// Every operand f32 and Plain, as most ops have it.
Status want_all_f32(const OpUnderTest& op) noexcept {
  for (size_t i = 0; i < op.input_count(); ++i) {
    MLE_TRY(want_plain_f32(op, "an input", op.input(i)));
  }
  return want_dtype(op, "the output", op.output(), DType::F32);
}

// Elements are copied: any one dtype.
Status want_one_dtype(const OpUnderTest& op) noexcept {
  const DType dtype = op.output().dtype;
  for (size_t i = 0; i < op.input_count(); ++i) {
    MLE_TRY(want_dtype(op, "an input", op.input(i), dtype));
    if (op.input(i).layout != Layout::Plain) {
      return op.bad(rule::V45_Shapes, "an input is packed, must be Plain");
    }
  }
  return {};
}

Status want_counts(const OpUnderTest& op, size_t iattr, size_t fattr) noexcept {
  if (op.iattr().size() == iattr && op.fattr_count() == fattr) return {};
  return op.bad(rule::V46_Attributes, "has %zu integer and %zu float attributes, takes %zu and %zu",
                op.iattr().size(), op.fattr_count(), iattr, fattr);
}

Status want_no_act(const OpUnderTest& op) noexcept {
  if (op.act() == Act::None) return {};
  return op.bad(rule::V46_Attributes, "has an activation, its kind takes none");
}

Status want_function(const OpUnderTest& op, int count) noexcept {
  MLE_TRY(want_counts(op, 1, 0));
  if (op.iattr()[0] < static_cast<uint32_t>(count)) return {};
  return op.bad(rule::V46_Attributes, "%u is no function of its kind", op.iattr()[0]);
}

Status want_axis(const OpUnderTest& op) noexcept {
  const size_t rank = op.input(0).dims.size();
  if (op.iattr()[0] < rank) return {};
  return op.bad(rule::V46_Attributes, "axis %u of a tensor with %zu dims", op.iattr()[0], rank);
}

bool fits_f32(double number) noexcept {
  return std::fabs(number) <= double{std::numeric_limits<float>::max()};  // false for NaN
}

// alpha and beta, or neither.
Status want_act_parameters(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 0, op.fattr_count() == 0 ? 0 : 2));
  for (uint32_t i = 0; i < op.fattr_count(); ++i) {
    if (!fits_f32(op.fattr(i))) {
      return op.bad(rule::V46_Attributes, "parameter %u is not a finite f32", i);
    }
  }
  return {};
}

// ---- one rule per kind, in the order of the table

Status check_dense(const OpUnderTest& op) noexcept {
  MLE_TRY(want_act_parameters(op));
  const TensorFacts x = op.input(0), w = op.input(1), y = op.output();
  MLE_TRY(want_plain_f32(op, "x", x));
  MLE_TRY(want_dtype(op, "w", w, DType::F32));
  MLE_TRY(want_dtype(op, "the output", y, DType::F32));
  if (!w.is_constant() || w.dims.size() != 2) {
    return op.bad(rule::V45_Shapes, "w is no constant matrix");
  }
  const uint32_t k = w.dims[0], n = w.dims[1];
  if (w.layout != dense_order(k, n, DType::F32).layout) {
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
  const TensorFacts b = op.input(2);
  MLE_TRY(want_plain_f32(op, "b", b));
  if (!b.is_constant() || b.dims.size() != 1 || b.dims[0] != n) {
    return op.bad(rule::V45_Shapes, "b is no constant vector of %u", n);
  }
  return {};
}

Status check_unary(const OpUnderTest& op) noexcept {
  MLE_TRY(want_act_parameters(op));
  MLE_TRY(want_all_f32(op));
  return want_same_dims(op);
}

Status check_binary(const OpUnderTest& op) noexcept {
  MLE_TRY(want_function(op, kBinaryFnCount));
  MLE_TRY(want_all_f32(op));
  if (broadcasts(op)) return {};
  return op.bad(rule::V45_Shapes, "its output is not the broadcast of its inputs");
}

Status check_compare(const OpUnderTest& op) noexcept {
  MLE_TRY(want_function(op, kCompareFnCount));
  MLE_TRY(want_plain_f32(op, "a", op.input(0)));
  MLE_TRY(want_plain_f32(op, "b", op.input(1)));
  MLE_TRY(want_dtype(op, "the output", op.output(), DType::Bool));
  if (broadcasts(op)) return {};
  return op.bad(rule::V45_Shapes, "its output is not the broadcast of its inputs");
}

Status check_select(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 0, 0));
  MLE_TRY(want_dtype(op, "the condition", op.input(0), DType::Bool));
  MLE_TRY(want_plain_f32(op, "a", op.input(1)));
  MLE_TRY(want_plain_f32(op, "b", op.input(2)));
  MLE_TRY(want_dtype(op, "the output", op.output(), DType::F32));
  if (broadcasts(op)) return {};
  return op.bad(rule::V45_Shapes, "its output is not the broadcast of its inputs");
}

Status check_scale(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 0, 0));
  MLE_TRY(want_all_f32(op));
  MLE_TRY(want_same_dims(op));
  const TensorFacts x = op.input(0);
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
  for (uint32_t i = 0; i < 2; ++i) {
    if (!std::isinf(op.fattr(i)) && !fits_f32(op.fattr(i))) {
      return op.bad(rule::V46_Attributes, "a bound is NaN or beyond f32");
    }
  }
  MLE_TRY(want_all_f32(op));
  return want_same_dims(op);
}

Status check_softmax(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 1, 0));
  MLE_TRY(want_axis(op));
  MLE_TRY(want_all_f32(op));
  return want_same_dims(op);
}

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

Status check_argmax(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 3, 0));
  MLE_TRY(want_axis(op));
  const uint32_t axis = op.iattr()[0], last = op.iattr()[1], keep = op.iattr()[2];
  if (last > 1 || keep > 1) {
    return op.bad(rule::V46_Attributes, "last is %u and keep %u, must be 0 or 1", last, keep);
  }
  MLE_TRY(want_plain_f32(op, "x", op.input(0)));
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

Status check_cast(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 0, 0));
  for (const TensorFacts& t : {op.input(0), op.output()}) {
    if (t.dtype == DType::F16 || t.dtype == DType::BF16 || t.dtype == DType::Str) {
      return op.bad(rule::V45_Shapes, "casts from or to %s", name_of(t.dtype));
    }
    if (t.layout != Layout::Plain) return op.bad(rule::V45_Shapes, "its input is packed");
  }
  return want_same_dims(op);
}

}  // namespace

Status OpUnderTest::bad(int rule, const char* format, ...) const noexcept {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return refuse(Code::Corrupt, rule, v_.at(&op_), "%s, %s: %s", v_.op_name(index_).text,
                fb::EnumNameOpKind(op_.kind()), text);
}

Arity arity_of(OpKind kind) noexcept {
  switch (kind) {
    case OpKind::None: return {0, 0};
    case OpKind::Dense: return {2, 3};
    case OpKind::Binary:
    case OpKind::Compare: return {2, 2};
    case OpKind::Select:
    case OpKind::Scale: return {3, 3};
    case OpKind::Concat: return {1, ~uint32_t{0}};
    case OpKind::Unary:
    case OpKind::Clip:
    case OpKind::Softmax:
    case OpKind::LogSoftmax:
    case OpKind::Slice:
    case OpKind::Reshape:
    case OpKind::ArgMax:
    case OpKind::Cast: return {1, 1};
  }
  return {0, 0};
}

Status check_op_rule(OpKind kind, const OpUnderTest& op) noexcept {
  if (kind != OpKind::Dense && kind != OpKind::Unary) MLE_TRY(want_no_act(op));
  switch (kind) {
    case OpKind::None: return {};
    case OpKind::Dense: return check_dense(op);
    case OpKind::Unary: return check_unary(op);
    case OpKind::Binary: return check_binary(op);
    case OpKind::Compare: return check_compare(op);
    case OpKind::Select: return check_select(op);
    case OpKind::Scale: return check_scale(op);
    case OpKind::Clip: return check_clip(op);
    case OpKind::Softmax:
    case OpKind::LogSoftmax: return check_softmax(op);
    case OpKind::Concat: return check_concat(op);
    case OpKind::Slice: return check_slice(op);
    case OpKind::Reshape: return check_reshape(op);
    case OpKind::ArgMax: return check_argmax(op);
    case OpKind::Cast: return check_cast(op);
  }
  return {};
}

}  // namespace mle::format
