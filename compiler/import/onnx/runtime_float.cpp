// What ONNX Runtime makes when it optimises a model and writes it down again: fused products,
// activations with a bias, normalisations of sums.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/runtime_functions.h"
#include "compiler/import/onnx/text.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;
using onnx_pb::AttributeProto;

// x, or x and a bias.
std::string biased(const OperatorNode& op, Body& body) {
  const std::string x = body.input(op, 0), bias = body.input(op, 1);
  return bias.empty() ? x : body.node("Add", {x, bias});
}

template <bool tanh>
Status write_gelu(OperatorNode& op, Body& body) {
  const std::string x = biased(op, body);
  const std::string y = body.node("Gelu", {x});
  if (tanh) body.with_text("approximate", "tanh");
  body.give(0, y);
  return {};
}

Status write_quick_gelu(OperatorNode& op, Body& body) {
  MLE_TRY_ASSIGN(const double alpha, op.real("alpha", static_cast<double>(1.702f)));
  const std::string x = body.input(op, 0);
  const std::string steep = body.node("Mul", {x, body.number(alpha)});
  body.give(0, body.node("Mul", {x, body.node("Sigmoid", {steep})}));
  return {};
}

Status write_matmul(OperatorNode& op, Body& body) {
  MLE_TRY_ASSIGN(const double alpha, op.real("alpha", 1));
  MLE_TRY_ASSIGN(const int64_t trans_a, op.integer("transA", 0));
  MLE_TRY_ASSIGN(const int64_t trans_b, op.integer("transB", 0));
  MLE_TRY_ASSIGN(const int64_t batch_a, op.integer("transBatchA", 0));
  MLE_TRY_ASSIGN(const int64_t batch_b, op.integer("transBatchB", 0));
  if (batch_a != 0 || batch_b != 0)
    return unsupported(C205_UnsupportedOp, op.type() + " that moves batch axes",
                       "export the model without ONNX Runtime's optimisations");
  std::string a = body.input(op, 0), b = body.input(op, 1);
  if (trans_a != 0) a = body.turned(a, op.rank(0));
  if (trans_b != 0) b = body.turned(b, op.rank(1));
  const std::string y = body.node("MatMul", {a, b});
  body.give(0, alpha == 1 ? y : body.node("Mul", {y, body.number(alpha)}));
  return {};
}

// The activation that a fused node ends with, by its name and up to three parameters.
Status activate(OperatorNode& op, Body& body, const std::string& x) {
  MLE_TRY_ASSIGN(const std::string_view act, op.text("activation", ""));
  MLE_TRY_ASSIGN(const auto* alpha, op.attribute("activation_alpha", AttributeProto::FLOAT));
  MLE_TRY_ASSIGN(const auto* beta, op.attribute("activation_beta", AttributeProto::FLOAT));
  MLE_TRY_ASSIGN(const auto* gamma, op.attribute("activation_gamma", AttributeProto::FLOAT));
  const std::string y = act.empty() ? x : body.node(act, {x});
  // ONNX Runtime lets these have parameters, and does not look at them.
  static constexpr std::string_view kPlain[] = {"Relu", "Sigmoid", "Softplus", "Softsign", "Tanh"};
  if (std::find(std::begin(kPlain), std::end(kPlain), act) != std::end(kPlain))
    alpha = beta = gamma = nullptr;
  if (alpha != nullptr) body.with({"alpha", double{alpha->f()}});
  if (beta != nullptr) body.with({"beta", double{beta->f()}});
  if (gamma != nullptr) body.with({"gamma", double{gamma->f()}});
  body.give(0, y);
  return {};
}

Status write_gemm(OperatorNode& op, Body& body) {
  MLE_TRY_ASSIGN(const double alpha, op.real("alpha", 1));
  MLE_TRY_ASSIGN(const double beta, op.real("beta", 1));
  MLE_TRY_ASSIGN(const int64_t trans_a, op.integer("transA", 0));
  MLE_TRY_ASSIGN(const int64_t trans_b, op.integer("transB", 0));
  const std::string y = body.node("Gemm", {body.input(op, 0), body.input(op, 1), body.input(op, 2)},
                                  {{"transA", trans_a}, {"transB", trans_b}});
  body.with({"alpha", alpha}).with({"beta", beta});
  return activate(op, body, y);
}

// Of input + skip + bias; outputs: the normalised sum, its mean, 1 / its deviation, the sum.
template <bool centred>
Status write_skip_normalization(OperatorNode& op, Body& body) {
  MLE_TRY_ASSIGN(const double epsilon, op.real("epsilon", 1e-12));
  std::string sum = body.node("Add", {body.input(op, 0), body.input(op, 1)});
  const std::string bias = body.input(op, centred ? 4 : 3);
  if (!bias.empty()) sum = body.node("Add", {sum, bias});
  if (op.output_is_used(1) || op.output_is_used(2))
    return unsupported(C205_UnsupportedOp, op.type() + " that gives mean and deviation",
                       "these are outputs for training");
  std::vector<std::string> inputs = {sum, body.input(op, 2)};
  if (centred) inputs.push_back(body.input(op, 3));
  const std::string y = body.node(centred ? "LayerNormalization" : "RMSNormalization", inputs);
  body.with({"epsilon", epsilon});
  body.give(0, y);
  if (op.output_is_used(3)) body.give(3, sum);
  return {};
}

constexpr RuntimeFunction kFunctions[] = {
    {"BiasGelu", 2, write_gelu<false>},
    {"FastGelu", 1, write_gelu<true>},
    {"FusedGemm", 2, write_gemm},
    {"FusedMatMul", 2, write_matmul},
    {"Gelu", 1, write_gelu<false>},
    {"QuickGelu", 1, write_quick_gelu},
    {"SkipLayerNormalization", 3, write_skip_normalization<true>},
    {"SkipSimplifiedLayerNormalization", 3, write_skip_normalization<false>},
    {"TransposeMatMul", 2, write_matmul},
};

}  // namespace

std::span<const RuntimeFunction> runtime_float_functions() { return kFunctions; }

}  // namespace mle::compiler::onnx
