// What each op of a program is in ONNX, opset 20.
// SPDX-License-Identifier: Apache-2.0
#include "format/op_kinds.h"
#include "tools/mle-inspect/onnx_op.h"

#include <algorithm>
#include <iterator>

namespace mle::tools {
namespace {

// act(x); what can't be said, or "".
std::string activate(OnnxOp& op, const std::string& x) {
  const double alpha = op.fattr(0), beta = op.fattr(1);
  switch (op.op.act()) {
    case fb::Act::None: op.give("Identity", {x}); return {};
    case fb::Act::LeakyRelu: op.give("LeakyRelu", {x}, {real("alpha", alpha)}); return {};
    case fb::Act::Elu: op.give("Elu", {x}, {real("alpha", alpha)}); return {};
    case fb::Act::Selu:
      op.give("Selu", {x}, {real("alpha", alpha), real("gamma", beta)});
      return {};
    case fb::Act::Celu: op.give("Celu", {x}, {real("alpha", alpha)}); return {};
    case fb::Act::GeluTanh:
      op.give("Gelu", {x}, {OnnxAttribute::of("approximate", "tanh")});
      return {};
    case fb::Act::HardSigmoid:
      op.give("HardSigmoid", {x}, {real("alpha", alpha), real("beta", beta)});
      return {};
    case fb::Act::Silu: op.give("Mul", {x, op.graph.value("Sigmoid", {x})}); return {};
    default: break;
  }
  // Those that are called alike and have no parameters.
  static constexpr const char* kSame[] = {
      "Relu", "Gelu",  "Sigmoid", "HardSwish", "Softplus", "Softsign",   "Tanh", "Mish",
      "Exp",  "Log",   "Sqrt",    "Neg",       "Abs",      "Reciprocal", "Erf",  "Floor",
      "Ceil", "Round", "Sign",    "Sin",       "Cos",      "Tan",        "Not",  "IsNaN"};
  const std::string name = fb::EnumNameAct(op.op.act());
  if (std::find(std::begin(kSame), std::end(kSame), name) == std::end(kSame))
    return "function " + name + " has no counterpart";
  op.give(name.c_str(), {x});
  return {};
}

std::string dense(OnnxOp& op) {
  std::string weight = op.name(1);
  if (op.in(1).quant() != ~uint32_t{0}) return "its weight is quantised";
  if (op.op.iattr() != nullptr && op.op.iattr()->size() != 0)
    return "its rows are rounded to 8 bits, by a rule that ONNX has no name for";
  const auto as_sums = [&](const std::string& name) {
    return op.graph.value("Cast", {name}, {whole("to", onnx_dtype(dtype_of(op.out())))});
  };
  if (op.in(1).dtype() != op.out().dtype()) weight = as_sums(weight);
  const std::string x = op.in(0).dtype() == op.out().dtype() ? op.name(0) : as_sums(op.name(0));
  std::string sum;
  if (OnnxGraph::rank(op.in(0)) == 2) {
    std::vector<std::string> from{x, weight};
    if (op.inputs() > 2) from.push_back(op.name(2));
    if (op.op.act() == fb::Act::None) return op.give("Gemm", from), "";
    sum = op.graph.value("Gemm", from);
  } else {
    sum = op.graph.value("MatMul", {x, weight});
    if (op.inputs() > 2) sum = op.graph.value("Add", {sum, op.name(2)});
  }
  return activate(op, sum);
}

std::string binary(OnnxOp& op) {
  using enum format::BinaryFn;
  static constexpr const char* kNames[] = {"Add", "Sub", "Mul", "Div", "Min", "Max", "Pow"};
  const std::vector<std::string> from = op.operands();
  const uint64_t fn = op.iattr(0);
  if (fn < std::size(kNames)) return op.give(kNames[fn], from), "";
  const bool truths = dtype_of(op.in(0)) == DType::Bool;
  switch (static_cast<format::BinaryFn>(fn)) {
    case And: return op.give(truths ? "And" : "BitwiseAnd", from), "";
    case Or: return op.give(truths ? "Or" : "BitwiseOr", from), "";
    case Xor: return op.give(truths ? "Xor" : "BitwiseXor", from), "";
    case Mod: return op.give("Mod", from), "";
    case Fmod: return op.give("Mod", from, {whole("fmod", 1)}), "";
    case ShiftLeft: return op.give("BitShift", from, {OnnxAttribute::of("direction", "LEFT")}), "";
    case ShiftRight:
      return op.give("BitShift", from, {OnnxAttribute::of("direction", "RIGHT")}), "";
    default: break;  // PRelu
  }
  const std::string zero = op.graph.scalar(dtype_of(op.in(0)), 0);
  op.give("Where", {op.graph.value("Less", {from[0], zero}), op.graph.value("Mul", from), from[0]});
  return {};
}

std::string compare(OnnxOp& op) {
  static constexpr const char* kNames[] = {"Less", "LessOrEqual", "Greater", "GreaterOrEqual",
                                           "Equal"};
  const std::vector<std::string> from = op.operands();
  if (op.iattr(0) < std::size(kNames)) return op.give(kNames[op.iattr(0)], from), "";
  if (static_cast<format::CompareFn>(op.iattr(0)) != format::CompareFn::NotEqual)
    return "function " + std::to_string(op.iattr(0)) + " has no counterpart";
  op.give("Not", {op.graph.value("Equal", from)});
  return {};
}

std::string concat(OnnxOp& op) {
  std::vector<std::string> from;
  uint32_t rows = 0;
  for (size_t i = 0; i < op.inputs(); ++i)
    if (is_per_row(op.in(i))) rows = op.input(i);
  for (size_t i = 0; i < op.inputs(); ++i)
    from.push_back(is_per_row(op.in(i)) == is_per_row(op.out())
                       ? op.name(i)
                       : op.graph.repeated(op.input(i), rows));
  op.give("Concat", from, {whole("axis", OnnxGraph::axis(op.out(), op.iattr(0)))});
  return {};
}

std::string slice(OnnxOp& op) {
  const uint64_t axis = op.iattr(0), start = op.iattr(1), step = op.iattr(2);
  const auto count = static_cast<int64_t>(dims_of(op.out())[axis]);
  const auto first = static_cast<int64_t>(start), stride = static_cast<int64_t>(step);
  op.give("Slice", {op.name(0), op.graph.wholes({first}),
                    op.graph.wholes({first + (count - 1) * stride + 1}),
                    op.graph.wholes({OnnxGraph::axis(op.in(0), axis)}), op.graph.wholes({stride})});
  return {};
}

std::string reshape(OnnxOp& op) {
  std::vector<int64_t> shape;
  if (is_per_row(op.out())) shape.push_back(0);  // as many rows as there are
  for (const uint64_t dim : dims_of(op.out())) shape.push_back(static_cast<int64_t>(dim));
  op.give("Reshape", {op.name(0), op.graph.wholes(shape)});
  return {};
}

}  // namespace

std::string add_onnx_op(OnnxGraph& graph, uint32_t index) {
  OnnxOp op{graph, *graph.view().model().ops()->Get(index), op_title(graph.view(), index)};
  if (op.op.version() != 1) return "version " + std::to_string(op.op.version()) + " is not known";
  switch (op.op.kind()) {
    case fb::OpKind::Dense: return dense(op);
    case fb::OpKind::Unary: return activate(op, op.name(0));
    case fb::OpKind::Binary: return binary(op);
    case fb::OpKind::Compare: return compare(op);
    case fb::OpKind::Select: op.give("Where", op.operands()); return {};
    case fb::OpKind::Scale:
      op.give("Add", {graph.value("Mul", {op.name(0), op.name(1)}), op.name(2)});
      return {};
    case fb::OpKind::Clip: {
      const DType dtype = dtype_of(op.in(0));
      op.give("Clip",
              {op.name(0), graph.scalar(dtype, op.fattr(0)), graph.scalar(dtype, op.fattr(1))});
      return {};
    }
    case fb::OpKind::Softmax:
      op.give("Softmax", {op.name(0)}, {whole("axis", OnnxGraph::axis(op.in(0), op.iattr(0)))});
      return {};
    case fb::OpKind::LogSoftmax:
      op.give("LogSoftmax", {op.name(0)}, {whole("axis", OnnxGraph::axis(op.in(0), op.iattr(0)))});
      return {};
    case fb::OpKind::Concat: return concat(op);
    case fb::OpKind::Slice: return slice(op);
    case fb::OpKind::Reshape: return reshape(op);
    case fb::OpKind::ArgMax:
      op.give("ArgMax", {op.name(0)},
              {whole("axis", OnnxGraph::axis(op.in(0), op.iattr(0))),
               whole("select_last_index", static_cast<int64_t>(op.iattr(1))),
               whole("keepdims", static_cast<int64_t>(op.iattr(2)))});
      return {};
    case fb::OpKind::Cast:
      op.give("Cast", {op.name(0)}, {whole("to", onnx_dtype(dtype_of(op.out())))});
      return {};
    case fb::OpKind::Transpose:
    case fb::OpKind::Expand:
    case fb::OpKind::Gather:
    case fb::OpKind::GatherElements: return add_movement(op);
    case fb::OpKind::MatMul:
    case fb::OpKind::Reduce:
    case fb::OpKind::ReduceRows:
    case fb::OpKind::CumSum:
    case fb::OpKind::TopK:
    case fb::OpKind::LayerNorm:
    case fb::OpKind::Products: return add_sums(op);
    case fb::OpKind::IsMissing:
      if (dtype_of(op.in(0)) == DType::Str) return "ONNX has no missing strings";
      op.give("IsNaN", {op.name(0)});
      return {};
    default: return "it has no counterpart";
  }
}

}  // namespace mle::tools
