// Layer: one layer of a Keras model with its configuration, its weights, and the tensors it is
// called with.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/aten/call.h"
#include "compiler/import/hdf5/hdf5.h"
#include "compiler/import/json/fields.h"
#include "compiler/import/onnx/composer.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mle::compiler::keras {

using nlohmann::json;

// Where a layer's variables lie.
struct Place {
  const hdf5::Node* group = nullptr;   // of version 3: has "vars", numbered
  const hdf5::Node* legacy = nullptr;  // of a layer of the top: the attribute weight_names
  bool nested = false;                 // legacy: others' weights lie in the group, too
};

// What the whole model shares.
struct Shared {
  onnx::Composer& composer;
  int keras_version = 3;
  bool is_masked = false;  // an embedding masks its zeros
  // Constants made of variables, by where these lie.
  std::map<const void*, std::string> constants = {};
};

Status wrong_layer(const std::string& what);
Status not_compiled(const std::string& what, const std::string& hint = {});

class Layer {
 public:
  Layer(Shared& shared, const json& config, std::string class_name, std::string name, Place place,
        std::vector<std::string> inputs)
      : shared_(shared),
        config_(config),
        class_name_(std::move(class_name)),
        name_(std::move(name)),
        place_(place),
        inputs_(std::move(inputs)) {}

  const std::string& class_name() const { return class_name_; }
  Shared& shared() { return shared_; }
  onnx::Composer& composer() { return shared_.composer; }
  const json& config() const { return config_; }
  const Place& place() const { return place_; }

  // Inputs; a layer of one input takes the first.
  const std::vector<std::string>& inputs() const { return inputs_; }
  const std::string& x() const { return inputs_[0]; }
  size_t rank() const { return shared_.composer.shape(inputs_[0]).rank(); }
  std::vector<onnx::Length> dims() const { return shared_.composer.shape(inputs_[0]).dims; }
  DType dtype() const { return shared_.composer.shape(inputs_[0]).dtype; }

  // The configuration.
  double real(const char* key, double otherwise) const;
  bool flag(const char* key, bool otherwise) const;
  Result<int64_t> integer(const char* key, std::optional<int64_t> otherwise = {}) const;
  // Of a number or a list of numbers; nothing where absent.
  Result<std::optional<std::vector<int64_t>>> integers(const char* key) const;
  std::string text(const char* key, const std::string& otherwise) const;
  bool has(const char* key) const { return !field(config_, key).is_null(); }
  // "axis" as an index into dims(); the batch axis is refused.
  Result<size_t> axis(int64_t given) const;

  // The layer's variables in the order Keras numbers them, as constants of the graph.
  Result<std::vector<std::string>> variables(const std::vector<std::string_view>& roles);

  // Operators.
  Result<std::string> node(std::string type, std::vector<std::string> inputs,
                           std::vector<onnx::Attribute> attributes = {});
  Result<std::string> torch(std::string_view op, const std::string& x, aten::Named arguments = {});
  std::string number(double value) { return shared_.composer.number(value, dtype()); }
  Result<std::string> activated(const std::string& x, const json& activation);

 private:
  Result<const network::WeightTensor*> variable(size_t index, std::string_view role) const;

  Shared& shared_;
  const json& config_;
  std::string class_name_, name_;
  Place place_;
  std::vector<std::string> inputs_;
};

struct LayerKind {
  const char* name;
  Result<std::string> (*read)(Layer&);
};

// The kinds of layer, each family in its own file.
std::span<const LayerKind> dense_layers();
std::span<const LayerKind> activation_layers();
std::span<const LayerKind> normalise_layers();
std::span<const LayerKind> merge_layers();
std::span<const LayerKind> shape_layers();

// What the layer gives; refuses unknown kinds by name.
Result<std::string> run_layer(Layer& layer);

}  // namespace mle::compiler::keras
