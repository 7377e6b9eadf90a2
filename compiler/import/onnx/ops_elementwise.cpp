// Functions of two or more elements: arithmetic, comparisons, Where. Integers are computed only
// where they are constant, which is how exporters compute shapes.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/compose.h"
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/ops_words.h"
#include "compiler/import/onnx/shape_arithmetic.h"
#include "compiler/import/onnx/text.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

constexpr uint64_t kMaxFoldedIntegers = uint64_t{1} << 20;

bool apply(BinaryFn fn, int64_t a, int64_t b, int64_t* y) {
  switch (fn) {
    case BinaryFn::Add: return !__builtin_add_overflow(a, b, y);
    case BinaryFn::Sub: return !__builtin_sub_overflow(a, b, y);
    case BinaryFn::Mul: return !__builtin_mul_overflow(a, b, y);
    case BinaryFn::Div:
      if (b == 0 || b == -1) return b == -1 && !__builtin_sub_overflow(int64_t{0}, a, y);
      *y = a / b;
      return true;
    case BinaryFn::Min: *y = std::min(a, b); return true;
    case BinaryFn::Max: *y = std::max(a, b); return true;
    default: return false;
  }
}

// Where element `i` of a tensor broadcast to `wide` lies in the tensor itself.
size_t broadcast_from(const Dims& dims, const Dims& wide, size_t i) {
  size_t from = 0, stride = 1;
  for (size_t axis = wide.size(), own = dims.size(); axis-- > 0;) {
    const size_t at = i % wide[axis];
    i /= wide[axis];
    if (own == 0) continue;
    --own;
    if (dims[own] != 1) from += at * stride;
    stride *= dims[own];
  }
  return from;
}

// The dims that both broadcast to, or nothing.
std::optional<Dims> broadcast(const Dims& a, const Dims& b) {
  Dims wide(std::max(a.size(), b.size()), 1);
  for (const Dims* dims : {&a, &b}) {
    const size_t offset = wide.size() - dims->size();
    for (size_t i = 0; i < dims->size(); ++i) {
      uint32_t& to = wide[offset + i];
      if ((*dims)[i] == 1 || (*dims)[i] == to) continue;
      if (to != 1) return {};
      to = (*dims)[i];
    }
  }
  return wide;
}

Status fold_integers(OperatorNode& op, BinaryFn fn) {
  MLE_TRY_ASSIGN(const std::vector<int64_t> a, op.integers_of(0));
  MLE_TRY_ASSIGN(const std::vector<int64_t> b, op.integers_of(1));
  const std::optional<Dims> dims = broadcast(op.dims(0), op.dims(1));
  if (!dims || op.dtype(0) != op.dtype(1) || a.empty() || b.empty() ||
      element_count(*dims) > kMaxFoldedIntegers)
    return unsupported(C205_UnsupportedOp, op.type() + " of these integer constants");
  std::vector<int64_t> y(element_count(*dims));
  for (size_t i = 0; i < y.size(); ++i) {
    const int64_t left = a[broadcast_from(op.dims(0), *dims, i)];
    const int64_t right = b[broadcast_from(op.dims(1), *dims, i)];
    if (!apply(fn, left, right, &y[i]))
      return broken(C209_Attribute, op.type() + " of integer constants leaves their range");
  }
  MLE_TRY_ASSIGN(Tensor result, cast(make_tensor("", DType::I64, *dims, y), op.dtype(0)));
  op.set(0, std::move(result));
  return {};
}

template <BinaryFn fn>
Status read_binary(OperatorNode& op) {
  if (names_rows(op, 2)) return combine_lengths(op, fn);
  if (fn != BinaryFn::Pow && op.all_constant() && is_integer(op.dtype(0)))
    return fold_integers(op, fn);
  MLE_TRY_ASSIGN(const auto values, op.aligned(2));
  return op.emit(binary(fn, values[0], values[1]));
}

// From opset 12 on the exponent may have another type than the base, whose type the result has.
Status read_pow_12(OperatorNode& op) {
  if (op.dtype(0) == op.dtype(1)) return read_binary<BinaryFn::Pow>(op);
  MLE_TRY_ASSIGN(const auto values, op.aligned(2));
  MLE_TRY_ASSIGN(const ValueId exponent, converted(op, values[1], op.dtype(0)));
  return op.emit(binary(BinaryFn::Pow, values[0], exponent));
}

