// Operators that put axes in another order: Transpose, DepthToSpace, SpaceToDepth.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/rearrange.h"
#include "compiler/import/onnx/shapes.h"
#include "compiler/import/onnx/shortcut.h"
#include "compiler/import/onnx/text.h"

#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

Result<std::vector<uint32_t>> permutation(OperatorNode& op) {
  const size_t rank = op.rank(0);
  MLE_TRY_ASSIGN(const auto given, op.integers("perm"));
  std::vector<uint32_t> perm(rank);
  for (size_t i = 0; i < rank; ++i) perm[i] = static_cast<uint32_t>(rank - 1 - i);
  if (!given) return perm;
  if (given->size() != rank)
    return broken(C209_Attribute, "Transpose whose perm is no permutation of the axes");
  std::vector<bool> seen(rank);
  for (size_t i = 0; i < rank; ++i) {
    const int64_t axis = (*given)[i];
    if (axis < 0 || axis >= static_cast<int64_t>(rank) || seen[static_cast<size_t>(axis)])
      return broken(C209_Attribute, "Transpose whose perm is no permutation of the axes");
    seen[static_cast<size_t>(axis)] = true;
    perm[i] = static_cast<uint32_t>(axis);
  }
  return perm;
}

// The batch axis, with what is merged into it, may go anywhere: rows stay rows.
Status read_transpose(OperatorNode& op) {
  MLE_TRY_ASSIGN(const std::vector<uint32_t> perm, permutation(op));
  RowLayout layout = op.layout(0);
  std::vector<uint32_t> order;  // of the axes of a row
  for (const uint32_t onnx_axis : perm) {
    if (op.per_row(0) && onnx_axis == op.layout(0).axis) {
      layout.axis = static_cast<uint32_t>(order.size());
      for (uint32_t m = 0; m < layout.merged; ++m) order.push_back(onnx_axis + m);
    } else {
      MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, onnx_axis));
      order.push_back(axis);
    }
  }
  op.lay_out(layout);
  if (op.is_constant(0)) {
    MLE_TRY_ASSIGN(Tensor result, transpose(op.tensor(0), order, op.budget()));
    const bool is_matrix = order == std::vector<uint32_t>{1, 0};
    op.set(0, std::move(result));
    if (is_matrix) op.mark_unpacked(turned(op));
    return {};
  }
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  MLE_TRY_ASSIGN(const ValueId y, transposed(op, x, order));
  op.emit_value(y);
  return {};
}

// [N, C, H, W] with a block of b by b: reshaped to six axes, put in order, reshaped back. Axes here
// are those behind the batch axis; `lead` is 1 where that is one of the dims.
struct Blocks {
  Dims split, joined;
  std::vector<uint32_t> order;
};

Status rearrange_blocks(OperatorNode& op, const Blocks& blocks) {
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  const bool whole = !op.per_row(0);
  Dims split = blocks.split, joined = blocks.joined;
  std::vector<uint32_t> order = blocks.order;
  if (whole) {
    for (uint32_t& axis : order) ++axis;
    order.insert(order.begin(), 0);
    split.insert(split.begin(), op.dims(0)[0]);
    joined.insert(joined.begin(), op.dims(0)[0]);
  }
  MLE_TRY_ASSIGN(const ValueId parts, op.reshaped(x, split));
  MLE_TRY_ASSIGN(const ValueId moved, transposed(op, parts, order));
  return op.emit_reshaped(moved, joined);
}

template <bool to_space>
Status read_blocks(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t size, op.integer("blocksize", 0));
  MLE_TRY_ASSIGN(const auto mode, to_space&& op.opset() >= 11 ? op.text("mode", "DCR")
                                                              : Result<std::string_view>("DCR"));
  if (op.rank(0) != 4) return broken(C208_Shape, op.type() + " of a tensor without four axes");
  const size_t first = op.per_row(0) ? 0 : 1;
  const uint32_t c = op.dims(0)[first], h = op.dims(0)[first + 1], w = op.dims(0)[first + 2];
  const auto b = static_cast<uint32_t>(size);
  const bool fits = size >= 1 && size <= 4096 &&
                    (to_space ? c % (b * b) == 0 : h % b == 0 && w % b == 0) &&
                    (mode == "DCR" || mode == "CRD");
  if (!fits) return broken(C209_Attribute, op.type() + " whose blocks do not fit");
  if (!to_space)
    return rearrange_blocks(op,
                            {{c, h / b, b, w / b, b}, {c * b * b, h / b, w / b}, {2, 4, 0, 1, 3}});
  const uint32_t left = c / (b * b);
  if (mode == "DCR")
    return rearrange_blocks(op, {{b, b, left, h, w}, {left, h * b, w * b}, {2, 3, 0, 4, 1}});
  return rearrange_blocks(op, {{left, b, b, h, w}, {left, h * b, w * b}, {0, 3, 1, 4, 2}});
}

constexpr Operator kOperators[] = {
    {"DepthToSpace", 7, kNow, 1, 1, 1, read_blocks<true>},
    {"SpaceToDepth", 7, kNow, 1, 1, 1, read_blocks<false>},
    {"Transpose", 7, kNow, 1, 1, 1, read_transpose},
};

}  // namespace

std::span<const Operator> axes_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
