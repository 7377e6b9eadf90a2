// What each op of a program is in ONNX, opset 20.
// SPDX-License-Identifier: Apache-2.0
#include "format/op_kinds.h"
#include "tools/mle-inspect/onnx_graph.h"

#include <algorithm>
#include <iterator>

namespace mle::tools {
namespace {

using Attributes = std::vector<OnnxAttribute>;

// One op, with shorthands for its parts.
struct Op {
  OnnxGraph& graph;
  const fb::Op& op;
  std::string title;

  uint32_t input(size_t i) const { return op.inputs()->Get(static_cast<uint32_t>(i)); }
  size_t inputs() const { return op.inputs()->size(); }
  uint32_t output() const { return op.outputs()->Get(0); }
  const fb::Tensor& in(size_t i) const { return graph.tensor(input(i)); }
  const fb::Tensor& out() const { return graph.tensor(output()); }
  const std::string& name(size_t i) const { return graph.name(input(i)); }
  uint64_t iattr(uint32_t i) const { return op.iattr()->Get(i); }
  double fattr(uint32_t i) const {
    return op.fattr() != nullptr && i < op.fattr()->size() ? double_of(*op.fattr()->Get(i)) : 0;
  }

  void give(const char* kind, const std::vector<std::string>& from,
            const Attributes& attributes = {}) {
    graph.out.node(kind, graph.name(output()), from, graph.name(output()), attributes);
  }
  std::vector<std::string> operands() const {
    std::vector<std::string> names;
    for (size_t i = 0; i < inputs(); ++i) names.push_back(graph.operand(input(i), out()));
    return names;
  }
};

OnnxAttribute real(const char* name, double value) {
  return OnnxAttribute::of(name, static_cast<float>(value));
}
OnnxAttribute whole(const char* name, int64_t value) { return OnnxAttribute::of(name, value); }

// act(x); what can't be said, or "".
std::string activate(Op& op, const std::string& x) {
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

std::string dense(Op& op) {
  std::string weight = op.name(1);
  if (op.in(1).quant() != ~uint32_t{0}) return "its weight is quantised";
  if (op.in(1).dtype() != op.in(0).dtype())
    weight = op.graph.value("Cast", {weight}, {whole("to", onnx_dtype(dtype_of(op.in(0))))});
  std::string sum;
  if (OnnxGraph::rank(op.in(0)) == 2) {
    std::vector<std::string> from{op.name(0), weight};
    if (op.inputs() > 2) from.push_back(op.name(2));
    if (op.op.act() == fb::Act::None) return op.give("Gemm", from), "";
    sum = op.graph.value("Gemm", from);
  } else {
    sum = op.graph.value("MatMul", {op.name(0), weight});
    if (op.inputs() > 2) sum = op.graph.value("Add", {sum, op.name(2)});
  }
  return activate(op, sum);
}

std::string binary(Op& op) {
  static constexpr const char* kNames[] = {"Add", "Sub", "Mul", "Div", "Min", "Max", "Pow"};
  const std::vector<std::string> from = op.operands();
  const uint64_t fn = op.iattr(0);
  if (fn < std::size(kNames)) return op.give(kNames[fn], from), "";
  if (static_cast<format::BinaryFn>(fn) != format::BinaryFn::PRelu)
    return "function " + std::to_string(fn) + " has no counterpart";
  const std::string zero = op.graph.scalar(dtype_of(op.in(0)), 0);
  op.give("Where", {op.graph.value("Less", {from[0], zero}), op.graph.value("Mul", from), from[0]});
  return {};
}

std::string compare(Op& op) {
  static constexpr const char* kNames[] = {"Less", "LessOrEqual", "Greater", "GreaterOrEqual",
                                           "Equal"};
  const std::vector<std::string> from = op.operands();
  if (op.iattr(0) < std::size(kNames)) return op.give(kNames[op.iattr(0)], from), "";
  if (static_cast<format::CompareFn>(op.iattr(0)) != format::CompareFn::NotEqual)
    return "function " + std::to_string(op.iattr(0)) + " has no counterpart";
  op.give("Not", {op.graph.value("Equal", from)});
  return {};
}

std::string concat(Op& op) {
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

std::string slice(Op& op) {
  const uint64_t axis = op.iattr(0), start = op.iattr(1), step = op.iattr(2);
  const auto count = static_cast<int64_t>(dims_of(op.out())[axis]);
  const auto first = static_cast<int64_t>(start), stride = static_cast<int64_t>(step);
  op.give("Slice", {op.name(0), op.graph.wholes({first}),
                    op.graph.wholes({first + (count - 1) * stride + 1}),
                    op.graph.wholes({OnnxGraph::axis(op.in(0), axis)}), op.graph.wholes({stride})});
  return {};
}

std::string reshape(Op& op) {
  std::vector<int64_t> shape;
  if (is_per_row(op.out())) shape.push_back(0);  // as many rows as there are
  for (const uint64_t dim : dims_of(op.out())) shape.push_back(static_cast<int64_t>(dim));
  op.give("Reshape", {op.name(0), op.graph.wholes(shape)});
  return {};
}

}  // namespace

std::string add_onnx_op(OnnxGraph& graph, uint32_t index) {
  Op op{graph, *graph.view().model().ops()->Get(index), op_title(graph.view(), index)};
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
    default: return "it has no counterpart";
  }
}

}  // namespace mle::tools
