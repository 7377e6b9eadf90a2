// Layers of several inputs.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/keras/layer.h"

#include <string_view>
#include <utility>

namespace mle::compiler::keras {
namespace {

// One after the other.
Result<std::string> folded(Layer& layer, const char* type) {
  if (layer.inputs().size() < 2) return wrong_layer("it merges fewer than two tensors");
  std::string y = layer.x();
  for (size_t i = 1; i < layer.inputs().size(); ++i) {
    MLE_TRY_ASSIGN(y, layer.node(type, {y, layer.inputs()[i]}));
  }
  return y;
}

Result<std::string> read_add(Layer& layer) { return folded(layer, "Add"); }
Result<std::string> read_multiply(Layer& layer) { return folded(layer, "Mul"); }
Result<std::string> read_maximum(Layer& layer) { return folded(layer, "Max"); }
Result<std::string> read_minimum(Layer& layer) { return folded(layer, "Min"); }

Result<std::string> read_subtract(Layer& layer) {
  if (layer.inputs().size() != 2) return wrong_layer("it subtracts other than two tensors");
  return folded(layer, "Sub");
}

Result<std::string> read_average(Layer& layer) {
  MLE_TRY_ASSIGN(const std::string sum, folded(layer, "Add"));
  return layer.node("Div", {sum, layer.number(static_cast<double>(layer.inputs().size()))});
}

Result<std::string> read_concatenate(Layer& layer) {
  MLE_TRY_ASSIGN(const int64_t given, layer.integer("axis", -1));
  MLE_TRY_ASSIGN(const size_t axis, layer.axis(given));
  return layer.node("Concat", layer.inputs(), {{"axis", static_cast<int64_t>(axis)}});
}

// The inner product of two vectors of each row.
Result<std::string> read_dot(Layer& layer) {
  if (layer.inputs().size() != 2) return wrong_layer("it multiplies other than two tensors");
  MLE_TRY_ASSIGN(const auto axes, layer.integers("axes"));
  bool last = axes && !axes->empty() && axes->size() <= 2;
  for (const int64_t axis : last ? *axes : std::vector<int64_t>())
    last = last && (axis == 1 || axis == -1);
  const size_t other = layer.composer().shape(layer.inputs()[1]).rank();
  if (!last || layer.rank() != 2 || other != 2)
    return not_compiled("products of other than vectors are not compiled");
  std::string sides[2] = {layer.inputs()[0], layer.inputs()[1]};
  const std::string axis = layer.composer().integers({1});
  if (layer.flag("normalize", false))
    for (std::string& side : sides) {
      MLE_TRY_ASSIGN(const std::string norm,
                     layer.node("ReduceL2", {side, axis}, {{"keepdims", int64_t{1}}}));
      MLE_TRY_ASSIGN(const std::string by, layer.node("Max", {norm, layer.number(1e-6)}));
      MLE_TRY_ASSIGN(side, layer.node("Div", {side, by}));
    }
  MLE_TRY_ASSIGN(const std::string product, layer.node("Mul", {sides[0], sides[1]}));
  return layer.node("ReduceSum", {product, axis}, {{"keepdims", int64_t{1}}});
}

constexpr LayerKind kKinds[] = {
    {"Add", read_add},
    {"Multiply", read_multiply},
    {"Maximum", read_maximum},
    {"Minimum", read_minimum},
    {"Subtract", read_subtract},
    {"Average", read_average},
    {"Concatenate", read_concatenate},
    {"Dot", read_dot},
};

}  // namespace

std::span<const LayerKind> merge_layers() { return kKinds; }

}  // namespace mle::compiler::keras
