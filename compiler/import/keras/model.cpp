// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/keras/model.h"

#include "compiler/import/archive/voice.h"
#include "compiler/import/keras/functions.h"
#include "compiler/import/keras/layer.h"
#include "format/limits.h"
#include "format/rules.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

namespace mle::compiler::keras {
namespace {

using enum format::rule::Rule;

constexpr int kMaxDepth = 16;          // of models in models
constexpr size_t kMaxLayers = 10'000;  // of one model

// "BatchNormalization" → "batch_normalization": how version 3 names groups after classes. A capital
// begins a word where a small letter follows it, or comes before it.
std::string snake_case(const std::string& name) {
  const auto upper = [&](size_t i) {
    return std::isupper(static_cast<unsigned char>(name[i])) != 0;
  };
  const auto lower = [&](size_t i) {
    return std::islower(static_cast<unsigned char>(name[i])) != 0;
  };
  std::string first;
  for (size_t i = 0; i < name.size(); ++i) {
    if (i > 0 && upper(i) && i + 1 < name.size() && lower(i + 1)) first += '_';
    first += name[i];
  }
  std::string snake;
  for (size_t i = 0; i < first.size(); ++i) {
    const auto c = static_cast<unsigned char>(first[i]);
    const bool after_small = i > 0 && std::islower(static_cast<unsigned char>(first[i - 1])) != 0;
    if (after_small && std::isupper(c) != 0) snake += '_';
    snake += static_cast<char>(std::tolower(c));
  }
  return snake;
}

// A tensor of a graph of layers: [layer, node, output].
struct Reference {
  std::string layer;
  int64_t node = 0, output = 0;
  auto operator<=>(const Reference&) const = default;
};

std::optional<Reference> reference_of(const json& given) {
  if (!given.is_array() || given.size() < 3 || !given[0].is_string()) return std::nullopt;
  const auto node = integer_of(given[1]), output = integer_of(given[2]);
  if (!node || !output) return std::nullopt;
  return Reference{given[0].get<std::string>(), *node, *output};
}

struct Port {
  std::string name;
  Reference reference;
};

// One reference, a list of them, or a dict of them by name.
std::vector<Port> ports_of(const json& given) {
  std::vector<Port> ports;
  if (const auto single = reference_of(given)) return {{single->layer, *single}};
  if (given.is_object()) {
    for (const auto& [name, item] : given.items())
      if (const auto one = reference_of(item)) ports.push_back({name, *one});
  } else if (given.is_array()) {
    for (const json& item : given)
      if (const auto one = reference_of(item)) ports.push_back({one->layer, *one});
  }
  return ports;
}

class Model {
 public:
  Model(const Source& model, const SourceFile& source, const ImportOptions& options,
        Problems& problems)
      : model_(model),
        problems_(problems),
        composer_(source, options, problems),
        shared_{composer_,
                model.version.rfind("2.", 0) == 0 || model.version.rfind("1.", 0) == 0 ? 2 : 3} {}

  std::optional<Graph> run() {
    std::vector<std::string> outputs;
    const Status followed = follow_top(outputs);
    if (!followed.ok()) problems_.add(followed, place_);
    if (!problems_.empty()) return std::nullopt;
    std::vector<std::pair<std::string, std::string>> named;
    std::set<std::string> taken(input_names_.begin(), input_names_.end());
    std::string told;
    for (size_t i = 0; i < outputs.size(); ++i) {
      std::string name = outputs_have_names_   ? output_names_[i]
                         : outputs.size() == 1 ? "y"
                                               : "y" + std::to_string(i);
      while (!taken.insert(name).second) name += "_out";
      if (outputs.size() > 1 && !outputs_have_names_)
        told +=
            (told.empty() ? "" : ", ") + name + " is '" + archive::shown(output_names_[i]) + "'";
      named.emplace_back(std::move(name), outputs[i]);
    }
    if (!told.empty()) composer_.note("outputs are called by their number: " + told);
    return composer_.finish(named);
  }

