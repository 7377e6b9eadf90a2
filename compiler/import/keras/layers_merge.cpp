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

// x / max(|x|, 1e-6) along an axis.
Result<std::string> normalised(Layer& layer, const std::string& x, int64_t axis) {
  MLE_TRY_ASSIGN(
      const std::string norm,
      layer.node("ReduceL2", {x, layer.composer().integers({axis})}, {{"keepdims", int64_t{1}}}));
  MLE_TRY_ASSIGN(const std::string by, layer.node("Max", {norm, layer.number(1e-6)}));
  return layer.node("Div", {x, by});
}

// The sums of products along an axis of either side, of each row by itself: [.., axis] of the left,
// times [axis, ..] of the right.
Result<std::string> read_dot(Layer& layer) {
  if (layer.inputs().size() != 2) return wrong_layer("it multiplies other than two tensors");
  MLE_TRY_ASSIGN(const auto given, layer.integers("axes"));
  if (!given || given->empty() || given->size() > 2) return wrong_layer("without its axes");
  std::string sides[2] = {layer.inputs()[0], layer.inputs()[1]};
  int64_t axes[2] = {given->front(), given->back()};
  size_t ranks[2];
  for (int i = 0; i < 2; ++i) {
    ranks[i] = layer.composer().shape(sides[i]).rank();
    const auto rank = static_cast<int64_t>(ranks[i]);
    if (axes[i] < 0) axes[i] += rank;
    if (axes[i] < 1 || axes[i] >= rank) return wrong_layer("its axes do not fit");
    if (rank > 3) return not_compiled("of more than two axes of a row it is not compiled");
    if (layer.flag("normalize", false)) {
      MLE_TRY_ASSIGN(sides[i], normalised(layer, sides[i], axes[i]));
    }
  }
  if (ranks[0] == 2 && ranks[1] == 2) {
    MLE_TRY_ASSIGN(const std::string product, layer.node("Mul", {sides[0], sides[1]}));
    return layer.node("ReduceSum", {product, layer.composer().integers({1})},
                      {{"keepdims", int64_t{1}}});
  }
  const std::vector<int64_t> turn = {0, 2, 1};
  for (int i = 0; i < 2; ++i) {
    if (ranks[i] == 2) {  // a row of its own on the left, a column on the right
      MLE_TRY_ASSIGN(sides[i], layer.node("Unsqueeze",
                                          {sides[i], layer.composer().integers({i == 0 ? 1 : 2})}));
    } else if (axes[i] != (i == 0 ? 2 : 1)) {
      MLE_TRY_ASSIGN(sides[i], layer.node("Transpose", {sides[i]}, {{"perm", turn}}));
    }
  }
  MLE_TRY_ASSIGN(const std::string product, layer.node("MatMul", {sides[0], sides[1]}));
  if (ranks[0] == 3 && ranks[1] == 3) return product;
  return layer.node("Squeeze", {product, layer.composer().integers({ranks[0] == 2 ? 1 : 2})});
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
