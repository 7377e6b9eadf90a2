// MatMulNBits of com.microsoft: weights of a few bits each, packed in blocks with a scale and a
// zero point per block. They are unpacked here, exactly.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/compose.h"
#include "compiler/import/onnx/matmul.h"
#include "compiler/import/onnx/quantized.h"
#include "compiler/import/onnx/rounded_rows.h"
#include "compiler/import/onnx/text.h"

#include <cmath>
#include <utility>
#include <vector>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

struct Packing {
  int64_t k = 0, n = 0, bits = 4, block = 32, accuracy = 0;

  int64_t blocks() const { return (k + block - 1) / block; }
  int64_t bytes_of_block() const { return block * bits / 8; }
  int64_t bytes_of_zero_points() const { return (blocks() * bits + 7) / 8; }
  // Number `i` of those that lie from byte `first` on, the lowest bits first.
  int64_t number(const Tensor& packed, int64_t first, int64_t i) const {
    const int64_t byte = packed.integer(static_cast<uint64_t>(first + i * bits / 8));
    return byte >> (i * bits % 8) & ((1 << bits) - 1);
  }
};

Result<Packing> read_packing(OperatorNode& op) {
  Packing packing;
  MLE_TRY_ASSIGN(packing.k, op.integer("K", 0));
  MLE_TRY_ASSIGN(packing.n, op.integer("N", 0));
  MLE_TRY_ASSIGN(packing.bits, op.integer("bits", 4));
  MLE_TRY_ASSIGN(packing.block, op.integer("block_size", 32));
  MLE_TRY_ASSIGN(packing.accuracy, op.integer("accuracy_level", 0));
  op.ignore("weight_prepacked");
  constexpr int64_t kMost = int64_t{1} << 24;
  const bool fits = packing.k >= 1 && packing.k <= kMost && packing.n >= 1 && packing.n <= kMost &&
                    packing.block >= 8 && packing.block <= 4096 && packing.block % 8 == 0 &&
                    (packing.bits == 2 || packing.bits == 4 || packing.bits == 8);
  if (!fits) return broken(C209_Attribute, op.type() + " of no such blocks");
  if (op.has(4))
    return unsupported(C205_UnsupportedOp, op.type() + " with its columns in another order",
                       "quantise the model without g_idx");
  return packing;
}

Status check_counts(const OperatorNode& op, const Packing& by) {
  for (size_t input = 1; input <= 3; ++input)
    if (op.has(input) && (!op.is_constant(input) || op.per_row(input)))
      return unsupported(C205_UnsupportedOp, op.type() + " with computed weights",
                         "mle compiles networks whose weights are fixed");
  const auto blocks = static_cast<uint64_t>(by.n * by.blocks());
  const bool in_bytes = op.has(3) && op.dtype(3) == DType::U8;
  const uint64_t zero_points =
      in_bytes ? static_cast<uint64_t>(by.n * by.bytes_of_zero_points()) : blocks;
  if (op.dtype(1) != DType::U8 || op.dtype(2) != DType::F32 ||
      op.tensor(1).count() != blocks * static_cast<uint64_t>(by.bytes_of_block()) ||
      op.tensor(2).count() != blocks || (op.has(3) && op.tensor(3).count() != zero_points) ||
      (op.has(3) && !in_bytes && op.dtype(3) != DType::F32))
    return broken(C208_Shape, op.type() + " whose weights, scales and zero points do not fit");
  return {};
}

// [K, N]
Result<Tensor> unpacked(OperatorNode& op, const Packing& by) {
  const auto count = static_cast<uint64_t>(by.k * by.n);
  MLE_TRY(op.budget().spend(count * sizeof(float), count));
  std::vector<float> weights(count);
  for (int64_t n = 0; n < by.n; ++n)
    for (int64_t k = 0; k < by.k; ++k) {
      const int64_t block = n * by.blocks() + k / by.block;
      const auto scale = static_cast<float>(op.tensor(2).real(static_cast<uint64_t>(block)));
      auto zero = static_cast<float>(1 << (by.bits - 1));
      if (op.has(3) && op.dtype(3) == DType::U8)
        zero = static_cast<float>(
            by.number(op.tensor(3), n * by.bytes_of_zero_points(), k / by.block));
      else if (op.has(3))
        zero = static_cast<float>(op.tensor(3).real(static_cast<uint64_t>(block)));
      const auto packed =
          static_cast<float>(by.number(op.tensor(1), block * by.bytes_of_block(), k % by.block));
      float& weight = weights[static_cast<uint64_t>(k * by.n + n)];
      weight = (packed - zero) * scale;
      if (!std::isfinite(weight))
        return unsupported(C212_NotFinite, op.type() + " by weights that are not finite");
    }
  return make_tensor("", DType::F32, {static_cast<uint32_t>(by.k), static_cast<uint32_t>(by.n)},
                     weights);
}

// Level 4 asks for rows in 8 bits; ONNX Runtime has kernels for these.
bool rounds_rows(const OperatorNode& op, const Packing& by) {
  const bool has_kernel = by.bits != 2 && by.block >= 16 && by.block <= 256 &&
                          (by.block & (by.block - 1)) == 0 &&
                          !(op.has(3) && op.dtype(3) == DType::F32);
  return has_kernel && by.accuracy == 4 && !op.dequantized_exactly();
}

}  // namespace

Status read_matmul_of_bits(OperatorNode& op) {
  MLE_TRY_ASSIGN(const Packing by, read_packing(op));
  MLE_TRY(check_counts(op, by));
  if (op.dtype(0) != DType::F32 || op.dims(0).empty() || op.dims(0).back() != by.k)
    return broken(C208_Shape, op.type() + " of rows that do not fit its weights");
  MLE_TRY_ASSIGN(const Tensor w, unpacked(op, by));
  Node dense;
  dense.kind = OpKind::Dense;
  MLE_TRY_ASSIGN(ValueId x, op.value(0));
  if (rounds_rows(op, by)) {
    ++op.importing().rounded_products;
    MLE_TRY_ASSIGN(x, rounded_rows(op, x, static_cast<uint32_t>(by.block)));
  }
  MLE_TRY_ASSIGN(const ValueId weights, op.constant(w));
  dense.inputs = {x, weights};
  if (op.has(5)) {
    MLE_TRY_ASSIGN(const Tensor bias, op.weight(5));
    if (bias.dtype != DType::F32 || bias.dims != Dims{static_cast<uint32_t>(by.n)})
      return broken(C208_Shape, op.type() + " with a bias that does not fit");
    MLE_TRY_ASSIGN(const ValueId b, op.constant(bias));
    dense.inputs.push_back(b);
  }
  return op.emit(std::move(dense));
}

}  // namespace mle::compiler::onnx