 private:
  static std::string class_of(const json& layer) { return text_of(field(layer, "class_name")); }
  static std::string name_of(const json& layer) {
    const std::string name = text_of(field(layer, "name"));
    return name.empty() ? text_of(field(field(layer, "config"), "name")) : name;
  }
  static bool is_sequential(const json& model) { return class_of(model) == "Sequential"; }
  static bool is_graph(const json& model) {
    return class_of(model) == "Functional" || class_of(model) == "Model";
  }

  // What is not of Keras itself holds code of its own.
  static Status check_origin(const json& layer) {
    const std::string module = text_of(field(layer, "module"));
    const std::string registered = text_of(field(layer, "registered_name"));
    const bool keras = module.empty() || module == "keras" || module.rfind("keras.", 0) == 0 ||
                       module.rfind("tf_keras.", 0) == 0;
    if (keras && registered.find('>') == std::string::npos) return {};
    return not_compiled("class '" + archive::shown(class_of(layer)) + "' of module '" +
                            archive::shown(module) +
                            "' is not one of Keras: its code is not in the file, and would not be "
                            "executed",
                        "build the model from layers of Keras, or export it to ONNX");
  }

  // ---- the model as a whole ----

  Status follow_top(std::vector<std::string>& outputs) {
    std::vector<onnx::Composer::Input> inputs;
    MLE_TRY(check_origin(model_.config));
    if (is_sequential(model_.config)) {
      MLE_TRY(sequential_input(inputs));
    } else if (is_graph(model_.config)) {
      MLE_TRY(graph_inputs(inputs));
    } else {
      return not_compiled(
          "models of class '" + archive::shown(class_of(model_.config)) + "' are not compiled",
          "a subclassed model keeps its code in your program: build it with "
          "keras.Sequential or keras.Model(inputs, outputs), or export it to ONNX");
    }
    if (!composer_.declare(inputs)) return {};
    std::vector<std::string> names;
    for (const auto& input : inputs) names.push_back(input.name);
    input_names_ = names;
    const hdf5::Node* root = model_.legacy ? nullptr : &model_.weights;
    MLE_TRY_ASSIGN(outputs, follow(model_.config, {root, nullptr, false}, std::move(names), 0));
    return {};
  }

  static Status declare(const json& config, const json& shape, const std::string& name,
                        std::vector<onnx::Composer::Input>& inputs) {
    onnx::Composer::Input input;
    input.name = name.empty() ? "x" : name;
    std::string dtype = text_of(field(config, "dtype"));
    if (dtype.empty()) dtype = text_of(field(field(field(config, "dtype"), "config"), "name"));
    struct Known {
      std::string_view name;
      DType dtype;
    };
    static constexpr Known kTypes[] = {{"", DType::F32},         {"float32", DType::F32},
                                       {"float64", DType::F64},  {"float16", DType::F32},
                                       {"bfloat16", DType::F32}, {"mixed_float16", DType::F32},
                                       {"int32", DType::I32},    {"mixed_bfloat16", DType::F32},
                                       {"int64", DType::I64},    {"int16", DType::I16},
                                       {"int8", DType::I8},      {"uint8", DType::U8},
                                       {"bool", DType::Bool}};
    const auto known = std::ranges::find(kTypes, std::string_view(dtype), &Known::name);
    if (known == std::end(kTypes))
      return Status::make(
          Code::Unsupported, C207_UnsupportedType, Status::kNoOffset,
          "input '" + archive::shown(input.name) + "' is of type '" + archive::shown(dtype) + "'",
          "mle takes numbers");
    input.dtype = known->dtype;
    if (!shape.is_array() || shape.empty())
      return Status::make(Code::Unsupported, C210_DynamicShape, Status::kNoOffset,
                          "input '" + archive::shown(input.name) + "' has no shape",
                          "build the model with keras.Input(shape) before saving it");
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      // Keras does not hold rows to the batch of the configuration.
      const auto length = axis == 0 ? std::nullopt : integer_of(shape[axis]);
      if (length && (*length < 1 || *length > static_cast<int64_t>(format::kMaxDim)))
        return wrong_layer("an axis of no usable length");
      input.dims.push_back(static_cast<uint32_t>(length.value_or(0)));
      input.axes.push_back(input.name + "." + std::to_string(axis));
    }
    inputs.push_back(std::move(input));
    return {};
  }

