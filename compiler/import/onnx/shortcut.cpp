// The optimisations ahead of the one that makes MatMulNBits decide what it finds: equal nodes and
// small equal constants become one, Add joins MatMul to a Gemm, Transpose moves ahead of
// DequantizeLinear. That one wants its weights for itself, takes a Relu or Clip behind the product
// for a part of a QuantizeLinear, and a Gemm only with a bias of one number per column.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/shortcut.h"

#include "compiler/import/onnx/neighbours.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using onnx_pb::NodeProto;

constexpr uint32_t kBlock = 32;  // of weights with one scale, or with one for each column
constexpr double kAlmost = 1e-6;
constexpr int kAxesOfBytes = 21;  // opset in which i8 without a zero point can be turned

bool is_used_once(const Importing& importing, const std::string& name) {
  const auto uses = importing.uses.find(name);
  return uses != importing.uses.end() && uses->second == 1;
}

bool is_fixed(const OperatorNode& op, size_t input) {
  return op.is_constant(input) && !op.per_row(input) && !op.operand(input).may_be_fed;
}

// Whether the attribute stands there, with that value where it is given.
bool says(const NodeProto& node, const char* name, std::optional<int64_t> value = {}) {
  return std::any_of(node.attribute().begin(), node.attribute().end(), [&](const auto& attribute) {
    return attribute.name() == name && (!value || attribute.i() == *value);
  });
}

int64_t block_size_of(const NodeProto& node) {
  for (const auto& attribute : node.attribute())
    if (attribute.name() == "block_size") return attribute.i();
  return 0;
}

// Zero points have the shape of the scales, or there are none.
bool parameters_fit(const OperatorNode& op, size_t rank) {
  return op.dims(1).size() == rank && (!op.has(2) || op.dims(2) == op.dims(1));
}

bool can_be_turned(const OperatorNode& op) {
  if (op.has(2)) return true;
  if (op.tensor(0).narrow != 0) return false;
  return op.dtype(0) == DType::U8 || op.opset() >= kAxesOfBytes;
}

// Constant numbers of 4 or 8 bits with a scale that nobody else uses, made for one product.
bool is_its_own(const OperatorNode& op) {
  const int inputs = op.has(2) ? 3 : 2;
  if (op.dequantized_exactly() || op.importing().nodes == nullptr) return false;
  if (op.proto().input_size() != inputs) return false;
  for (int i = 0; i < inputs; ++i)
    if (!is_fixed(op, static_cast<size_t>(i))) return false;
  const bool is_small = op.dtype(0) == DType::I8 || op.dtype(0) == DType::U8;
  return is_small && op.tensor(0).narrow != 2 && op.dims(0).size() == 2 &&
         is_used_once(op.importing(), op.proto().output(0)) &&
         !op.neighbours()->has_twin(op.proto()) &&
         !op.neighbours()->is_shared(op.proto().input(1), op.tensor(1));
}

Unpacked blocks_of(const OperatorNode& op) {
  const NodeProto& node = op.proto();
  const Dims &dims = op.dims(0), &scales = op.dims(1);
  const uint32_t if_turned = can_be_turned(op) ? kBlock : 0;
  if (const int64_t block = block_size_of(node); block > 0) {
    const bool is_size = block >= 16 && block <= 256 && (block & (block - 1)) == 0;
    const bool fits = parameters_fit(op, 2) && scales[1] == dims[1] && says(node, "axis", 0);
    return {.block = is_size && fits ? static_cast<uint32_t>(block) : 0};
  }
  if (parameters_fit(op, 0)) return {.block = kBlock, .turned_block = if_turned};
  if (!parameters_fit(op, 1)) return {};
  if (!says(node, "axis") || says(node, "axis", 1))
    return {.block = scales[0] == dims[1] ? kBlock : 0, .by_column = true};
  const bool by_row = says(node, "axis", 0) || says(node, "axis", -2);
  return {.turned_block = by_row && scales[0] == dims[0] ? if_turned : 0, .by_column = true};
}

// What reads the product's output, or that of the Add that joins it, stands in the way: it is
// quantised, or a Relu or Clip with one reader looks as if it were.
bool ends_in_quantize(const OperatorNode& op, const std::string& output) {
  const Neighbours& around = *op.neighbours();
  if (around.is_quantized(output)) return true;
  const NodeProto* reader = around.only_reader(output);
  if (reader == nullptr || reader->op_type() == "Add" || reader->output_size() != 1) return false;
  return is_used_once(op.importing(), reader->output(0)) && !around.is_output(reader->output(0));
}

// What an Add adds to the product: how many axes it has and whether those fit, as far as is known.
struct Addend {
  bool is_bias = false;    // one number per column
  bool is_matrix = false;  // one or more per row, or one row
  bool is_dequantized = false;
};

