// Operators that walk along one axis: CumSum, TopK, Hardmax.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/compose.h"
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/text.h"

#include <utility>
#include <vector>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

Result<int64_t> one_integer(OperatorNode& op, size_t input) {
  MLE_TRY_ASSIGN(const std::vector<int64_t> given, op.integers_of(input));
  if (given.size() == 1) return given[0];
  return broken(C209_Attribute, op.type() + " with " + std::to_string(given.size()) +
                                    " numbers for input " + std::to_string(input));
}

Status read_cumsum(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t exclusive, op.integer("exclusive", 0));
  MLE_TRY_ASSIGN(const int64_t reverse, op.integer("reverse", 0));
  MLE_TRY_ASSIGN(const int64_t onnx_axis, one_integer(op, 1));
  MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, onnx_axis));
  Node node;
  node.kind = OpKind::CumSum;
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  node.inputs = {x};
  node.iattr = {axis, exclusive != 0 ? 1u : 0u, reverse != 0 ? 1u : 0u};
  return op.emit(std::move(node));
}

// Outputs: values, indices.
Status read_topk(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t onnx_axis, op.integer("axis", -1));
  MLE_TRY_ASSIGN(const int64_t largest, op.opset() >= 11 ? op.integer("largest", 1) : 1);
  if (op.opset() >= 11) op.ignore("sorted");  // they always are
  int64_t k = 0;
  if (op.opset() < 10) {
    MLE_TRY_ASSIGN(k, op.integer("k", 0));
  } else {
    MLE_TRY_ASSIGN(k, one_integer(op, 1));
  }
  MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, onnx_axis));
  if (k < 1 || k > static_cast<int64_t>(op.dims(0)[axis]))
    return broken(C209_Attribute, "TopK of " + std::to_string(k) + " from " +
                                      std::to_string(op.dims(0)[axis]) + " elements");
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  MLE_TRY_ASSIGN(const ValueId ranked, in_order_type(op, x));
  Fact wanted = op.fact(ranked);
  wanted.dims[axis] = static_cast<uint32_t>(k);
  Node node;
  node.kind = OpKind::TopK;
  node.inputs = {ranked};
  node.iattr = {axis, largest != 0 ? 1u : 0u};
  if (op.output_is_used(1)) MLE_TRY(op.emit(node, &wanted, 1));
  if (!op.output_is_used(0)) return {};
  MLE_TRY_ASSIGN(const ValueId places, op.add(std::move(node), &wanted));
  Node gather;
  gather.kind = OpKind::GatherElements;
  gather.inputs = {x, places};
  gather.iattr = {axis};
  return op.emit(std::move(gather));
}

// 1 where the largest is, the first of equals, and 0 elsewhere.
Result<ValueId> hardmax(OperatorNode& op, ValueId x, uint32_t axis) {
  Node node;
  node.kind = OpKind::ArgMax;
  node.inputs = {x};
  node.iattr = {axis, 0, 1};
  const DType dtype = op.fact(x).dtype;
  const Dims dims = op.fact(x).dims;
  MLE_TRY_ASSIGN(const ValueId largest, op.add(std::move(node)));
  MLE_TRY_ASSIGN(const ValueId place, converted(op, largest, dtype));  // small numbers, exactly
  std::vector<float> count(dims[axis]);
  for (size_t i = 0; i < count.size(); ++i) count[i] = static_cast<float>(i);
  Dims along(dims.size() - axis, 1);
  along[0] = dims[axis];
  MLE_TRY_ASSIGN(const Tensor numbers, cast(make_tensor("", DType::F32, along, count), dtype));
  MLE_TRY_ASSIGN(const ValueId places, op.constant(numbers));
  MLE_TRY_ASSIGN(const ValueId is_largest, op.add(compare(CompareFn::Equal, places, place)));
  return converted(op, is_largest, dtype);
}

Status read_hardmax_13(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t onnx_axis, op.integer("axis", -1));
  MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, onnx_axis));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  MLE_TRY_ASSIGN(const ValueId y, hardmax(op, x, axis));
  op.emit_value(y);
  return {};
}

// Before: the axes from `axis` on count as one.
Status read_hardmax_7(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t onnx_axis, op.integer("axis", 1));
  MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, onnx_axis));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  const Dims dims = op.dims(0);
  Dims flat(dims.begin(), dims.begin() + axis);
  flat.push_back(static_cast<uint32_t>(element_count({dims.begin() + axis, dims.end()})));
  MLE_TRY_ASSIGN(const ValueId wide, op.reshaped(x, flat));
  MLE_TRY_ASSIGN(const ValueId y, hardmax(op, wide, axis));
  return op.emit_reshaped(y, dims);
}

constexpr Operator kOperators[] = {
    {"CumSum", 11, kNow, 2, 2, 1, read_cumsum},      {"Hardmax", 7, 12, 1, 1, 1, read_hardmax_7},
    {"Hardmax", 13, kNow, 1, 1, 1, read_hardmax_13}, {"TopK", 7, 9, 1, 1, 2, read_topk},
    {"TopK", 10, kNow, 2, 2, 2, read_topk},
};

}  // namespace

std::span<const Operator> along_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
