// Activations, by name and as layers.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/archive/voice.h"
#include "compiler/import/keras/layer.h"

#include <cmath>

namespace mle::compiler::keras {
namespace {

using aten::Value;

struct Named {
  std::string_view keras;
  const char* torch;
};
constexpr Named kPlain[] = {
    {"relu", "relu"},
    {"relu6", "relu6"},
    {"elu", "elu"},
    {"selu", "selu"},
    {"celu", "celu"},
    {"gelu", "gelu"},
    {"silu", "silu"},
    {"swish", "silu"},
    {"sigmoid", "sigmoid"},
    {"tanh", "tanh"},
    {"softplus", "softplus"},
    {"softsign", "softsign"},
    {"mish", "mish"},
    {"hard_silu", "hardswish"},
    {"hard_swish", "hardswish"},
    {"log_sigmoid", "log_sigmoid"},
    {"hard_tanh", "hardtanh"},
    {"tanh_shrink", "tanhshrink"},
    {"soft_shrink", "softshrink"},
    {"hard_shrink", "hardshrink"},
    {"exponential", "exp"},
};

Result<std::string> read_activation(Layer& layer) {
  return layer.activated(layer.x(), field(layer.config(), "activation"));
}

// Keras writes the number of older versions' alpha as negative_slope.
Result<std::string> read_leaky_relu(Layer& layer) {
  const double slope =
      layer.has("negative_slope") ? layer.real("negative_slope", 0.3) : layer.real("alpha", 0.3);
  return layer.torch("leaky_relu", layer.x(), {{"negative_slope", Value::number(slope)}});
}

Result<std::string> read_elu(Layer& layer) {
  return layer.torch("elu", layer.x(), {{"alpha", Value::number(layer.real("alpha", 1))}});
}

Result<std::string> read_prelu(Layer& layer) {
  MLE_TRY_ASSIGN(const auto variables, layer.variables({"alpha"}));
  if (layer.composer().shape(variables[0]).rank() + 1 != layer.rank())
    return wrong_layer("its slopes do not fit the rows it gets");
  return layer.node("PRelu", {layer.x(), variables[0]});
}

// x from the threshold up to max_value, and below it negative_slope (x - threshold).
Result<std::string> read_relu(Layer& layer) {
  const double slope = layer.real("negative_slope", 0), threshold = layer.real("threshold", 0);
  std::string y;
  if (threshold == 0 && slope == 0) {
    MLE_TRY_ASSIGN(y, layer.node("Relu", {layer.x()}));
  } else if (threshold == 0) {
    MLE_TRY_ASSIGN(
        y, layer.torch("leaky_relu", layer.x(), {{"negative_slope", Value::number(slope)}}));
  } else {
    const std::string zero = layer.number(threshold);
    MLE_TRY_ASSIGN(const std::string above, layer.node("GreaterOrEqual", {layer.x(), zero}));
    MLE_TRY_ASSIGN(const std::string left, layer.node("Sub", {layer.x(), zero}));
    MLE_TRY_ASSIGN(const std::string below, layer.node("Mul", {left, layer.number(slope)}));
    MLE_TRY_ASSIGN(y, layer.node("Where", {above, layer.x(), below}));
  }
  if (!layer.has("max_value")) return y;
  return layer.node("Min", {y, layer.number(layer.real("max_value", HUGE_VAL))});
}

Result<std::string> read_thresholded(Layer& layer) {
  return layer.torch(
      "threshold", layer.x(),
      {{"threshold", Value::number(layer.real("theta", 1))}, {"value", Value::number(0)}});
}

Result<std::string> read_softmax(Layer& layer) {
  MLE_TRY_ASSIGN(const auto axes, layer.integers("axis"));
  if (axes && axes->size() > 1) {  // e^(x - log sum e^x)
    std::vector<Value> dims;
    for (const int64_t one : *axes) {
      MLE_TRY_ASSIGN(const size_t axis, layer.axis(one));
      dims.push_back(Value::whole(static_cast<int64_t>(axis)));
    }
    MLE_TRY_ASSIGN(const std::string sum, layer.torch("logsumexp", layer.x(),
                                                      {{"dim", Value::list(std::move(dims))},
                                                       {"keepdim", Value::boolean(true)}}));
    MLE_TRY_ASSIGN(const std::string left, layer.node("Sub", {layer.x(), sum}));
    return layer.node("Exp", {left});
  }
  if (axes && axes->empty()) return wrong_layer("without its axis");
  MLE_TRY_ASSIGN(const size_t axis, layer.axis(axes ? axes->front() : -1));
  return layer.node("Softmax", {layer.x()}, {{"axis", static_cast<int64_t>(axis)}});
}

constexpr LayerKind kKinds[] = {
    {"Activation", read_activation},
    {"LeakyReLU", read_leaky_relu},
    {"ELU", read_elu},
    {"PReLU", read_prelu},
    {"ReLU", read_relu},
    {"ThresholdedReLU", read_thresholded},
    {"Softmax", read_softmax},
};

}  // namespace

Result<std::string> Layer::activated(const std::string& x, const json& activation) {
  std::string name = activation.is_string() ? activation.get<std::string>() : "";
  if (activation.is_null()) return x;
  if (activation.is_object()) {
    // A function by name, or a layer: {"class_name": "function", "config": "relu"}.
    const std::string what = text_of(field(activation, "class_name"));
    const json& config = field(activation, "config");
    const std::string registered = text_of(field(activation, "registered_name"));
    if (registered.find('>') != std::string::npos)
      return not_compiled("the activation '" + archive::shown(registered) + "' is code of its own",
                          "use an activation of Keras");
    if (what == "function") {
      name = text_of(config);
    } else {
      Layer inner(shared_, config, what, name_, {}, {x});
      if (config.is_object() && what != "Activation") return run_layer(inner);
      name = text_of(field(config, "activation"));
    }
  }
  if (name == "linear") return x;
  for (const Named& plain : kPlain)
    if (plain.keras == name) return torch(plain.torch, x);
  if (name == "leaky_relu") return torch("leaky_relu", x, {{"negative_slope", Value::number(0.2)}});
  if (name == "softmax" || name == "log_softmax")
    return node(name == "softmax" ? "Softmax" : "LogSoftmax", {x}, {{"axis", int64_t{-1}}});
  if (name == "hard_sigmoid") {
    const bool old = shared_.keras_version < 3;
    return node("HardSigmoid", {x}, {{"alpha", old ? 0.2 : 1.0 / 6}, {"beta", 0.5}});
  }
  if (name == "glu") return torch("glu", x, {{"dim", Value::whole(-1)}});
  return not_compiled("the activation '" + archive::shown(name) + "' is not compiled",
                      "docs/networks.md lists the activations that are");
}

std::span<const LayerKind> activation_layers() { return kKinds; }

}  // namespace mle::compiler::keras
