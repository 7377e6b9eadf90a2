// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/network/layers.h"

#include "compiler/evaluate/elements.h"
#include "compiler/graph/infer.h"
#include "compiler/graph/print.h"
#include "compiler/graph/stored.h"
#include "format/limits.h"
#include "format/rules.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mle::compiler::network {
namespace {

using enum format::rule::Rule;

Status wrong(int rule, const std::string& what, const std::string& hint = {}) {
  return Status::make(Code::InvalidArgument, rule, Status::kNoOffset, what, hint);
}

Node node_of(OpKind kind, std::vector<ValueId> inputs) {
  Node node;
  node.kind = kind;
  node.inputs = std::move(inputs);
  return node;
}

Status unary(Building& building, Act act, std::vector<double> parameters = {}) {
  Node node = node_of(OpKind::Unary, {building.value});
  node.act = act;
  node.fattr = std::move(parameters);
  return building.emit(std::move(node));
}

template <Act act>
Status build_plain(Building& building, const Layer&) {
  return unary(building, act);
}

// y = x W' + b, W [out, in].
Status build_linear(Building& building, const Layer& layer) {
  const auto found = building.weights.find(layer.tensors.at("weight"));
  const Dims& x = building.fact().dims;
  const std::vector<uint64_t>& shape = found->second.shape;
  if (shape.size() != 2 || x.empty() || shape[1] != x.back() || shape[0] > format::kMaxDim)
    return wrong(C208_Shape, "'" + found->first + "' is no [out, in] matrix for rows of " +
                                 text_of(building.fact()));
  const auto n = static_cast<uint32_t>(shape[0]);
  MLE_TRY_ASSIGN(const WeightTensor* tensor, building.tensor(layer, "weight"));
  MLE_TRY_ASSIGN(const ValueId weights, building.turned(found->first, *tensor));
  Node node = node_of(OpKind::Dense, {building.value, weights});
  if (building.has(layer, "bias")) {
    const Dims dims = {n};
    MLE_TRY_ASSIGN(std::vector<double> bias, building.numbers(layer, "bias", &dims));
    MLE_TRY_ASSIGN(const ValueId b, building.constant(layer.tensors.at("bias"), dims, bias));
    node.inputs.push_back(b);
  }
  return building.emit(std::move(node));
}

// (x - mean) / sqrt(var + eps) * weight + bias, per column, with the numbers of training.
Status build_batch_norm(Building& building, const Layer& layer) {
  if (building.fact().dims.size() != 1)
    return wrong(C208_Shape,
                 "batch_norm over rows of " + text_of(building.fact()) + ", takes a vector");
  const Dims dims = building.fact().dims;
  MLE_TRY_ASSIGN(const std::vector<double> mean, building.numbers(layer, "running_mean", &dims));
  MLE_TRY_ASSIGN(const std::vector<double> variance, building.numbers(layer, "running_var", &dims));
  std::vector<double> weight(dims[0], 1), bias(dims[0], 0);
  if (building.has(layer, "weight")) {
    MLE_TRY_ASSIGN(weight, building.numbers(layer, "weight", &dims));
  }
  if (building.has(layer, "bias")) {
    MLE_TRY_ASSIGN(bias, building.numbers(layer, "bias", &dims));
  }
  const double eps = layer.number("eps", 1e-5);
  std::vector<double> scale(dims[0]), shift(dims[0]);
  for (size_t i = 0; i < scale.size(); ++i) {
    scale[i] = weight[i] / std::sqrt(variance[i] + eps);
    shift[i] = bias[i] - mean[i] * scale[i];
  }
  MLE_TRY_ASSIGN(const ValueId s, building.constant("scale", dims, scale));
  MLE_TRY_ASSIGN(const ValueId t, building.constant("shift", dims, shift));
  return building.emit(node_of(OpKind::Scale, {building.value, s, t}));
}

// Over the last axis: (x - mean) / sqrt(var + eps) * weight + bias; without the mean where it is
// the root of the mean square.
template <bool centred>
Status build_layer_norm(Building& building, const Layer& layer) {
  if (building.fact().dims.empty()) return wrong(C208_Shape, layer.op + " of rows without an axis");
  const Dims dims = {building.fact().dims.back()};
  const double eps = layer.number("eps", 1e-5);
  if (eps < 0) return wrong(C209_Attribute, layer.op + " with a negative eps");
  Node node = node_of(OpKind::LayerNorm, {building.value});
  node.iattr = {static_cast<uint32_t>(building.fact().dims.size() - 1), centred ? 0u : 1u};
  node.fattr = {eps};
  const bool has_weight = building.has(layer, "weight"), has_bias = building.has(layer, "bias");
  if (has_weight || has_bias) {
    std::vector<double> weight(dims[0], 1);
    if (has_weight) {
      MLE_TRY_ASSIGN(weight, building.numbers(layer, "weight", &dims));
    }
    MLE_TRY_ASSIGN(const ValueId by, building.constant("weight", dims, weight));
    node.inputs.push_back(by);
  }
  if (has_bias) {
    MLE_TRY_ASSIGN(std::vector<double> bias, building.numbers(layer, "bias", &dims));
    MLE_TRY_ASSIGN(const ValueId plus, building.constant("bias", dims, bias));
    node.inputs.push_back(plus);
  }
  return building.emit(std::move(node));
}

Status build_clip(Building& building, double lo, double hi) {
  Node node = node_of(OpKind::Clip, {building.value});
  node.fattr = {lo, hi};
  return building.emit(std::move(node));
}

Status build_hard_tanh(Building& building, const Layer& layer) {
  const double lo = layer.number("min_val", -1), hi = layer.number("max_val", 1);
  if (!(lo < hi)) return wrong(C209_Attribute, "hard_tanh whose min_val is not below its max_val");
  return build_clip(building, lo, hi);
}

Status build_relu6(Building& building, const Layer&) { return build_clip(building, 0, 6); }

Status build_hard_sigmoid(Building& building, const Layer&) {
  return unary(building, Act::HardSigmoid, {1.0 / 6, 0.5});
}

Status build_nothing(Building&, const Layer&) { return {}; }

template <Act act>
Status build_with_alpha(Building& building, const Layer& layer) {
  const char* name = act == Act::LeakyRelu ? "negative_slope" : "alpha";
  const double alpha = layer.number(name, act == Act::LeakyRelu ? 0.01 : 1);
  return unary(building, act, {alpha, 0});
}

Status build_selu(Building& building, const Layer&) {
  return unary(building, Act::Selu,
               {1.6732632423543772848170429916717, 1.0507009873554804934193349852946});
}

Status build_gelu(Building& building, const Layer& layer) {
  const auto how = layer.words.find("approximate");
  const std::string approximate = how == layer.words.end() ? "none" : how->second;
  if (approximate != "none" && approximate != "tanh")
    return wrong(C209_Attribute,
                 "gelu with approximate = '" + approximate + "', must be 'none' or 'tanh'");
  return unary(building, approximate == "tanh" ? Act::GeluTanh : Act::Gelu);
}

// log(1 + e^(beta x)) / beta; beyond the threshold torch says x, which is the same number.
Status build_softplus(Building& building, const Layer& layer) {
  const double beta = layer.number("beta", 1);
  if (beta == 1) return unary(building, Act::Softplus);
  if (!(beta > 0)) return wrong(C209_Attribute, "softplus with a beta that is not positive");
  const auto multiply = [&](double factor) -> Status {
    MLE_TRY_ASSIGN(const ValueId by, building.constant("beta", {1}, {factor}));
    Node node = node_of(OpKind::Binary, {building.value, by});
    node.iattr = {static_cast<uint32_t>(BinaryFn::Mul)};
    return building.emit(std::move(node));
  };
  MLE_TRY(multiply(beta));
  MLE_TRY(unary(building, Act::Softplus));
  return multiply(1 / beta);
}

Status build_prelu(Building& building, const Layer& layer) {
  MLE_TRY_ASSIGN(std::vector<double> slope, building.numbers(layer, "weight", nullptr));
  const Dims& x = building.fact().dims;
  if (x.empty() || (slope.size() != 1 && slope.size() != x.back()))
    return wrong(C208_Shape, "prelu with " + std::to_string(slope.size()) + " slopes for rows of " +
                                 text_of(building.fact()));
  const Dims dims = {static_cast<uint32_t>(slope.size())};
  MLE_TRY_ASSIGN(const ValueId by, building.constant(layer.tensors.at("weight"), dims, slope));
  Node node = node_of(OpKind::Binary, {building.value, by});
  node.iattr = {static_cast<uint32_t>(BinaryFn::PRelu)};
  return building.emit(std::move(node));
}

// dim counts the row axis: 1 is the first of a row, -1 the last.
template <OpKind kind>
Status build_softmax(Building& building, const Layer& layer) {
  const double rank = static_cast<double>(building.fact().dims.size()) + 1;
  double dim = layer.number("dim", -1);
  if (dim < 0) dim += rank;
  if (!(dim >= 1) || dim >= rank || dim != std::floor(dim))
    return wrong(C209_Attribute, layer.op + " over an axis that is none of a row's");
  Node node = node_of(kind, {building.value});
  node.iattr = {static_cast<uint32_t>(dim) - 1};
  return building.emit(std::move(node));
}

const LayerKind kKinds[] = {
    {"batch_norm",
     {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"},
     {"eps"},
     build_batch_norm},
    {"celu", {}, {"alpha"}, build_with_alpha<Act::Celu>},
    {"dropout", {}, {"p"}, build_nothing},
    {"elu", {}, {"alpha"}, build_with_alpha<Act::Elu>},
    {"gelu", {}, {"approximate"}, build_gelu},
    {"hard_sigmoid", {}, {}, build_hard_sigmoid},
    {"hard_swish", {}, {}, build_plain<Act::HardSwish>},
    {"hard_tanh", {}, {"min_val", "max_val"}, build_hard_tanh},
    {"identity", {}, {}, build_nothing},
    {"layer_norm", {"weight", "bias"}, {"eps"}, build_layer_norm<true>},
    {"leaky_relu", {}, {"negative_slope"}, build_with_alpha<Act::LeakyRelu>},
    {"linear", {"weight", "bias"}, {}, build_linear},
    {"log_softmax", {}, {"dim"}, build_softmax<OpKind::LogSoftmax>},
    {"mish", {}, {}, build_plain<Act::Mish>},
    {"prelu", {"weight"}, {}, build_prelu},
    {"relu", {}, {}, build_plain<Act::Relu>},
    {"relu6", {}, {}, build_relu6},
    {"rms_norm", {"weight"}, {"eps"}, build_layer_norm<false>},
    {"selu", {}, {}, build_selu},
    {"sigmoid", {}, {}, build_plain<Act::Sigmoid>},
    {"silu", {}, {}, build_plain<Act::Silu>},
    {"softmax", {}, {"dim"}, build_softmax<OpKind::Softmax>},
    {"softplus", {}, {"beta", "threshold"}, build_softplus},
    {"softsign", {}, {}, build_plain<Act::Softsign>},
    {"tanh", {}, {}, build_plain<Act::Tanh>},
};

}  // namespace

bool LayerKind::is_tensor(std::string_view key) const {
  return std::find(tensors.begin(), tensors.end(), key) != tensors.end();
}
bool LayerKind::takes(std::string_view key) const {
  return is_tensor(key) || std::find(parameters.begin(), parameters.end(), key) != parameters.end();
}

const LayerKind* find_layer_kind(std::string_view name) {
  for (const LayerKind& kind : kKinds)
    if (kind.name == name) return &kind;
  return nullptr;
}

std::string layer_kinds_text() {
  std::string text;
  for (const LayerKind& kind : kKinds) text += (text.empty() ? "" : ", ") + std::string(kind.name);
  return text;
}

Result<const WeightTensor*> Building::tensor(const Layer& layer, const char* role) {
  const auto named = layer.tensors.find(role);
  if (named == layer.tensors.end())
    return wrong(C209_Attribute, layer.op + " names no tensor as its \"" + role + "\"");
  used.insert(named->second);
  return &weights.find(named->second)->second;
}

Result<std::vector<double>> Building::numbers(const Layer& layer, const char* role,
                                              const Dims* dims) {
  MLE_TRY_ASSIGN(const WeightTensor* found, tensor(layer, role));
  if (dims != nullptr &&
      !std::equal(dims->begin(), dims->end(), found->shape.begin(), found->shape.end()))
    return wrong(C208_Shape, "'" + layer.tensors.at(role) + "', the " + role + " of " + layer.op +
                                 ", has another shape than " +
                                 text_of(Fact{dtype, Rows::Whole, *dims}));
  return read_doubles(*found);
}

namespace {

Status not_finite(const std::string& name) {
  return wrong(C212_NotFinite, "'" + name + "' holds NaN or infinity", "train the model again");
}

}  // namespace

Result<ValueId> Building::constant(std::string name, Dims dims,
                                   const std::vector<double>& elements) {
  for (const double element : elements)
    if (!std::isfinite(convert(element, dtype))) return not_finite(name);
  return graph.add_constant(std::move(name), dtype, std::move(dims),
                            make_constant(Elements(elements), dtype));
}

Result<ValueId> Building::turned(const std::string& name, const WeightTensor& tensor) {
  MLE_TRY(check_real(tensor));
  if (!all_finite(tensor.dtype, tensor.bytes)) return not_finite(name);
  Constant matrix{tensor.owner, tensor.bytes, true};
  if (tensor.dtype != dtype) matrix.stored = tensor.dtype;
  const Dims dims = {static_cast<uint32_t>(tensor.shape[1]),
                     static_cast<uint32_t>(tensor.shape[0])};
  return graph.add_constant(name, dtype, dims, std::move(matrix));
}

Status Building::emit(Node node) {
  MLE_TRY_ASSIGN(value, add_inferred(graph, std::move(node)));
  return {};
}

}  // namespace mle::compiler::network
