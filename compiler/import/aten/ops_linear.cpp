// Products of matrices.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/aten/ops.h"

#include <utility>

namespace mle::compiler::aten {
namespace {

// The last two axes changed places.
Result<std::string> turned(Call& call, const std::string& x) {
  const size_t rank = call.rank(x);
  if (rank < 2) return call.wrong("a matrix is wanted");
  std::vector<int64_t> order(rank);
  for (size_t i = 0; i < rank; ++i) order[i] = static_cast<int64_t>(i);
  std::swap(order[rank - 1], order[rank - 2]);
  return call.transposed(x, order);
}

bool is_fixed_as(const onnx::Length& length, const onnx::Length& other) { return length == other; }

// x W' + b, W [out, in].
Result<Value> read_linear(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("input"));
  MLE_TRY_ASSIGN(const std::string w, call.tensor("weight"));
  std::string b;
  if (call.has("bias")) {
    MLE_TRY_ASSIGN(b, call.tensor("bias"));
  }
  const auto weight = call.shape(w), rows = call.shape(x);
  if (rows.rank() == 0 || weight.rank() != 2 || !is_fixed_as(weight.dims[1], rows.dims.back()))
    return call.wrong("its weights do not fit rows of its input");
  if (rows.rank() == 2) return as_value(call.node("Gemm", {x, w, b}, {{"transB", int64_t{1}}}));
  MLE_TRY_ASSIGN(const std::string by, turned(call, w));
  MLE_TRY_ASSIGN(std::string y, call.node("MatMul", {x, by}));
  if (!b.empty()) {
    MLE_TRY_ASSIGN(y, call.node("Add", {y, b}));
  }
  return Value::tensor(y);
}

Result<Value> read_matmul(Call& call) {
  MLE_TRY_ASSIGN(const std::string a, call.tensor("self"));
  MLE_TRY_ASSIGN(const std::string b, call.tensor(call.has("mat2")  ? "mat2"
                                                  : call.has("vec") ? "vec"
                                                                    : "other"));
  return as_value(call.node("MatMul", {a, b}));
}

// beta self + alpha mat1 mat2.
Result<Value> read_addmm(Call& call) {
  MLE_TRY_ASSIGN(const std::string c, call.tensor("self"));
  MLE_TRY_ASSIGN(const std::string a, call.tensor("mat1"));
  MLE_TRY_ASSIGN(const std::string b, call.tensor("mat2"));
  MLE_TRY_ASSIGN(const double alpha, call.real("alpha", 1));
  MLE_TRY_ASSIGN(const double beta, call.real("beta", 1));
  return as_value(call.node("Gemm", {a, b, c}, {{"alpha", alpha}, {"beta", beta}}));
}

// beta self + alpha batch1 batch2, both of three axes.
Result<Value> read_baddbmm(Call& call) {
  MLE_TRY_ASSIGN(std::string c, call.tensor("self"));
  MLE_TRY_ASSIGN(const std::string a, call.tensor("batch1"));
  MLE_TRY_ASSIGN(const std::string b, call.tensor("batch2"));
  MLE_TRY_ASSIGN(const double alpha, call.real("alpha", 1));
  MLE_TRY_ASSIGN(const double beta, call.real("beta", 1));
  MLE_TRY_ASSIGN(std::string product, call.node("MatMul", {a, b}));
  if (alpha != 1) {
    MLE_TRY_ASSIGN(product, call.with_number("Mul", product, alpha));
  }
  if (beta == 0) return Value::tensor(product);
  if (beta != 1) {
    MLE_TRY_ASSIGN(c, call.with_number("Mul", c, beta));
  }
  return as_value(call.node("Add", {c, product}));
}

Result<Value> read_einsum(Call& call) {
  MLE_TRY_ASSIGN(const std::string equation, call.text("equation", ""));
  MLE_TRY_ASSIGN(std::vector<std::string> operands, call.tensors("tensors"));
  return as_value(call.node("Einsum", std::move(operands), {{"equation", equation}}));
}

// True where a place of the second-last axis may look at one of the last: not later than itself.
Result<std::string> places_before(Call& call, const std::string& scores) {
  const size_t rank = call.rank(scores);
  MLE_TRY_ASSIGN(const int64_t rows, call.fixed_length(scores, rank - 2));
  MLE_TRY_ASSIGN(const int64_t columns, call.fixed_length(scores, rank - 1));
  constexpr int64_t kMost = 4096;
  if (rows > kMost || columns > kMost) return call.wrong("too many places");
  std::vector<double> flat;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column) flat.push_back(column <= row ? 1 : 0);
  return call.reshaped(call.composer().numbers(flat, DType::Bool), {{rows, 0}, {columns, 0}});
}