// The slope may be shorter than x, never longer.
Status read_prelu(OperatorNode& op) {
  MLE_TRY_ASSIGN(const auto values, op.aligned(2));
  MLE_TRY_ASSIGN(const ValueId y, op.add(binary(BinaryFn::PRelu, values[0], values[1])));
  if (op.fact(y).dims != op.dims(0))
    return broken(C208_Shape, "PRelu with more slopes than elements");
  op.emit_value(y);
  return {};
}

// Min, Max, Sum of any number of inputs, from the left.
template <BinaryFn fn>
Result<ValueId> chain(OperatorNode& op) {
  MLE_TRY_ASSIGN(const auto values, op.aligned(op.input_count()));
  ValueId y = values[0];
  for (size_t i = 1; i < values.size(); ++i) {
    MLE_TRY_ASSIGN(y, op.add(binary(fn, y, values[i])));
  }
  return y;
}

template <BinaryFn fn>
Status read_variadic(OperatorNode& op) {
  if (op.input_count() == 2 && names_rows(op, 2)) return combine_lengths(op, fn);
  MLE_TRY_ASSIGN(const ValueId y, chain<fn>(op));
  op.emit_value(y);
  return {};
}

Status read_mean(OperatorNode& op) {
  MLE_TRY_ASSIGN(const ValueId sum, chain<BinaryFn::Add>(op));
  MLE_TRY_ASSIGN(const ValueId count,
                 op.scalar(static_cast<double>(op.input_count()), op.dtype(0)));
  return op.emit(binary(BinaryFn::Div, sum, count));
}

template <CompareFn fn>
Status read_compare(OperatorNode& op) {
  if (fn == CompareFn::Equal && has_words_beside_rows(op, 0, 1)) return read_equal_words(op);
  if (are_integers(op, 0, 2)) return compare_lengths(op, fn);
  MLE_TRY_ASSIGN(const auto values, op.aligned(2));
  Node node;
  node.kind = OpKind::Compare;
  node.inputs = values;
  node.iattr = {static_cast<uint32_t>(fn)};
  return op.emit(std::move(node));
}

Status read_where(OperatorNode& op) {
  if (has_words_beside_rows(op, 1, 2)) return read_where_words(op);
  if (are_integers(op, 0, 3)) return select_lengths(op);
  MLE_TRY_ASSIGN(const auto values, op.aligned(3));
  Node node;
  node.kind = OpKind::Select;
  node.inputs = values;
  return op.emit(std::move(node));
}

constexpr Operator kOperators[] = {
    {"Add", 7, kNow, 2, 2, 1, read_binary<BinaryFn::Add>},
    {"Div", 7, kNow, 2, 2, 1, read_binary<BinaryFn::Div>},
    {"Equal", 7, kNow, 2, 2, 1, read_compare<CompareFn::Equal>},
    {"Greater", 7, kNow, 2, 2, 1, read_compare<CompareFn::Greater>},
    {"GreaterOrEqual", 12, kNow, 2, 2, 1, read_compare<CompareFn::GreaterEqual>},
    {"Less", 7, kNow, 2, 2, 1, read_compare<CompareFn::Less>},
    {"LessOrEqual", 12, kNow, 2, 2, 1, read_compare<CompareFn::LessEqual>},
    {"Max", 7, kNow, 1, kAny, 1, read_variadic<BinaryFn::Max>},
    {"Mean", 7, kNow, 1, kAny, 1, read_mean},
    {"Min", 7, kNow, 1, kAny, 1, read_variadic<BinaryFn::Min>},
    {"Mul", 7, kNow, 2, 2, 1, read_binary<BinaryFn::Mul>},
    {"PRelu", 7, kNow, 2, 2, 1, read_prelu},
    {"Pow", 7, 11, 2, 2, 1, read_binary<BinaryFn::Pow>},
    {"Pow", 12, kNow, 2, 2, 1, read_pow_12},
    {"Sub", 7, kNow, 2, 2, 1, read_binary<BinaryFn::Sub>},
    {"Sum", 7, kNow, 1, kAny, 1, read_variadic<BinaryFn::Add>},
    {"Where", 9, kNow, 3, 3, 1, read_where},
};

}  // namespace

std::span<const Operator> elementwise_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
