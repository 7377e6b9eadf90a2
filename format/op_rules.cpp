// SPDX-License-Identifier: Apache-2.0
#include "format/key_table.h"
#include "format/op_demands.h"
#include "format/op_families.h"

#include <cstdarg>
#include <cstdio>

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
MLE_SAME(OpKind, MatMul);
MLE_SAME(OpKind, Reduce);
MLE_SAME(OpKind, CumSum);
MLE_SAME(OpKind, TopK);
MLE_SAME(OpKind, LayerNorm);
MLE_SAME(OpKind, Transpose);
MLE_SAME(OpKind, Expand);
MLE_SAME(OpKind, Gather);
MLE_SAME(OpKind, GatherElements);
MLE_SAME(OpKind, MapKeys);
MLE_SAME(OpKind, Labels);
MLE_SAME(OpKind, IsMissing);
MLE_SAME(OpKind, Products);
MLE_SAME(OpKind, Piecewise);
MLE_SAME(OpKind, ReduceRows);
MLE_SAME(OpKind, Couple);
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
MLE_SAME(Act, Sign);
MLE_SAME(Act, Round);
MLE_SAME(Act, Sin);
MLE_SAME(Act, Cos);
MLE_SAME(Act, Tan);
MLE_SAME(Act, Asin);
MLE_SAME(Act, Acos);
MLE_SAME(Act, Atan);
MLE_SAME(Act, Sinh);
MLE_SAME(Act, Cosh);
MLE_SAME(Act, Asinh);
MLE_SAME(Act, Acosh);
MLE_SAME(Act, Atanh);
MLE_SAME(Act, Log1p);
MLE_SAME(Act, Expm1);
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

Status OpUnderTest::check_strings() const noexcept {
  return v_.check_strings(op_.indices(), &op_, "an op");
}

Status OpUnderTest::check_distinct_strings() const noexcept {
  const auto key_at = [this](size_t place) { return v_.view.string(indices()[place]); };
  const size_t keys = indices().size();
  uint64_t bytes = 0;
  for (size_t place = 0; place < keys; ++place) bytes += key_at(place).size();
  MLE_TRY(v_.spend(keys + bytes / sizeof(uint64_t)));
  Scratch<KeyTable::Entry> entries;
  MLE_TRY(entries.make(v_, KeyTable::capacity(keys)));
  KeyTable table;
  size_t twin = 0;
  switch (table.build({entries.begin(), entries.size()}, keys, key_at, &twin)) {
    case KeyTable::Built::Yes: return {};
    case KeyTable::Built::TwiceTheSame:
      return bad(rule::V46_Attributes, "its key %zu is an earlier one again", twin);
    case KeyTable::Built::Crowded: break;
  }
  return bad(rule::V46_Attributes, "its keys were made to collide");
}

Arity arity_of(OpKind kind) noexcept {
  switch (kind) {
    case OpKind::None: return {0, 0};
    case OpKind::Dense: return {2, 3};
    case OpKind::LayerNorm: return {1, 3};
    case OpKind::Binary:
    case OpKind::Compare:
    case OpKind::MatMul:
    case OpKind::Gather:
    case OpKind::GatherElements: return {2, 2};
    case OpKind::Select:
    case OpKind::Scale:
    case OpKind::Piecewise: return {3, 3};
    case OpKind::Concat: return {1, ~uint32_t{0}};
    case OpKind::MapKeys: return {1, 2};
    case OpKind::Labels:
    case OpKind::IsMissing:
    case OpKind::Unary:
    case OpKind::Clip:
    case OpKind::Softmax:
    case OpKind::LogSoftmax:
    case OpKind::Slice:
    case OpKind::Reshape:
    case OpKind::ArgMax:
    case OpKind::Cast:
    case OpKind::Products:
    case OpKind::Reduce:
    case OpKind::ReduceRows:
    case OpKind::Couple:
    case OpKind::CumSum:
    case OpKind::TopK:
    case OpKind::Transpose:
    case OpKind::Expand: return {1, 1};
  }
  return {0, 0};
}

bool takes_indices(OpKind kind) noexcept {
  switch (kind) {
    case OpKind::Reduce:
    case OpKind::Transpose:
    case OpKind::MapKeys:
    case OpKind::Labels:
    case OpKind::Products: return true;
    default: return false;
  }
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
    case OpKind::MapKeys: return check_map_keys(op);
    case OpKind::Labels: return check_labels(op);
    case OpKind::IsMissing: return check_is_missing(op);
    case OpKind::Products: return check_products(op);
    case OpKind::Piecewise: return check_piecewise(op);
    case OpKind::MatMul: return check_matmul(op);
    case OpKind::Reduce: return check_reduce(op);
    case OpKind::ReduceRows: return check_reduce_rows(op);
    case OpKind::Couple: return check_couple(op);
    case OpKind::CumSum: return check_cumsum(op);
    case OpKind::TopK: return check_topk(op);
    case OpKind::LayerNorm: return check_layer_norm(op);
    case OpKind::Transpose: return check_transpose(op);
    case OpKind::Expand: return check_expand(op);
    case OpKind::Gather: return check_gather(op);
    case OpKind::GatherElements: return check_gather_elements(op);
  }
  return {};
}

}  // namespace mle::format