// A score so low that nothing of its place is left. Each row has to have a place that counts.
Result<std::string> masked(Call& call, const std::string& scores, const std::string& mask) {
  constexpr double kNothing = -1e30;
  const auto allowed = call.composer().reals(mask);
  const auto dims = call.shape(mask).dims;
  if (!allowed || dims.empty() || !dims.back().is_fixed() || dims.back().fixed < 1)
    return call.not_compiled("with a mask that depends on the inputs is not compiled");
  const auto width = static_cast<size_t>(dims.back().fixed);
  for (size_t row = 0; row + width <= allowed->size(); row += width) {
    bool any = false;
    for (size_t i = 0; i < width; ++i) any = any || (*allowed)[row + i] != 0;
    if (!any) return call.not_compiled("with a mask that leaves nothing is not compiled");
  }
  return call.node("Where", {mask, scores, call.number_like(scores, kNothing)});
}

// softmax(q k' scale + mask) v.
Result<Value> read_attention(Call& call) {
  MLE_TRY_ASSIGN(std::string q, call.tensor("query"));
  MLE_TRY_ASSIGN(const std::string k, call.tensor("key"));
  MLE_TRY_ASSIGN(const std::string v, call.tensor("value"));
  MLE_TRY_ASSIGN(const bool causal, call.flag("is_causal", false));
  const size_t rank = call.rank(q);
  if (rank < 2) return call.wrong("its query has too few axes");
  MLE_TRY_ASSIGN(const int64_t width, call.fixed_length(q, rank - 1));
  MLE_TRY_ASSIGN(const double scale,
                 call.real("scale", 1 / __builtin_sqrt(static_cast<double>(width))));
  MLE_TRY_ASSIGN(q, call.with_number("Mul", q, scale));
  MLE_TRY_ASSIGN(const std::string key, turned(call, k));
  MLE_TRY_ASSIGN(std::string scores, call.node("MatMul", {q, key}));
  std::string mask;
  if (call.has("attn_mask")) {
    MLE_TRY_ASSIGN(mask, call.tensor("attn_mask"));
  } else if (causal) {
    MLE_TRY_ASSIGN(mask, places_before(call, scores));
  }
  if (!mask.empty() && call.dtype_of(mask) == DType::Bool) {
    MLE_TRY_ASSIGN(scores, masked(call, scores, mask));
  } else if (!mask.empty()) {
    MLE_TRY_ASSIGN(scores, call.node("Add", {scores, mask}));
  }
  MLE_TRY_ASSIGN(const std::string shares, call.node("Softmax", {scores}, {{"axis", int64_t{-1}}}));
  return as_value(call.node("MatMul", {shares, v}));
}

constexpr Operator kOperators[] = {
    {"linear", "input weight bias", read_linear},
    {"matmul", "self other", read_matmul},
    {"mm", "self mat2", read_matmul},
    {"bmm", "self mat2", read_matmul},
    {"mv", "self vec", read_matmul},
    {"dot", "self other", read_matmul},
    {"addmm", "self mat1 mat2", read_addmm},
    {"baddbmm", "self batch1 batch2", read_baddbmm},
    {"einsum", "equation tensors path", read_einsum},
    {"scaled_dot_product_attention", "query key value attn_mask dropout_p is_causal",
     read_attention},
};

}  // namespace

std::span<const Operator> linear_operators() { return kOperators; }

}  // namespace mle::compiler::aten
