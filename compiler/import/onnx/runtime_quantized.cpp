// What ONNX Runtime's quantisation writes: integers with a scale and a zero point each. Products
// are exact in i32; other operators are computed in f32 between DequantizeLinear and
// QuantizeLinear.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/runtime_functions.h"
#include "compiler/import/onnx/text.h"

#include <string>
#include <utility>
#include <vector>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

// The real numbers that inputs `place` to `place` + 2 stand for.
std::string real_of(const OperatorNode& op, Body& body, size_t place) {
  return body.node("DequantizeLinear",
                   {body.input(op, place), body.input(op, place + 1), body.input(op, place + 2)});
}

// `steps` of scale 1 rounded and moved by the zero point, in its type.
std::string rounded(const OperatorNode& op, Body& body, const std::string& steps,
                    size_t zero_point) {
  return body.node("QuantizeLinear", {steps, body.number(1), body.input(op, zero_point)});
}

void give_quantized(const OperatorNode& op, Body& body, const std::string& x, size_t scale) {
  body.give(0, body.node("QuantizeLinear", {x, body.input(op, scale), body.input(op, scale + 1)}));
}

template <BinaryFn fn>
Status write_binary(OperatorNode& op, Body& body) {
  const std::string a = real_of(op, body, 0), b = real_of(op, body, 3);
  give_quantized(op, body, body.node(fn == BinaryFn::Add ? "Add" : "Mul", {a, b}), 6);
  return {};
}

Status write_sigmoid(OperatorNode& op, Body& body) {
  give_quantized(op, body, body.node("Sigmoid", {real_of(op, body, 0)}), 3);
  return {};
}

Status write_leaky_relu(OperatorNode& op, Body& body) {
  MLE_TRY_ASSIGN(const double alpha, op.real("alpha", static_cast<double>(0.01f)));
  const std::string y = body.node("LeakyRelu", {real_of(op, body, 0)});
  body.with({"alpha", alpha});
  give_quantized(op, body, y, 3);
  return {};
}

// `opset` says whether the axes behind `axis` count as one.
Status write_softmax(OperatorNode& op, Body& body) {
  MLE_TRY_ASSIGN(const int64_t axis, op.integer("axis", -1));
  MLE_TRY_ASSIGN(const int64_t opset, op.integer("opset", 13));
  const auto rank = static_cast<int64_t>(op.rank(0));
  if (opset < 13 && axis != rank - 1 && axis != -1)
    return unsupported(C205_UnsupportedOp, op.type() + " over several axes",
                       "quantise a model of opset 13 or later");
  give_quantized(op, body, body.node("Softmax", {real_of(op, body, 0)}, {{"axis", axis}}), 3);
  return {};
}

Status write_global_average_pool(OperatorNode& op, Body& body) {
  MLE_TRY_ASSIGN(const int64_t channels_last, op.integer("channels_last", 0));
  if (channels_last != 0)
    return unsupported(C205_UnsupportedOp, op.type() + " with the channels last",
                       "export the model without ONNX Runtime's optimisations");
  give_quantized(op, body, body.node("GlobalAveragePool", {real_of(op, body, 0)}), 3);
  return {};
}

// Scale and zero point of the result, then tensor, scale and zero point of each part.
Status write_concat(OperatorNode& op, Body& body) {
  MLE_TRY_ASSIGN(const int64_t axis, op.integer("axis", 0));
  if (op.input_count() % 3 != 2) return broken(C213_GraphBroken, op.type() + " of parts cut off");
  std::vector<std::string> parts;
  for (size_t place = 2; place < op.input_count(); place += 3)
    parts.push_back(real_of(op, body, place));
  give_quantized(op, body, body.node("Concat", parts, {{"axis", axis}}), 0);
  return {};
}

// (a - its zero point) (b - its zero point) in i32.
std::string integer_product(Body& body, const std::string& a, const std::string& b,
                            const std::string& a_zero, const std::string& b_zero) {
  return body.node("MatMulInteger", {a, b, a_zero, b_zero});
}

// alpha A' B' + C; with a scale and zero point of the result it is quantised again.
Status write_gemm(OperatorNode& op, Body& body) {
  MLE_TRY_ASSIGN(const double alpha, op.real("alpha", 1));
  MLE_TRY_ASSIGN(const int64_t trans_a, op.integer("transA", 0));
  MLE_TRY_ASSIGN(const int64_t trans_b, op.integer("transB", 0));
  std::string a = body.input(op, 0), b = body.input(op, 3);
  if (trans_a != 0) a = body.turned(a, 2);
  if (trans_b != 0) b = body.turned(b, 2);
  std::string sums = integer_product(body, a, b, body.input(op, 2), body.input(op, 5));
  if (op.has(6)) sums = body.node("Add", {sums, body.input(op, 6)});
  std::string by = body.node("Mul", {body.input(op, 1), body.input(op, 4)});
  if (alpha != 1) by = body.node("Mul", {by, body.number(alpha)});
  if (op.has(7)) by = body.node("Div", {by, body.input(op, 7)});
  const std::string y = body.node("Mul", {body.to_f32(sums), by});
  body.give(0, op.has(7) ? rounded(op, body, y, 8) : y);
  return {};
}

// Sums of i32 times both scales, and a bias.
void give_rescaled(const OperatorNode& op, Body& body, const std::string& sums,
                   const std::string& a_scale, const std::string& b_scale, size_t bias) {
  const std::string by = body.node("Mul", {a_scale, b_scale});
  const std::string y = body.node("Mul", {body.to_f32(sums), by});
  body.give(0, op.has(bias) ? body.node("Add", {y, body.input(op, bias)}) : y);
}

// A, B, the scale of A, that of B, zero points likewise, a bias.
Status write_matmul_to_float(OperatorNode& op, Body& body) {
  const std::string sums = integer_product(body, body.input(op, 0), body.input(op, 1),
                                           body.input(op, 4), body.input(op, 5));
  give_rescaled(op, body, sums, body.input(op, 2), body.input(op, 3), 6);
  return {};
}

// A in f32, which is quantised by its range; B, its scale, its zero point, a bias.
Status write_dynamic_matmul(OperatorNode& op, Body& body) {
  const std::string a = body.node("DynamicQuantizeLinear", {body.input(op, 0)});
  body.with_more_outputs({"a_scale", "a_zero_point"});
  const std::string sums =
      integer_product(body, a, body.input(op, 1), "a_zero_point", body.input(op, 3));
  give_rescaled(op, body, sums, "a_scale", body.input(op, 2), 4);
  return {};
}

constexpr RuntimeFunction kFunctions[] = {
    {"DynamicQuantizeMatMul", 3, write_dynamic_matmul},
    {"MatMulIntegerToFloat", 4, write_matmul_to_float},
    {"QGemm", 6, write_gemm},
    {"QLinearAdd", 7, write_binary<BinaryFn::Add>},
    {"QLinearConcat", 5, write_concat},
    {"QLinearGlobalAveragePool", 5, write_global_average_pool},
    {"QLinearLeakyRelu", 4, write_leaky_relu},
    {"QLinearMul", 7, write_binary<BinaryFn::Mul>},
    {"QLinearSigmoid", 4, write_sigmoid},
    {"QLinearSoftmax", 5, write_softmax},
};

}  // namespace

std::span<const RuntimeFunction> runtime_quantized_functions() { return kFunctions; }

}  // namespace mle::compiler::onnx