Addend as_matrix(const OperatorNode& op, uint32_t n, bool per_row, const Dims& dims) {
  const size_t rank = dims.size() + (per_row ? 1 : 0);
  if (rank == 1) return {!per_row && dims[0] == n, false, false};
  if (rank != 2 || (dims.back() != n && dims.back() != 1)) return {};
  const bool as_many_rows = per_row ? op.per_row(0) : !op.per_row(0) && dims[0] == op.dims(0)[0];
  return {false, as_many_rows || (!per_row && dims[0] == 1 && dims.back() == n), false};
}

// Dims of what a Constant holds, where that is known.
std::optional<Dims> dims_of(const NodeProto& constant) {
  for (const auto& attribute : constant.attribute()) {
    if (attribute.has_t()) return Dims(attribute.t().dims().begin(), attribute.t().dims().end());
    if (attribute.name() == "value_floats")
      return Dims{static_cast<uint32_t>(attribute.floats_size())};
    if (attribute.name() == "value_float") return Dims{};
  }
  return {};
}

Addend addend_of(const OperatorNode& op, const NodeProto& add, uint32_t n) {
  const std::string& name = add.input(add.input(0) == op.proto().output(0) ? 1 : 0);
  const auto known = op.importing().operands.find(name);
  if (known != op.importing().operands.end()) {
    const Operand& operand = known->second;
    Addend found;
    if (operand.kind == Operand::Kind::Constant) {
      found = as_matrix(op, n, operand.each_row, operand.tensor.dims);
    } else if (operand.kind == Operand::Kind::Computed) {
      const Fact& fact = op.fact(operand.id);
      found = as_matrix(op, n, fact.rows == Rows::PerRow, fact.dims);
    }
    found.is_dequantized = operand.dequantized;
    return found;
  }
  if (const NodeProto* constant = op.neighbours()->constant(name))
    if (const auto dims = dims_of(*constant)) return as_matrix(op, n, false, *dims);
  return {false, true, false};  // not computed yet: a second branch
}

bool almost_one(double x) { return std::abs(x - 1) <= kAlmost; }

bool gemm_is_taken(OperatorNode& op, const Product& product, uint32_t n) {
  const Unpacked& weights = op.operand(1).unpacked;
  if (product.transposes || weights.was_turned || weights.is_half || !almost_one(product.alpha))
    return false;
  if (!op.has(2)) return true;
  return almost_one(product.beta) && !op.operand(2).dequantized && !op.per_row(2) &&
         op.dims(2) == Dims{n};
}

// A matrix times weights, plus something, is a Gemm; of more axes where all their lengths are
// known.
bool matmul_is_taken(const OperatorNode& op, uint32_t n) {
  const std::string& y = op.proto().output(0);
  const NodeProto* add = op.neighbours()->only_reader(y);
  if (add == nullptr || add->op_type() != "Add" || add->input_size() != 2 ||
      add->output_size() != 1)
    return !ends_in_quantize(op, y);
  const bool is_matrix = op.rank(0) == 2;
  if (!is_matrix && op.per_row(0)) return !ends_in_quantize(op, y);
  const Addend addend = addend_of(op, *add, n);
  if (addend.is_bias) return !addend.is_dequantized && !ends_in_quantize(op, add->output(0));
  return !(is_matrix && addend.is_matrix) && !ends_in_quantize(op, y);
}

}  // namespace

Unpacked unpacked_by(OperatorNode& op) {
  if (!is_its_own(op)) return {};
  Unpacked unpacked = blocks_of(op);
  unpacked.is_half = op.tensor(1).narrow == 16;
  return unpacked;
}

Unpacked turned(const OperatorNode& op) {
  const Unpacked& before = op.operand(0).unpacked;
  const bool says_how = !before.by_column || says(op.proto(), "perm");
  if (!says_how || !is_used_once(op.importing(), op.proto().input(0))) return {};
  Unpacked after = before;
  std::swap(after.block, after.turned_block);
  after.was_turned = !before.was_turned;
  return after;
}

uint32_t rows_rounded_in(OperatorNode& op, const Product& product) {
  const uint32_t block = op.operand(1).unpacked.block;
  if (block == 0 || op.dtype(0) != DType::F32 || op.operand(0).dequantized) return 0;
  if (!is_used_once(op.importing(), op.proto().input(1))) return 0;
  const uint32_t n = op.dims(1)[1];
  const bool taken =
      product.is_gemm ? gemm_is_taken(op, product, n) && !ends_in_quantize(op, op.proto().output(0))
                      : matmul_is_taken(op, n);
  if (!taken) return 0;
  ++op.importing().rounded_products;
  return block;
}

}  // namespace mle::compiler::onnx
