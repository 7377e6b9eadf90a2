// One element at a time; comparisons take it that there is at least one row.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/shape_arithmetic.h"

#include "compiler/import/onnx/text.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

constexpr uint64_t kMostElements = 65536;

// fixed + times * rows
struct Number {
  int64_t fixed = 0, times = 0;
};

Status depends_on_rows(const OperatorNode& op) {
  return unsupported(C214_MixesRows, op.type() + " computes with the number of rows",
                     "fix the batch axis with --shape NAME=N");
}

std::optional<Number> difference(Number a, Number b) {
  Number d;
  if (__builtin_sub_overflow(a.fixed, b.fixed, &d.fixed) ||
      __builtin_sub_overflow(a.times, b.times, &d.times))
    return {};
  return d;
}

// Whether it is below zero for one row and for all numbers beyond, or for none; nothing where that
// depends.
std::optional<bool> is_negative(Number d) {
  int64_t one = 0;
  if (__builtin_add_overflow(d.fixed, d.times, &one)) return {};
  if (d.times <= 0 && one < 0) return true;
  if (d.times >= 0 && one >= 0) return false;
  return {};
}

std::optional<bool> is_zero(Number d) {
  if (d.times == 0) return d.fixed == 0;
  const bool some_rows = d.fixed % d.times == 0 && d.fixed / d.times <= -1;
  return some_rows ? std::optional<bool>() : false;
}

std::optional<bool> apply(CompareFn fn, Number a, Number b) {
  const auto negated = [](std::optional<bool> is) {
    return is ? std::optional(!*is) : std::optional<bool>();
  };
  const auto less = [](Number left, Number right) {
    const auto d = difference(left, right);
    return d ? is_negative(*d) : std::optional<bool>();
  };
  const auto d = difference(a, b);
  if (!d) return {};
  switch (fn) {
    case CompareFn::Less: return less(a, b);
    case CompareFn::LessEqual: return negated(less(b, a));
    case CompareFn::Greater: return less(b, a);
    case CompareFn::GreaterEqual: return negated(less(a, b));
    case CompareFn::Equal: return is_zero(*d);
    case CompareFn::NotEqual: return negated(is_zero(*d));
  }
  return {};
}

std::optional<Number> quotient(Number a, Number b) {
  if (b.times == 0) {
    if (b.fixed < 1 || a.fixed % b.fixed != 0 || a.times % b.fixed != 0) return {};
    return Number{a.fixed / b.fixed, a.times / b.fixed};
  }
  // (k rows) / (rows)
  if (b.fixed != 0 || a.fixed != 0 || b.times < 1 || a.times % b.times != 0) return {};
  return Number{a.times / b.times, 0};
}

std::optional<Number> product(Number a, Number b) {
  if (a.times != 0) std::swap(a, b);
  Number y;
  if (a.times != 0 || __builtin_mul_overflow(a.fixed, b.fixed, &y.fixed) ||
      __builtin_mul_overflow(a.fixed, b.times, &y.times))
    return {};
  return y;
}

std::optional<Number> apply(BinaryFn fn, Number a, Number b) {
  Number y;
  switch (fn) {
    case BinaryFn::Add:
      if (__builtin_add_overflow(a.fixed, b.fixed, &y.fixed) ||
          __builtin_add_overflow(a.times, b.times, &y.times))
        return {};
      return y;
    case BinaryFn::Sub: return difference(a, b);
    case BinaryFn::Mul: return product(a, b);
    case BinaryFn::Div: return quotient(a, b);
    case BinaryFn::Min:
    case BinaryFn::Max: {
      const auto less = apply(CompareFn::Less, a, b);
      if (!less) return {};
      return *less == (fn == BinaryFn::Min) ? a : b;
    }
    default: return {};
  }
}

// Where element `i` of a tensor broadcast to `wide` lies in the tensor itself.
size_t broadcast_from(const Dims& dims, const Dims& wide, size_t i) {
  size_t from = 0, stride = 1;
  for (size_t axis = wide.size(), own = dims.size(); axis-- > 0 && own > 0;) {
    const size_t at = i % wide[axis];
    i /= wide[axis];
    if (dims[--own] != 1) from += at * stride;
    stride *= dims[own];
  }
  return from;
}