  static const json& shape_of(const json& config) {
    const json& shape = field(config, "batch_shape");
    return shape.is_null() ? field(config, "batch_input_shape") : shape;
  }

  // What the first layer, or the model, says of the shape it was built for.
  Status sequential_input(std::vector<onnx::Composer::Input>& inputs) {
    const json& config = field(model_.config, "config");
    const json& first = element(config.is_array() ? config : field(config, "layers"), 0);
    const json& own = field(first, "config");
    if (class_of(first) == "InputLayer") return declare(own, shape_of(own), name_of(first), inputs);
    const json* shape = &shape_of(own);
    if (shape->is_null()) shape = &field(config, "build_input_shape");
    if (shape->is_null()) shape = &field(field(first, "build_config"), "input_shape");
    return declare(json::object(), *shape, "", inputs);
  }

  Status graph_inputs(std::vector<onnx::Composer::Input>& inputs) {
    const json& config = field(model_.config, "config");
    for (const Port& port : ports_of(field(config, "input_layers"))) {
      const json* found = nullptr;
      const json& layers = field(config, "layers");
      for (const json& layer : items_of(layers))
        if (name_of(layer) == port.reference.layer) found = &layer;
      if (found == nullptr) return wrong_layer("an input without a layer");
      const json& own = field(*found, "config");
      MLE_TRY(declare(own, shape_of(own), port.name, inputs));
    }
    for (const Port& port : ports_of(field(config, "output_layers")))
      output_names_.push_back(port.name);
    outputs_have_names_ = field(config, "output_layers").is_object();
    if (inputs.empty()) return wrong_layer("the model has no inputs");
    return {};
  }

  // ---- layers ----

  // Where the variables of the layers of a model lie, in the order of the layers.
  std::vector<Place> places_of(const json& layers, const Place& model, bool is_top) const {
    std::vector<Place> places;
    std::map<std::string, int> used;
    const hdf5::Node* group = nullptr;
    if (model.group != nullptr) {
      group = model.group->find("layers");
      if (group == nullptr) group = model.group->find("_layer_checkpoint_dependencies");
    }
    for (const json& layer : layers) {
      Place place;
      if (model_.legacy) {
        place.legacy = is_top ? model_.weights.find(name_of(layer)) : model.legacy;
        place.nested = !is_top;
      } else if (group != nullptr) {
        const std::string base = snake_case(class_of(layer));
        const int number = used[base]++;
        place.group = group->find(number == 0 ? base : base + "_" + std::to_string(number));
        // Files that say which layer a group is of are taken at their word.
        for (const auto& [key, child] : group->children) {
          const hdf5::Node* vars = child.find("vars");
          if (vars != nullptr && vars->text("name") == name_of(layer)) place.group = &child;
        }
      }
      places.push_back(place);
    }
    return places;
  }

  // NOLINTNEXTLINE(misc-no-recursion): kMaxDepth
  Result<std::vector<std::string>> follow(const json& model, const Place& place,
                                          std::vector<std::string> inputs, int depth) {
    if (depth > kMaxDepth) return not_compiled("models are nested too deeply");
    const json& config = field(model, "config");
    const json& layers = config.is_array() ? config : field(config, "layers");
    if (!layers.is_array() || layers.size() > kMaxLayers)
      return wrong_layer("a model without a list of layers");
    const std::vector<Place> places = places_of(layers, place, depth == 0);
    if (is_graph(model)) return follow_graph(config, layers, places, std::move(inputs), depth);
    for (size_t i = 0; i < layers.size(); ++i) {
      if (class_of(layers[i]) == "InputLayer") continue;
      MLE_TRY_ASSIGN(inputs, call(layers[i], places[i], std::move(inputs), depth));
    }
    return inputs;
  }

  // NOLINTNEXTLINE(misc-no-recursion): kMaxDepth
  Result<std::vector<std::string>> call(const json& layer, const Place& place,
                                        std::vector<std::string> inputs, int depth) {
    const std::string name = name_of(layer);
    place_ = "layer '" + archive::shown(name) + "'";
    composer_.set_place(name);
    MLE_TRY(check_origin(layer));
    if (inputs.empty()) return wrong_layer("it is called with nothing");
    if (is_sequential(layer) || is_graph(layer))
      return follow(layer, place, std::move(inputs), depth + 1);
    MLE_TRY(settle_dtypes(layer, inputs));
    Layer one(shared_, field(layer, "config"), class_of(layer), name, place, std::move(inputs));
    MLE_TRY_ASSIGN(std::string y, run_layer(one));
    return std::vector<std::string>{std::move(y)};
  }

