// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/keras/layer.h"

#include "compiler/import/archive/voice.h"
#include "compiler/import/aten/ops.h"
#include "compiler/import/network/constant.h"
#include "format/rules.h"

#include <utility>

namespace mle::compiler::keras {
namespace {

using enum format::rule::Rule;

struct Refusal {
  std::string_view name, reason, hint;
};
constexpr std::string_view kNetwork = "mle compiles multi-layer perceptrons and linear models";
constexpr Refusal kRefusals[] = {
    {"Lambda", "it holds code of its own, which is never executed",
     "write the computation with layers of Keras, and save the model again"},
    {"LSTM", "recurrent networks are out of scope", kNetwork},
    {"GRU", "recurrent networks are out of scope", kNetwork},
    {"SimpleRNN", "recurrent networks are out of scope", kNetwork},
    {"Bidirectional", "recurrent networks are out of scope", kNetwork},
    {"RNN", "recurrent networks are out of scope", kNetwork},
    {"Conv1D", "convolutions are out of scope", kNetwork},
    {"Conv2D", "convolutions are out of scope", kNetwork},
    {"Conv3D", "convolutions are out of scope", kNetwork},
    {"TFOpLambda", "it calls a function of TensorFlow",
     "write the computation with layers of Keras, and save the model again"},
};

// The last part of a variable's name without ":0".
std::string_view last_of(std::string_view name) {
  const size_t slash = name.rfind('/');
  std::string_view last = slash == std::string_view::npos ? name : name.substr(slash + 1);
  const size_t colon = last.rfind(':');
  return colon == std::string_view::npos ? last : last.substr(0, colon);
}

bool has_part(std::string_view path, std::string_view part) {
  while (!path.empty()) {
    const size_t cut = path.find('/');
    if (path.substr(0, cut) == part) return true;
    path = cut == std::string_view::npos ? "" : path.substr(cut + 1);
  }
  return false;
}

}  // namespace

Status wrong_layer(const std::string& what) {
  return Status::make(Code::Corrupt, C209_Attribute, Status::kNoOffset, what,
                      "save the model again");
}

Status not_compiled(const std::string& what, const std::string& hint) {
  return Status::make(Code::Unsupported, C205_UnsupportedOp, Status::kNoOffset, what, hint);
}

double Layer::real(const char* key, double otherwise) const {
  const json& value = field(config_, key);
  if (value.is_number()) return value.get<double>();
  // Older versions write numpy numbers as objects.
  const json& inner = field(field(value, "config"), "value");
  return inner.is_number() ? inner.get<double>() : otherwise;
}

bool Layer::flag(const char* key, bool otherwise) const {
  const json& value = field(config_, key);
  return value.is_boolean() ? value.get<bool>() : otherwise;
}

std::string Layer::text(const char* key, const std::string& otherwise) const {
  const json& value = field(config_, key);
  return value.is_string() ? value.get<std::string>() : otherwise;
}

Result<int64_t> Layer::integer(const char* key, std::optional<int64_t> otherwise) const {
  const json& value = field(config_, key);
  if (value.is_null() && otherwise) return *otherwise;
  const auto integer = integer_of(value);
  if (!integer) return wrong_layer("its " + std::string(key) + " is no integer");
  return *integer;
}

Result<std::optional<std::vector<int64_t>>> Layer::integers(const char* key) const {
  const json& value = field(config_, key);
  if (value.is_null()) return std::optional<std::vector<int64_t>>();
  std::vector<int64_t> all;
  const json list = value.is_array() ? value : json::array({value});
  for (const json& item : list) {
    const auto integer = integer_of(item);
    if (!integer) return wrong_layer("its " + std::string(key) + " are no integers");
    all.push_back(*integer);
  }
  return std::optional(std::move(all));
}

Result<size_t> Layer::axis(int64_t given) const {
  const auto count = static_cast<int64_t>(rank());
  const int64_t axis = given < 0 ? given + count : given;
  if (axis >= 1 && axis < count) return static_cast<size_t>(axis);
  if (axis == 0)
    return not_compiled("it works along the batch axis, which mixes rows",
                        "use another axis of the row");
  return wrong_layer("axis " + std::to_string(given) + " of " + std::to_string(count) + " axes");
}

Result<const network::WeightTensor*> Layer::variable(size_t index, std::string_view role) const {
  const hdf5::Node* found = nullptr;
  if (place_.group != nullptr) {
    found = place_.group->find("vars/" + std::to_string(index));
  } else if (place_.legacy != nullptr) {
    const auto names = place_.legacy->attributes.find("weight_names");
    if (names != place_.legacy->attributes.end())
      for (const std::string& name : names->second)
        if (last_of(name) == role && (!place_.nested || has_part(name, name_)))
          found = place_.legacy->find(name);
  }
  if (found == nullptr) return wrong_layer("the file has no '" + std::string(role) + "' for it");
  if (!found->dataset)
    return not_compiled("its '" + std::string(role) + "' " +
                            (found->unread.empty() ? "is no dataset" : found->unread),
                        "save the model again with Keras as it is installed");
  return &*found->dataset;
}

Result<std::vector<std::string>> Layer::variables(const std::vector<std::string_view>& roles) {
  if (has("quantization_config") || has("lora_rank"))
    return not_compiled("it is quantised, or has adapters",
                        "save the float model it was made from");
  if (const hdf5::Node* vars = place_.group == nullptr ? nullptr : place_.group->find("vars");
      vars != nullptr && vars->children.size() != roles.size())
    return wrong_layer("the file has " + std::to_string(vars->children.size()) +
                       " variables for it, " + std::to_string(roles.size()) + " are wanted");
  std::vector<std::string> names;
  for (size_t i = 0; i < roles.size(); ++i) {
    MLE_TRY_ASSIGN(const network::WeightTensor* tensor, variable(i, roles[i]));
    std::string& constant = shared_.constants[tensor];
    if (constant.empty()) {
      MLE_TRY_ASSIGN(constant, network::add_constant(composer(),
                                                     name_ + "/" + std::string(roles[i]), *tensor));
    }
    names.push_back(constant);
    if (dtype() == DType::F64 && composer().shape(constant).dtype == DType::F32) {
      MLE_TRY_ASSIGN(names.back(), node("Cast", {constant}, {{"to", int64_t{11}}}));
    }
  }
  return names;
}

Result<std::string> Layer::node(std::string type, std::vector<std::string> inputs,
                                std::vector<onnx::Attribute> attributes) {
  return composer().add_one({std::move(type), std::move(inputs), std::move(attributes)});
}

Result<std::string> Layer::torch(std::string_view op, const std::string& x, aten::Named arguments) {
  arguments["self"] = aten::Value::tensor(x);
  MLE_TRY_ASSIGN(aten::Value made, aten::run_operator(composer(), op, {}, std::move(arguments)));
  return made.text;
}

Result<std::string> run_layer(Layer& layer) {
  const std::string& name = layer.class_name();
  for (const auto family :
       {dense_layers(), activation_layers(), normalise_layers(), merge_layers(), shape_layers()})
    for (const LayerKind& kind : family)
      if (name == kind.name) return kind.read(layer);
  for (const Refusal& refusal : kRefusals)
    if (refusal.name == name)
      return not_compiled("layer " + name + ": " + std::string(refusal.reason),
                          std::string(refusal.hint));
  return not_compiled("layers of class '" + archive::shown(name) + "' are not compiled",
                      "docs/networks.md lists the layers that are");
}

}  // namespace mle::compiler::keras