Result<Dims> broadcast(const OperatorNode& op, size_t count) {
  Dims wide;
  for (size_t input = 0; input < count; ++input) {
    const Dims& dims = op.dims(input);
    if (dims.size() > wide.size()) wide.insert(wide.begin(), dims.size() - wide.size(), 1);
    for (size_t i = 0; i < dims.size(); ++i) {
      uint32_t& to = wide[wide.size() - dims.size() + i];
      if (to != 1 && dims[i] != 1 && to != dims[i])
        return broken(C208_Shape, op.type() + " of shapes that do not broadcast");
      if (to == 1) to = dims[i];
    }
  }
  if (element_count(wide) > kMostElements)
    return unsupported(C216_LimitReached, op.type() + " of too many integers");
  return wide;
}

Number number_at(const OperatorNode& op, size_t input, const Dims& wide, size_t i) {
  const size_t at = broadcast_from(op.dims(input), wide, i);
  return {op.tensor(input).integer(at), op.tensor(input).rows_at(at)};
}

Status set_numbers(OperatorNode& op, const Dims& dims, const std::vector<Number>& numbers,
                   DType dtype) {
  std::vector<int64_t> fixed, times;
  for (const Number& number : numbers) {
    fixed.push_back(number.fixed);
    times.push_back(number.times);
  }
  MLE_TRY_ASSIGN(Tensor result, cast(make_tensor("", DType::I64, dims, fixed), dtype));
  result.times_rows = std::move(times);
  op.set_whole(0, std::move(result));
  return {};
}

}  // namespace

bool names_rows(const OperatorNode& op, size_t count) {
  bool some = false;
  for (size_t i = 0; i < count; ++i) {
    if (!op.is_constant(i) || op.per_row(i)) return false;
    some = some || op.tensor(i).has_rows();
  }
  return some;
}

bool are_integers(const OperatorNode& op, size_t first, size_t last) {
  for (size_t i = first; i < last; ++i)
    if (!op.is_constant(i) || op.per_row(i) || !is_integer(op.dtype(i))) return false;
  return true;
}

Status combine_lengths(OperatorNode& op, BinaryFn fn) {
  MLE_TRY_ASSIGN(const Dims dims, broadcast(op, 2));
  std::vector<Number> numbers;
  for (size_t i = 0; i < element_count(dims); ++i) {
    const auto number = apply(fn, number_at(op, 0, dims, i), number_at(op, 1, dims, i));
    if (!number || !is_integer(op.dtype(0)) || op.dtype(0) != op.dtype(1))
      return depends_on_rows(op);
    numbers.push_back(*number);
  }
  return set_numbers(op, dims, numbers, op.dtype(0));
}

Status compare_lengths(OperatorNode& op, CompareFn fn) {
  MLE_TRY_ASSIGN(const Dims dims, broadcast(op, 2));
  std::vector<uint8_t> answers;
  for (size_t i = 0; i < element_count(dims); ++i) {
    const auto answer = apply(fn, number_at(op, 0, dims, i), number_at(op, 1, dims, i));
    if (!answer || !is_integer(op.dtype(0)) || op.dtype(0) != op.dtype(1))
      return depends_on_rows(op);
    answers.push_back(*answer ? 1 : 0);
  }
  op.set_whole(0, make_tensor("", DType::Bool, dims, answers));
  return {};
}

Status select_lengths(OperatorNode& op) {
  MLE_TRY_ASSIGN(const Dims dims, broadcast(op, 3));
  if (op.dtype(0) != DType::Bool || !is_integer(op.dtype(1)) || op.dtype(1) != op.dtype(2))
    return depends_on_rows(op);
  std::vector<Number> numbers;
  for (size_t i = 0; i < element_count(dims); ++i)
    numbers.push_back(number_at(op, number_at(op, 0, dims, i).fixed != 0 ? 1 : 2, dims, i));
  return set_numbers(op, dims, numbers, op.dtype(1));
}

}  // namespace mle::compiler::onnx