  // A layer casts what it takes to the type it computes in.
  Status settle_dtypes(const json& layer, std::vector<std::string>& inputs) {
    static constexpr std::string_view kOfReals[] = {
        "Dense",      "EinsumDense",        "Rescaling",          "Normalization",
        "Activation", "BatchNormalization", "LayerNormalization", "UnitNormalization"};
    const json& dtype = field(field(layer, "config"), "dtype");
    const std::string policy =
        dtype.is_string() ? text_of(dtype) : text_of(field(field(dtype, "config"), "name"));
    if (policy.find("16") != std::string::npos)
      composer_.note("what the model computes in 16 bits is computed in f32");
    const DType real = policy == "float64" ? DType::F64 : DType::F32;
    const bool of_reals = std::ranges::find(kOfReals, class_of(layer)) != std::end(kOfReals);
    for (std::string& input : inputs) {
      const DType own = composer_.shape(input).dtype;
      const bool is_real = own == DType::F32 || own == DType::F64;
      if (own == real || (is_real ? policy.empty() : !of_reals)) continue;
      MLE_TRY_ASSIGN(input, composer_.add_one(
                                {"Cast", {input}, {{"to", int64_t{real == DType::F64 ? 11 : 1}}}}));
    }
    return {};
  }

  // NOLINTNEXTLINE(misc-no-recursion): JSON is 64 deep at most
  static void collect(const json& given, std::vector<Reference>& all) {
    if (const auto one = reference_of(field(field(given, "config"), "keras_history"))) {
      all.push_back(*one);
      return;
    }
    if (given.is_array() || given.is_object())
      for (const auto& [key, item] : given.items()) collect(item, all);
  }

  // Whether an argument called mask holds a tensor that the layer minds.
  static bool minds_mask(const json& layer, const json& mask) {
    static constexpr std::string_view kMinding[] = {"Softmax", "GlobalAveragePooling1D",
                                                    "TimeDistributed"};
    std::vector<Reference> tensors;
    collect(mask, tensors);
    return !tensors.empty() && std::ranges::find(kMinding, class_of(layer)) != std::end(kMinding);
  }

  // The tensors a call takes, in the ways of versions 2 and 3.
  static Result<std::vector<Reference>> arguments_of(const json& layer, const json& node) {
    std::vector<Reference> all;
    if (is_function(layer)) {
      collect(field(node, "args"), all);
      collect(field(node, "kwargs"), all);
      return all;
    }
    if (node.is_array()) {  // [["dense", 0, 0, {}], …]
      const json list = reference_of(node) ? json::array({node}) : node;
      for (const json& item : list) {
        const auto one = reference_of(item);
        if (!one) return not_compiled("a call with something that is no tensor is not compiled");
        if (item.size() > 3 && item[3].is_object() && !item[3].empty())
          return not_compiled("a call with further arguments is not compiled");
        all.push_back(*one);
      }
      return all;
    }
    const json& args = field(node, "args");
    std::vector<const json*> rest;
    for (const json& arg : items_of(args)) rest.push_back(&arg);
    for (size_t i = 0; i < rest.size() && rest.size() <= kMaxLayers; ++i) {
      const json& arg = *rest[i];
      if (arg.is_array()) {
        std::vector<const json*> inner;
        for (const json& item : arg) inner.push_back(&item);
        rest.insert(rest.begin() + static_cast<ptrdiff_t>(i) + 1, inner.begin(), inner.end());
        continue;
      }
      const auto one = reference_of(field(field(arg, "config"), "keras_history"));
      if (!one) return not_compiled("a call with something that is no tensor is not compiled");
      all.push_back(*one);
    }
    static const json kNone = json::object();
    const json& kwargs = field(node, "kwargs");
    const json& named = kwargs.is_object() ? kwargs : kNone;
    for (const auto& [key, value] : named.items())
      if (!value.is_null() && key != "training" && (key != "mask" || minds_mask(layer, value)))
        return not_compiled("a call with the argument '" + archive::shown(key) +
                            "' is not compiled");
    return all;
  }

