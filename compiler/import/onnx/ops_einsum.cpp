// Einsum: products of any number of tensors, two at a time from the left; letters that stand twice
// in one tensor are its diagonal, and "..." stands for axes that broadcast.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/compose.h"
#include "compiler/import/onnx/matmul.h"
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/shapes.h"
#include "compiler/import/onnx/text.h"
#include "format/limits.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

// A tensor with one letter for each of its axes; those that "..." stands for have digits, the last
// of them always the highest.
struct Term {
  ValueId id = kNone;
  std::string letters;
};

struct Equation {
  std::vector<std::string> operands;
  std::string result;
};

Status malformed(std::string_view equation) {
  return broken(C209_Attribute, "Einsum of " + quoted(equation) + ", which is no equation of " +
                                    "letters that fit its operands");
}

Status mixes_rows(std::string_view equation) {
  return unsupported(C214_MixesRows,
                     "Einsum of " + quoted(equation) + " sums over the batch axis or moves it",
                     "fix the number of rows with --shape NAME=N");
}

bool has(const std::string& letters, char c) { return letters.find(c) != std::string::npos; }

bool are_letters(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

// "...": `axes` digits in its place.
Result<std::string> spelled_out(std::string_view equation, std::string_view term, size_t axes) {
  const size_t dots = term.find("...");
  if (dots == std::string_view::npos) return std::string(term);
  std::string digits;
  for (size_t i = 0; i < axes; ++i)
    digits += static_cast<char>('0' + (format::kMaxRank - axes + i));
  const std::string result =
      std::string(term.substr(0, dots)) + digits + std::string(term.substr(dots + 3));
  return has(result, '.') ? malformed(equation) : Result<std::string>(result);
}

// How many axes "..." stands for in an operand.
Result<size_t> hidden_axes(std::string_view equation, std::string_view term, size_t rank) {
  const size_t dots = term.find("...");
  const size_t named = dots == std::string_view::npos ? term.size() : term.size() - 3;
  const bool fits = dots == std::string_view::npos ? named == rank : named <= rank;
  if (!fits || rank > format::kMaxRank) return malformed(equation);
  return rank - named;
}

// What stands once, in order, behind the axes of "...".
std::string implied_result(const std::vector<std::string>& operands) {
  std::string all, result;
  for (const std::string& letters : operands) all += letters;
  std::ranges::sort(all);
  for (const char c : all)
    if (std::ranges::count(all, c) == 1 || (c >= '0' && c <= '9' && !has(result, c))) result += c;
  return result;
}

Result<Equation> parse(const OperatorNode& op, std::string_view text) {
  std::string plain;
  for (const char c : text)
    if (c != ' ') plain += c;
  const size_t arrow = plain.find("->");
  std::vector<std::string> terms(1);
  for (const char c : plain.substr(0, arrow)) {
    if (c == ',')
      terms.emplace_back();
    else
      terms.back() += c;
  }
  if (terms.size() != op.input_count()) return malformed(text);
  Equation equation;
  size_t most_hidden = 0;
  for (size_t i = 0; i < terms.size(); ++i) {
    MLE_TRY_ASSIGN(const size_t hidden, hidden_axes(text, terms[i], op.rank(i)));
    most_hidden = std::max(most_hidden, hidden);
    MLE_TRY_ASSIGN(std::string letters, spelled_out(text, terms[i], hidden));
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    std::string named = letters;
    std::erase_if(named, is_digit);
    if (!are_letters(named)) return malformed(text);
    equation.operands.push_back(std::move(letters));
  }
  if (arrow == std::string::npos) {
    equation.result = implied_result(equation.operands);
    return equation;
  }
  if (most_hidden > 0 && plain.find("...", arrow) == std::string::npos) return malformed(text);
  MLE_TRY_ASSIGN(equation.result, spelled_out(text, plain.substr(arrow + 2), most_hidden));
  for (const char c : equation.result) {
    const bool known = std::ranges::any_of(
        equation.operands, [c](const std::string& letters) { return has(letters, c); });
    if (!known || std::ranges::count(equation.result, c) != 1) return malformed(text);
  }
  return equation;
}

// The letter of the rows is the first everywhere, or absent from what is whole; then it is implied.
Status imply_rows(const OperatorNode& op, std::string_view text, Equation* equation) {
  char row = 0;
  for (size_t i = 0; i < op.input_count(); ++i)
    if (op.per_row(i)) row = equation->operands[i][0];
  if (row == 0) return {};
  for (size_t i = 0; i < op.input_count(); ++i) {
    std::string& letters = equation->operands[i];
    const auto times = std::ranges::count(letters, row);
    if (op.per_row(i) ? letters[0] != row || times != 1 : times != 0) return mixes_rows(text);
    if (op.per_row(i)) letters.erase(0, 1);
  }
  if (equation->result.empty() || equation->result[0] != row) return mixes_rows(text);
  equation->result.erase(0, 1);
  return {};
}

// The axes in the order of `wanted`, which has the same letters.
Status put_in_order(OperatorNode& op, Term* term, const std::string& wanted) {
  std::vector<uint32_t> perm;
  for (const char c : wanted) perm.push_back(static_cast<uint32_t>(term->letters.find(c)));
  MLE_TRY_ASSIGN(term->id, permuted(op, term->id, perm));
  term->letters = wanted;
  return {};
}

// Of two axes with one letter the diagonal: both become one, of which every (n + 1)th is taken.
Status take_diagonals(OperatorNode& op, std::string_view text, Term* term) {
  for (size_t first = 0; first < term->letters.size();) {
    const char letter = term->letters[first];
    const size_t second = term->letters.find(letter, first + 1);
    if (second == std::string::npos) {
      ++first;
      continue;
    }
    std::string rest = term->letters;
    rest.erase(second, 1).erase(first, 1);
    std::vector<uint32_t> perm;
    for (uint32_t i = 0; i < term->letters.size(); ++i)
      if (i != first && i != second) perm.push_back(i);
    perm.insert(perm.end(), {static_cast<uint32_t>(first), static_cast<uint32_t>(second)});
    MLE_TRY_ASSIGN(ValueId x, permuted(op, term->id, perm));
    Dims dims = op.fact(x).dims;
    const uint32_t n = dims.back();
    if (dims[dims.size() - 2] != n) return malformed(text);
    dims.pop_back();
    if (uint64_t{n} * n > format::kMaxDim) return malformed(text);
    dims.back() = n * n;
    MLE_TRY_ASSIGN(x, op.reshaped(x, dims));
    std::vector<uint32_t> places(n);
    for (uint32_t i = 0; i < n; ++i) places[i] = i * (n + 1);
    MLE_TRY_ASSIGN(term->id, picked(op, x, static_cast<uint32_t>(dims.size() - 1), places));
    term->letters = rest + letter;
    first = 0;
  }
  return {};
}

// Letters that `kept` does not have are summed away.
Status sum_away(OperatorNode& op, Term* term, const std::string& kept) {
  std::vector<uint32_t> gone;
  for (uint32_t i = 0; i < term->letters.size(); ++i)
    if (!has(kept, term->letters[i])) gone.push_back(i);
  if (gone.empty()) return {};
  MLE_TRY_ASSIGN(term->id, op.add(reduce(ReduceFn::Sum, term->id, gone, false)));
  std::erase_if(term->letters, [&kept](char c) { return !has(kept, c); });
  return {};
}

uint32_t length_of(const OperatorNode& op, const Term& term, char letter) {
  return op.fact(term.id).dims[term.letters.find(letter)];
}

// Where both have a letter, and one an axis of 1 for it, that one is repeated.
Status broadcast_shared(OperatorNode& op, std::string_view text, Term* term, const Term& other) {
  Dims dims = op.fact(term->id).dims;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (!has(other.letters, term->letters[axis])) continue;
    const uint32_t length = length_of(op, other, term->letters[axis]);
    if (dims[axis] != length && dims[axis] != 1 && length != 1)
      return broken(C208_Shape, "Einsum of " + quoted(text) + " with axes of other lengths");
    dims[axis] = std::max(dims[axis], length);
  }
  MLE_TRY_ASSIGN(term->id, expanded(op, term->id, dims));
  return {};
}

