// Ops that sum and multiply along axes, in ONNX.
// SPDX-License-Identifier: Apache-2.0
#include "format/op_kinds.h"
#include "tools/mle-inspect/onnx_op.h"

#include <iterator>

namespace mle::tools {
namespace {

std::string reduce(OnnxOp& op) {
  static constexpr const char* kNames[] = {"ReduceSum", "ReduceMean", "ReduceMax",
                                           "ReduceMin", "ReduceProd", "ReduceSumSquare"};
  if (op.iattr(0) >= std::size(kNames)) return "its function has no counterpart";
  op.give(kNames[op.iattr(0)], {op.name(0), op.graph.wholes(op.axes())},
          {whole("keepdims", static_cast<int64_t>(op.iattr(1)))});
  return {};
}

std::string reduce_rows(OnnxOp& op) {
  const bool largest = op.iattr(0) == static_cast<uint32_t>(format::ReduceFn::Max);
  op.give(largest ? "ReduceMax" : "ReduceMin", {op.name(0), op.graph.wholes({0})},
          {whole("keepdims", 0)});
  return {};
}

std::string cumsum(OnnxOp& op) {
  op.give(
      "CumSum",
      {op.name(0),
       op.graph.scalar(DType::I64, static_cast<double>(OnnxGraph::axis(op.in(0), op.iattr(0))))},
      {whole("exclusive", static_cast<int64_t>(op.iattr(1))),
       whole("reverse", static_cast<int64_t>(op.iattr(2)))});
  return {};
}

std::string topk(OnnxOp& op) {
  const auto count = static_cast<int64_t>(dims_of(op.out())[op.iattr(0)]);
  op.graph.out.node("TopK", op.graph.name(op.output()), {op.name(0), op.graph.wholes({count})},
                    {op.graph.fresh("values"), op.graph.name(op.output())},
                    {whole("axis", OnnxGraph::axis(op.in(0), op.iattr(0))),
                     whole("largest", static_cast<int64_t>(op.iattr(1)))});
  return {};
}

// Without the mean: x / sqrt(mean(x^2) + eps), which has no node of its own before opset 23.
std::string rms_norm(OnnxOp& op, const std::vector<int64_t>& axes) {
  const DType dtype = dtype_of(op.in(0));
  const std::string square = op.graph.value("Mul", {op.name(0), op.name(0)});
  const std::string mean = op.graph.value("ReduceMean", {square, op.graph.wholes(axes)});
  const std::string sum = op.graph.value("Add", {mean, op.graph.scalar(dtype, op.fattr(0))});
  std::vector<std::string> parts{op.name(0), op.graph.value("Sqrt", {sum})};
  if (op.inputs() == 1) return op.give("Div", parts), "";
  std::string y = op.graph.value("Div", parts);
  if (op.inputs() == 2) return op.give("Mul", {y, op.name(1)}), "";
  y = op.graph.value("Mul", {y, op.name(1)});
  return op.give("Add", {y, op.name(2)}), "";
}

std::string layer_norm(OnnxOp& op) {
  std::vector<int64_t> axes;
  for (size_t i = op.iattr(0); i < dims_of(op.in(0)).size(); ++i)
    axes.push_back(OnnxGraph::axis(op.in(0), i));
  if (op.iattr(1) == 1) return rms_norm(op, axes);
  std::vector<std::string> from{op.name(0)};
  for (size_t i = 1; i < op.inputs(); ++i) from.push_back(op.name(i));
  if (from.size() == 1) {
    // The scale is no option there.
    std::vector<int64_t> shape;
    for (size_t i = op.iattr(0); i < dims_of(op.in(0)).size(); ++i)
      shape.push_back(static_cast<int64_t>(dims_of(op.in(0))[i]));
    from.push_back(
        op.graph.value("Expand", {op.graph.scalar(dtype_of(op.in(0)), 1), op.graph.wholes(shape)}));
  }
  op.give("LayerNormalization", from, {whole("axis", axes.front()), real("epsilon", op.fattr(0))});
  return {};
}

// A column of ones behind the others is the factor 1.
std::string products(OnnxOp& op) {
  const auto degree = static_cast<uint32_t>(op.iattr(0));
  const size_t rank = OnnxGraph::rank(op.in(0));
  const auto columns = static_cast<int64_t>(dims_of(op.in(0)).back());
  std::vector<int64_t> pads(2 * rank);
  pads.back() = 1;
  const std::string padded = op.graph.value(
      "Pad", {op.name(0), op.graph.wholes(pads), op.graph.scalar(dtype_of(op.in(0)), 1)});
  std::string product;
  for (uint32_t d = 0; d < degree; ++d) {
    std::vector<int64_t> factors;
    for (uint32_t i = d; i < op.op.indices()->size(); i += degree) {
      const int64_t column = op.op.indices()->Get(i);
      factors.push_back(column < columns ? column : columns);
    }
    const std::vector<std::string> from{padded, op.graph.wholes(factors)};
    const auto axis = whole("axis", static_cast<int64_t>(rank) - 1);
    if (d == 0 && degree == 1) return op.give("Gather", from, {axis}), "";
    const std::string next = op.graph.value("Gather", from, {axis});
    if (d + 1 == degree) return op.give("Mul", {product, next}), "";
    product = d == 0 ? next : op.graph.value("Mul", {product, next});
  }
  return {};
}

}  // namespace

std::string add_sums(OnnxOp& op) {
  switch (op.op.kind()) {
    case fb::OpKind::MatMul: op.give("MatMul", op.operands()); return {};
    case fb::OpKind::Reduce: return reduce(op);
    case fb::OpKind::ReduceRows: return reduce_rows(op);
    case fb::OpKind::CumSum: return cumsum(op);
    case fb::OpKind::TopK: return topk(op);
    case fb::OpKind::LayerNorm: return layer_norm(op);
    default: return products(op);
  }
}

}  // namespace mle::tools
