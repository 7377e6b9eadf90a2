// The row axis of a per-row operand is one of those before the matrices: it must not be the M or
// the K of a product, or rows would mix.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/compose.h"
#include "compiler/import/onnx/matmul.h"
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/text.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

Status mixes_rows(const OperatorNode& op) {
  return unsupported(C214_MixesRows, op.type() + " sums over the batch axis or pairs rows",
                     "fix the number of rows with --shape NAME=N");
}

// An operand of numpy's matmul as a matrix; where it was a vector, the result has an axis less.
struct Side {
  ValueId id = kNone;
  bool was_vector = false;
};

Result<Side> side(OperatorNode& op, size_t input, size_t rows_rank) {
  if (op.rank(input) == 0) return broken(C208_Shape, op.type() + " of a number");
  MLE_TRY_ASSIGN(ValueId id, op.beside_rows(input, op.rank(input) < rows_rank ? 0 : rows_rank));
  const bool is_vector = op.rank(input) == 1;
  if (is_vector) {
    if (op.per_row(input)) return mixes_rows(op);
    Dims dims = op.fact(id).dims;
    dims.insert(input == 0 ? dims.begin() : dims.end(), 1);
    MLE_TRY_ASSIGN(id, op.reshaped(id, dims));
  }
  if (op.fact(id).dims.size() < 2) return mixes_rows(op);
  return Side{id, is_vector};
}

}  // namespace

Result<ValueId> matmul(OperatorNode& op, ValueId a, ValueId b) {
  Node node;
  node.kind = OpKind::MatMul;
  node.inputs = {a, b};
  return op.add(std::move(node));
}

Status emit_matmul(OperatorNode& op) {
  const size_t rows_rank = op.per_row(0) ? op.rank(0) : op.per_row(1) ? op.rank(1) : 0;
  if (op.per_row(0) && op.per_row(1) && op.rank(1) != rows_rank) return mixes_rows(op);
  MLE_TRY_ASSIGN(const Side a, side(op, 0, rows_rank));
  MLE_TRY_ASSIGN(const Side b, side(op, 1, rows_rank));
  MLE_TRY_ASSIGN(const ValueId product, matmul(op, a.id, b.id));
  Dims dims = op.fact(product).dims;
  if (b.was_vector) dims.pop_back();
  if (a.was_vector) dims.erase(dims.end() - (b.was_vector ? 1 : 2));
  return op.emit_reshaped(product, dims);
}

Status emit_gemm(OperatorNode& op, const GemmAttributes& attributes) {
  if (op.per_row(0) || op.per_row(1)) return mixes_rows(op);
  MLE_TRY_ASSIGN(ValueId a, op.value(0));
  MLE_TRY_ASSIGN(ValueId b, op.value(1));
  if (attributes.trans_a) {
    MLE_TRY_ASSIGN(a, permuted(op, a, {1, 0}));
  }
  if (attributes.trans_b) {
    MLE_TRY_ASSIGN(b, permuted(op, b, {1, 0}));
  }
  MLE_TRY_ASSIGN(ValueId y, matmul(op, a, b));
  if (attributes.alpha != 1) {
    MLE_TRY_ASSIGN(y, with_number(op, BinaryFn::Mul, y, attributes.alpha));
  }
  const Dims dims = op.fact(y).dims;
  if (op.has(2) && attributes.beta != 0) {
    MLE_TRY_ASSIGN(ValueId c, op.value(2));
    if (attributes.beta != 1) {
      MLE_TRY_ASSIGN(c, with_number(op, BinaryFn::Mul, c, attributes.beta));
    }
    MLE_TRY_ASSIGN(y, op.add(binary(BinaryFn::Add, y, c)));
  }
  if (op.fact(y).dims != dims)
    return broken(C208_Shape, "Gemm adds a tensor larger than the product");
  op.emit_value(y);
  return {};
}

namespace {

// "ij,jk->ik": the letters of two operands and of the result.
struct Equation {
  std::array<std::string, 2> operands;
  std::string result;
};

Status not_read(std::string_view equation) {
  return unsupported(C205_UnsupportedOp, "Einsum of " + quoted(equation),
                     "mle reads products of two tensors whose letters differ within each");
}

Result<Equation> parse(std::string_view text) {
  Equation equation;
  std::string plain;
  for (const char c : text)
    if (c != ' ') plain += c;
  const size_t arrow = plain.find("->"), comma = plain.find(',');
  if (comma == std::string::npos || (arrow != std::string::npos && comma > arrow))
    return not_read(text);
  equation.operands[0] = plain.substr(0, comma);
  equation.operands[1] =
      plain.substr(comma + 1, arrow == std::string::npos ? arrow : arrow - comma - 1);
  std::map<char, int> times;
  for (const std::string& letters : equation.operands)
    for (const char c : letters) {
      if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) ||
          std::count(letters.begin(), letters.end(), c) != 1)
        return not_read(text);
      ++times[c];
    }
  if (arrow == std::string::npos) {  // those that stand once, in order
    for (const auto& [letter, count] : times)
      if (count == 1) equation.result += letter;
    return equation;
  }
  equation.result = plain.substr(arrow + 2);
  for (const char c : equation.result)
    if (times[c] == 0 || std::count(equation.result.begin(), equation.result.end(), c) != 1)
      return not_read(text);
  return equation;
}