// The product of two, with what `kept` does not have summed away: letters of both that are kept
// count the matrices, the others of both are what rows and columns share.
Result<Term> multiplied(OperatorNode& op, std::string_view text, Term a, Term b,
                        const std::string& kept) {
  MLE_TRY(sum_away(op, &a, kept + b.letters));
  MLE_TRY(sum_away(op, &b, kept + a.letters));
  MLE_TRY(broadcast_shared(op, text, &a, b));
  MLE_TRY(broadcast_shared(op, text, &b, a));
  std::string batch, shared, of_a, of_b;
  for (const char c : a.letters) (!has(b.letters, c) ? of_a : has(kept, c) ? batch : shared) += c;
  for (const char c : b.letters)
    if (!has(a.letters, c)) of_b += c;
  Dims dims;
  const auto count = [&](const Term& term, const std::string& letters) {
    uint64_t all = 1;
    for (const char c : letters) all *= length_of(op, term, c);
    return static_cast<uint32_t>(all);
  };
  for (const char c : batch) dims.push_back(length_of(op, a, c));
  Dims a_dims = dims, b_dims = dims, result = dims;
  a_dims.insert(a_dims.end(), {count(a, of_a), count(a, shared)});
  b_dims.insert(b_dims.end(), {count(b, shared), count(b, of_b)});
  for (const char c : of_a) result.push_back(length_of(op, a, c));
  for (const char c : of_b) result.push_back(length_of(op, b, c));
  MLE_TRY(put_in_order(op, &a, batch + of_a + shared));
  MLE_TRY(put_in_order(op, &b, batch + shared + of_b));
  MLE_TRY_ASSIGN(const ValueId left, op.reshaped(a.id, a_dims));
  MLE_TRY_ASSIGN(const ValueId right, op.reshaped(b.id, b_dims));
  MLE_TRY_ASSIGN(const ValueId product, matmul(op, left, right));
  MLE_TRY_ASSIGN(const ValueId y, op.reshaped(product, result));
  return Term{y, batch + of_a + of_b};
}

Status read_einsum(OperatorNode& op) {
  MLE_TRY_ASSIGN(const std::string_view text, op.text("equation", ""));
  MLE_TRY_ASSIGN(Equation equation, parse(op, text));
  MLE_TRY(imply_rows(op, text, &equation));
  std::vector<Term> terms;
  for (size_t i = 0; i < op.input_count(); ++i) {
    MLE_TRY_ASSIGN(const ValueId id, op.value(i));
    terms.push_back({id, equation.operands[i]});
    MLE_TRY(take_diagonals(op, text, &terms.back()));
  }
  Term y = terms[0];
  for (size_t i = 1; i < terms.size(); ++i) {
    std::string kept = equation.result;
    for (size_t later = i + 1; later < terms.size(); ++later) kept += terms[later].letters;
    MLE_TRY_ASSIGN(y, multiplied(op, text, std::move(y), terms[i], kept));
  }
  MLE_TRY(sum_away(op, &y, equation.result));
  MLE_TRY(put_in_order(op, &y, equation.result));
  op.emit_value(y.id);
  return {};
}

constexpr Operator kOperators[] = {
    {"Einsum", 12, kNow, 1, kAny, 1, read_einsum},
};

}  // namespace

std::span<const Operator> einsum_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