  // NOLINTNEXTLINE(misc-no-recursion): kMaxDepth
  Result<std::vector<std::string>> follow_graph(const json& config, const json& layers,
                                                const std::vector<Place>& places,
                                                std::vector<std::string> inputs, int depth) {
    std::map<Reference, std::string> known;
    const std::vector<Port> ports = ports_of(field(config, "input_layers"));
    if (ports.size() != inputs.size()) return wrong_layer("a model called with other inputs");
    for (size_t i = 0; i < ports.size(); ++i) known[ports[i].reference] = inputs[i];

    struct Pending {
      size_t layer;
      int64_t node;
      const json* call;
      std::vector<Reference> arguments;
    };
    // A model that is a layer has a node of its own before those of its calls: versions before 3
    // count it everywhere, later ones where a graph names its outputs.
    std::set<std::string> counts_own;
    for (const json& layer : layers)
      if (is_graph(layer) || (is_sequential(layer) && shared_.keras_version < 3))
        counts_own.insert(name_of(layer));
    const auto find = [&](const Reference& wanted, bool is_output) {
      Reference other = wanted;
      if (other.node > 0 && counts_own.contains(wanted.layer) &&
          (is_output || shared_.keras_version < 3))
        --other.node;
      return known.find(other);
    };
    std::vector<Pending> pending;
    for (size_t i = 0; i < layers.size(); ++i) {
      const json& nodes = field(layers[i], "inbound_nodes");
      int64_t number = 0;
      for (const json& node : items_of(nodes)) {
        place_ = "layer '" + archive::shown(name_of(layers[i])) + "'";
        if (class_of(layers[i]) == "InputLayer") continue;
        MLE_TRY(check_origin(layers[i]));
        MLE_TRY_ASSIGN(auto arguments, arguments_of(layers[i], node));
        pending.push_back({i, number++, &node, std::move(arguments)});
      }
    }
    // Files are nearly always sorted: one pass does it.
    for (bool progress = true; progress && !pending.empty();) {
      progress = false;
      std::vector<Pending> later;
      for (Pending& one : pending) {
        const bool ready = std::ranges::all_of(one.arguments, [&](const Reference& reference) {
          return find(reference, false) != known.end();
        });
        if (!ready) {
          later.push_back(std::move(one));
          continue;
        }
        progress = true;
        std::vector<std::string> given;
        for (const Reference& reference : one.arguments)
          given.push_back(find(reference, false)->second);
        const json& layer = layers[one.layer];
        std::vector<std::string> made;
        if (is_function(layer)) {
          place_ = "layer '" + archive::shown(name_of(layer)) + "'";
          composer_.set_place(name_of(layer));
          MLE_TRY_ASSIGN(made, run_function(composer_, layer, *one.call, given));
        } else {
          MLE_TRY_ASSIGN(made, call(layer, places[one.layer], std::move(given), depth));
        }
        for (size_t i = 0; i < made.size(); ++i)
          known[{name_of(layer), one.node, static_cast<int64_t>(i)}] = made[i];
      }
      pending = std::move(later);
    }
    std::vector<std::string> outputs;
    for (const Port& port : ports_of(field(config, "output_layers"))) {
      const auto found = find(port.reference, true);
      if (found == known.end())
        return wrong_layer("output '" + archive::shown(port.name) + "' is computed by no layer");
      outputs.push_back(found->second);
    }
    if (outputs.empty()) return wrong_layer("the model has no outputs");
    return outputs;
  }

  const Source& model_;
  Problems& problems_;
  onnx::Composer composer_;
  Shared shared_;
  std::string place_;
  std::vector<std::string> input_names_, output_names_;
  bool outputs_have_names_ = false;
};

}  // namespace

std::optional<Graph> read_model(const Source& model, const SourceFile& source,
                                const ImportOptions& options, Problems& problems) {
  return Model(model, source, options, problems).run();
}

}  // namespace mle::compiler::keras