bool has(const std::string& letters, char c) { return letters.find(c) != std::string::npos; }

// An operand with the letters nobody else has summed away, its axes in the order of `wanted`.
Result<ValueId> arranged(OperatorNode& op, ValueId x, std::string letters,
                         const std::string& wanted) {
  std::vector<uint32_t> gone;
  for (uint32_t i = 0; i < letters.size(); ++i)
    if (!has(wanted, letters[i])) gone.push_back(i);
  if (!gone.empty()) {
    MLE_TRY_ASSIGN(x, op.add(reduce(ReduceFn::Sum, x, gone, false)));
    for (size_t i = gone.size(); i-- > 0;) letters.erase(gone[i], 1);
  }
  std::vector<uint32_t> perm;
  for (const char c : wanted) perm.push_back(static_cast<uint32_t>(letters.find(c)));
  return permuted(op, x, perm);
}

// Letters by where they stand: in both and the result, in one and the result, in both alone.
struct Roles {
  std::string batch, m, n, k;
  explicit Roles(const Equation& equation) {
    const auto& [a, b] = equation.operands;
    for (const char c : a) {
      if (has(b, c))
        (has(equation.result, c) ? batch : k) += c;
      else if (has(equation.result, c))
        m += c;
    }
    for (const char c : b)
      if (!has(a, c) && has(equation.result, c)) n += c;
  }
};

Status read_einsum(OperatorNode& op) {
  MLE_TRY_ASSIGN(const std::string_view text, op.text("equation", ""));
  if (op.input_count() != 2) return not_read(text);
  MLE_TRY_ASSIGN(Equation equation, parse(text));
  for (size_t i = 0; i < 2; ++i)
    if (equation.operands[i].size() != op.rank(i))
      return broken(C208_Shape, "Einsum of " + quoted(text) + " with operands of other ranks");

  // The letter of the rows is the first everywhere, or absent from a constant; then it is implied.
  if (op.per_row(0) || op.per_row(1)) {
    const char row = equation.operands[op.per_row(0) ? 0 : 1][0];
    for (size_t i = 0; i < 2; ++i) {
      std::string& letters = equation.operands[i];
      if (op.per_row(i) ? letters[0] != row : has(letters, row)) return mixes_rows(op);
      if (op.per_row(i)) letters.erase(0, 1);
    }
    if (equation.result.empty() || equation.result[0] != row) return mixes_rows(op);
    equation.result.erase(0, 1);
  }
  const Roles roles(equation);
  std::map<char, uint32_t> lengths;
  for (size_t i = 0; i < 2; ++i)
    for (size_t axis = 0; axis < equation.operands[i].size(); ++axis) {
      const uint32_t length = op.dims(i)[axis];
      if (lengths.try_emplace(equation.operands[i][axis], length).first->second != length)
        return broken(C208_Shape, "Einsum of " + quoted(text) + " with axes of other lengths");
    }
  const auto dims_of = [&](const std::string& letters) {
    Dims dims;
    for (const char c : letters) dims.push_back(lengths[c]);
    return dims;
  };
  const auto count = [&](const std::string& letters) {
    return static_cast<uint32_t>(element_count(dims_of(letters)));
  };

  MLE_TRY_ASSIGN(ValueId a, op.value(0));
  MLE_TRY_ASSIGN(ValueId b, op.value(1));
  MLE_TRY_ASSIGN(a, arranged(op, a, equation.operands[0], roles.batch + roles.m + roles.k));
  MLE_TRY_ASSIGN(b, arranged(op, b, equation.operands[1], roles.batch + roles.k + roles.n));
  Dims a_dims = dims_of(roles.batch), b_dims = a_dims;
  a_dims.insert(a_dims.end(), {count(roles.m), count(roles.k)});
  b_dims.insert(b_dims.end(), {count(roles.k), count(roles.n)});
  MLE_TRY_ASSIGN(a, op.reshaped(a, a_dims));
  MLE_TRY_ASSIGN(b, op.reshaped(b, b_dims));
  MLE_TRY_ASSIGN(ValueId y, matmul(op, a, b));
  const std::string order = roles.batch + roles.m + roles.n;
  MLE_TRY_ASSIGN(y, op.reshaped(y, dims_of(order)));
  std::vector<uint32_t> perm;
  for (const char c : equation.result) perm.push_back(static_cast<uint32_t>(order.find(c)));
  MLE_TRY_ASSIGN(y, permuted(op, y, perm));
  op.emit_value(y);
  return {};
}

constexpr Operator kOperators[] = {
    {"Einsum", 12, kNow, 1, kAny, 1, read_einsum},
};

}  // namespace

std::span<const Operator> matmul_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
