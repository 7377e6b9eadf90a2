// Gemm and MatMul: a computed matrix times fixed weights becomes Dense, the others go to matmul.h.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/elements.h"
#include "compiler/import/onnx/matmul.h"
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/rounded_rows.h"
#include "compiler/import/onnx/shortcut.h"
#include "compiler/import/onnx/text.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

Node dense(ValueId x, ValueId w) {
  Node node;
  node.kind = OpKind::Dense;
  node.inputs = {x, w};
  return node;
}

Status shapes_differ(const OperatorNode& op, const Tensor& w) {
  return broken(C208_Shape, "multiplies rows of " +
                                std::to_string(op.dims(0).empty() ? 1 : op.dims(0).back()) +
                                " elements with weights " + quoted(w.name) + " for " +
                                std::to_string(w.dims[0]));
}

// The source's numbers are finite; ours must be too.
bool all_finite(const Tensor& tensor) {
  for (uint64_t i = 0; i < tensor.count(); ++i)
    if (!std::isfinite(tensor.real(i))) return false;
  return true;
}

Status out_of_range(const char* factor, DType dtype) {
  return unsupported(C212_NotFinite,
                     std::string(factor) + " times its constant overflows " + name_of(dtype),
                     "scale the constants in the source model and export again");
}

// C of a Gemm as a bias of `n` elements, or nothing where it differs from row to row.
std::optional<Tensor> as_bias(const Tensor& c, uint32_t n) {
  const uint32_t last = c.dims.empty() ? 1 : c.dims.back();
  if (c.count() != last || (last != 1 && last != n)) return {};
  Tensor bias = c;
  bias.dims = {n};
  if (last == n) return bias;
  bias.data = make_constant(Elements(n, c.real(0)), c.dtype);
  return bias;
}

// alpha A' B' + beta C
Status read_gemm(OperatorNode& op) {
  MLE_TRY_ASSIGN(const double alpha, op.real("alpha", 1));
  MLE_TRY_ASSIGN(const double beta, op.real("beta", 1));
  MLE_TRY_ASSIGN(const int64_t trans_a, op.integer("transA", 0));
  MLE_TRY_ASSIGN(const int64_t trans_b, op.integer("transB", 0));
  if (op.rank(0) != 2 || op.rank(1) != 2 || (op.has(2) && op.rank(2) > 2))
    return broken(C208_Shape, "Gemm of tensors that are no matrices");
  if (!op.is_constant(1) || is_integer(op.dtype(0)) || (trans_a != 0 && !op.is_constant(0)))
    return emit_gemm(op, {alpha, beta, trans_a != 0, trans_b != 0});

  MLE_TRY_ASSIGN(Tensor w, op.weight(1));
  const bool as_it_lies = trans_b != 0 && alpha == 1;
  if (as_it_lies)
    std::swap(w.dims[0], w.dims[1]);
  else
    w = trans_b != 0 ? transposed(w, alpha) : scaled(w, alpha);
  if (alpha != 1 && !all_finite(w)) return out_of_range("alpha", w.dtype);
  MLE_TRY_ASSIGN(ValueId x, op.value(0));
  const uint32_t block = rows_rounded_in(op, {true, alpha, beta, trans_a != 0 || trans_b != 0});
  if (trans_a != 0) {
    MLE_TRY_ASSIGN(const Tensor a, op.weight(0));
    MLE_TRY_ASSIGN(x, op.constant(transposed(a, 1)));
  } else if (op.dims(0).back() != w.dims[0]) {
    return shapes_differ(op, w);
  }
  if (block != 0) {
    MLE_TRY_ASSIGN(x, rounded_rows(op, x, block));
  }
  w.data.turned = as_it_lies;
  MLE_TRY_ASSIGN(const ValueId weights, op.constant(w));
  Node node = dense(x, weights);
  if (!op.has(2) || beta == 0) return op.emit(std::move(node));

  if (op.is_constant(2)) {
    MLE_TRY_ASSIGN(const Tensor c, op.weight(2));
    if (auto bias = as_bias(c, w.dims[1])) {
      const Tensor by_beta = scaled(*bias, beta);
      if (!all_finite(by_beta)) return out_of_range("beta", c.dtype);
      MLE_TRY_ASSIGN(const ValueId b, op.constant(by_beta));
      node.inputs.push_back(b);
      return op.emit(std::move(node));
    }
  }
  // C differs from row to row, or its shape is wrong: the general sum will say so.
  MLE_TRY_ASSIGN(const ValueId product, op.add(std::move(node)));
  const Dims product_dims = op.fact(product).dims;
  MLE_TRY_ASSIGN(ValueId c, op.beside_rows(2, op.per_row(0) ? 2 : 0));
  if (beta != 1) {
    MLE_TRY_ASSIGN(const ValueId by, op.scalar(beta, op.fact(product).dtype));
    MLE_TRY_ASSIGN(c, op.add(binary(BinaryFn::Mul, c, by)));
  }
  MLE_TRY_ASSIGN(const ValueId sum, op.add(binary(BinaryFn::Add, product, c)));
  if (op.fact(sum).dims != product_dims)
    return broken(C208_Shape, "Gemm adds a tensor larger than the product");
  op.emit_value(sum);
  return {};
}

// x [.., K] times w [K, N] or [K]; leading axes of length 1 of w say nothing.
Status read_matmul(OperatorNode& op) {
  if (!op.is_constant(1) || is_integer(op.dtype(0))) return emit_matmul(op);
  MLE_TRY_ASSIGN(Tensor w, op.weight(1));
  while (w.dims.size() > 2 && w.dims[0] == 1 && w.dims.size() <= op.rank(0))
    w.dims.erase(w.dims.begin());
  if (w.dims.size() > 2) return emit_matmul(op);
  if (w.dims.empty()) return broken(C208_Shape, "MatMul with a number");
  const bool vector = w.dims.size() == 1;
  if (vector) w.dims.push_back(1);
  if (op.dims(0).empty())
    return op.per_row(0) ? unsupported(C214_MixesRows, "MatMul sums over the batch axis",
                                       "fix the number of rows with --shape NAME=N")
                         : broken(C208_Shape, "MatMul of a tensor without axes");
  if (op.dims(0).back() != w.dims[0]) return shapes_differ(op, w);

  MLE_TRY_ASSIGN(ValueId x, op.value(0));
  if (const uint32_t block = rows_rounded_in(op, {})) {
    MLE_TRY_ASSIGN(x, rounded_rows(op, x, block));
  }
  MLE_TRY_ASSIGN(const ValueId weights, op.constant(w));
  if (!vector) return op.emit(dense(x, weights));
  MLE_TRY_ASSIGN(const ValueId product, op.add(dense(x, weights)));
  Dims dims = op.dims(0);
  dims.pop_back();
  return op.emit_reshaped(product, dims);
}

constexpr Operator kOperators[] = {
    {"Gemm", 7, 10, 3, 3, 1, read_gemm},
    {"Gemm", 11, kNow, 2, 3, 1, read_gemm},
    {"MatMul", 7, kNow, 2, 2, 1, read_matmul},
};

}  // namespace

std::span<const Operator> linear_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
