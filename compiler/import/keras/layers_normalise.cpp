// Normalisations and scalings.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/keras/layer.h"

#include <algorithm>
#include <cmath>

namespace mle::compiler::keras {
namespace {

using Numbers = std::vector<double>;

// A vector along one axis of the rows, as a constant that is broadcast to them.
Result<std::string> along(Layer& layer, const Numbers& numbers, size_t axis) {
  const std::string flat = layer.composer().numbers(numbers, layer.dtype());
  if (axis + 1 == layer.rank()) return flat;
  std::vector<onnx::Length> dims(layer.rank() - axis, onnx::Length{1, 0});
  dims[0].fixed = static_cast<int64_t>(numbers.size());
  return layer.node("Reshape", {flat, layer.composer().lengths(dims)});
}

Result<std::string> scaled(Layer& layer, const std::string& x, const Numbers& by,
                           const Numbers& plus, size_t axis) {
  MLE_TRY_ASSIGN(const std::string factor, along(layer, by, axis));
  MLE_TRY_ASSIGN(const std::string shift, along(layer, plus, axis));
  MLE_TRY_ASSIGN(const std::string product, layer.node("Mul", {x, factor}));
  return layer.node("Add", {product, shift});
}

Result<size_t> one_axis(Layer& layer) {
  MLE_TRY_ASSIGN(const auto axes, layer.integers("axis"));
  if (axes && axes->size() != 1) return not_compiled("over several axes it is not compiled");
  return layer.axis(axes ? axes->front() : -1);
}

// (x - mean) / sqrt(variance + epsilon) gamma + beta with the statistics of training.
Result<std::string> read_batch_norm(Layer& layer) {
  MLE_TRY_ASSIGN(const size_t axis, one_axis(layer));
  const bool scale = layer.flag("scale", true), center = layer.flag("center", true);
  std::vector<std::string_view> roles;
  if (scale) roles.push_back("gamma");
  if (center) roles.push_back("beta");
  roles.push_back("moving_mean");
  roles.push_back("moving_variance");
  MLE_TRY_ASSIGN(const auto names, layer.variables(roles));
  const onnx::Length length = layer.dims()[axis];
  std::vector<Numbers> vectors;
  for (const std::string& name : names) {
    const auto numbers = layer.composer().reals(name);
    if (!numbers || onnx::Length{static_cast<int64_t>(numbers->size()), 0} != length)
      return wrong_layer("its variables do not fit the rows it gets");
    vectors.push_back(*numbers);
  }
  const size_t count = vectors[0].size();
  const Numbers gamma = scale ? vectors[0] : Numbers(count, 1);
  const Numbers beta = center ? vectors[scale ? 1 : 0] : Numbers(count, 0);
  const Numbers &mean = vectors[vectors.size() - 2], &variance = vectors.back();
  const double epsilon = layer.real("epsilon", 1e-3);
  Numbers by(count), plus(count);
  for (size_t i = 0; i < count; ++i) {
    by[i] = gamma[i] / std::sqrt(variance[i] + epsilon);
    plus[i] = beta[i] - mean[i] * by[i];
  }
  return scaled(layer, layer.x(), by, plus, axis);
}

// The first of the normalised axes, which must be the last ones.
Result<size_t> trailing_axes(Layer& layer) {
  MLE_TRY_ASSIGN(const auto given, layer.integers("axis"));
  std::vector<size_t> axes;
  for (const int64_t one : given ? *given : std::vector<int64_t>{-1}) {
    MLE_TRY_ASSIGN(const size_t axis, layer.axis(one));
    axes.push_back(axis);
  }
  std::sort(axes.begin(), axes.end());
  for (size_t i = 0; i < axes.size(); ++i)
    if (axes[i] != layer.rank() - axes.size() + i)
      return not_compiled("over other axes than the last ones it is not compiled");
  if (axes.empty()) return wrong_layer("it normalises no axis");
  return axes[0];
}

// A variable with the dims of the normalised axes, or ones.
Result<std::string> ones_from(Layer& layer, size_t axis) {
  const auto dims = layer.dims();
  const std::vector<onnx::Length> rest(dims.begin() + static_cast<ptrdiff_t>(axis), dims.end());
  return layer.node("Expand", {layer.number(1), layer.composer().lengths(rest)});
}

Result<std::string> read_layer_norm(Layer& layer) {
  if (layer.flag("rms_scaling", false))
    return not_compiled("with rms_scaling it is not compiled", "use RMSNormalization");
  MLE_TRY_ASSIGN(const size_t axis, trailing_axes(layer));
  const bool scale = layer.flag("scale", true), center = layer.flag("center", true);
  std::vector<std::string_view> roles;
  if (scale) roles.push_back("gamma");
  if (center) roles.push_back("beta");
  std::vector<std::string> names;
  if (!roles.empty()) {
    MLE_TRY_ASSIGN(names, layer.variables(roles));
  }
  std::string gamma;
  if (scale) {
    gamma = names[0];
  } else {
    MLE_TRY_ASSIGN(gamma, ones_from(layer, axis));
  }
  return layer.node(
      "LayerNormalization", {layer.x(), gamma, center ? names.back() : ""},
      {{"axis", static_cast<int64_t>(axis)}, {"epsilon", layer.real("epsilon", 1e-3)}});
}

// Every group of neighbouring columns normalised by itself, then gamma and beta by column.
Result<std::string> read_group_norm(Layer& layer) {
  MLE_TRY_ASSIGN(const size_t axis, one_axis(layer));
  if (layer.rank() != 2 || axis != 1)
    return not_compiled("over rows of more than one axis it is not compiled");
  const onnx::Length width = layer.dims()[1];
  int64_t groups = integer_of(field(layer.config(), "groups")).value_or(32);
  if (groups == -1) groups = width.fixed;
  if (!width.is_fixed() || groups < 1 || width.fixed % groups != 0)
    return wrong_layer("its groups do not divide the columns");
  const std::vector<onnx::Length> grouped = {
      layer.dims()[0], {groups, 0}, {width.fixed / groups, 0}};
  MLE_TRY_ASSIGN(const std::string apart,
                 layer.node("Reshape", {layer.x(), layer.composer().lengths(grouped)}));
  MLE_TRY_ASSIGN(const std::string ones,
                 layer.node("Expand", {layer.number(1), layer.composer().lengths({grouped[2]})}));
  MLE_TRY_ASSIGN(const std::string normal,
                 layer.node("LayerNormalization", {apart, ones},
                            {{"axis", int64_t{2}}, {"epsilon", layer.real("epsilon", 1e-3)}}));
  MLE_TRY_ASSIGN(std::string y,
                 layer.node("Reshape", {normal, layer.composer().lengths(layer.dims())}));
  std::vector<std::string_view> roles;
  if (layer.flag("scale", true)) roles.push_back("gamma");
  if (layer.flag("center", true)) roles.push_back("beta");
  if (roles.empty()) return y;
  MLE_TRY_ASSIGN(const auto names, layer.variables(roles));
  for (size_t i = 0; i < names.size(); ++i) {
    MLE_TRY_ASSIGN(y, layer.node(roles[i] == "gamma" ? "Mul" : "Add", {y, names[i]}));
  }
  return y;
}

Result<std::string> read_rms_norm(Layer& layer) {
  MLE_TRY_ASSIGN(const size_t axis, trailing_axes(layer));
  MLE_TRY_ASSIGN(const auto names, layer.variables({"scale"}));
  return layer.node(
      "RMSNormalization", {layer.x(), names[0]},
      {{"axis", static_cast<int64_t>(axis)}, {"epsilon", layer.real("epsilon", 1e-6)}});
}

Result<std::string> read_unit_norm(Layer& layer) {
  MLE_TRY_ASSIGN(const size_t axis, one_axis(layer));
  MLE_TRY_ASSIGN(
      const std::string norm,
      layer.node("ReduceL2", {layer.x(), layer.composer().integers({static_cast<int64_t>(axis)})},
                 {{"keepdims", int64_t{1}}}));
  MLE_TRY_ASSIGN(const std::string by, layer.node("Max", {norm, layer.number(1e-6)}));
  return layer.node("Div", {layer.x(), by});
}

// NOLINTNEXTLINE(misc-no-recursion): JSON is 64 deep at most
void flatten(const json& value, Numbers& numbers) {
  if (value.is_number()) numbers.push_back(value.get<double>());
  if (value.is_array())
    for (const json& item : value) flatten(item, numbers);
  if (value.is_object()) flatten(field(field(value, "config"), "value"), numbers);
}

// (x - mean) / max(sqrt(variance), 1e-7), or the way back.
Result<std::string> read_normalization(Layer& layer) {
  constexpr double kLeast = 1e-7;
  Numbers mean, variance;
  flatten(field(layer.config(), "mean"), mean);
  flatten(field(layer.config(), "variance"), variance);
  if (mean.empty() || variance.empty()) {
    MLE_TRY_ASSIGN(const auto names, layer.variables({"mean", "variance", "count"}));
    mean = layer.composer().reals(names[0]).value_or(Numbers());
    variance = layer.composer().reals(names[1]).value_or(Numbers());
  }
  MLE_TRY_ASSIGN(const auto axes, layer.integers("axis"));
  size_t axis = layer.rank() - 1;
  if (axes && axes->size() == 1) {
    MLE_TRY_ASSIGN(axis, layer.axis(axes->front()));
  } else if (axes && axes->size() > 1) {
    return not_compiled("over several axes it is not compiled");
  }
  const onnx::Length length = layer.dims()[axis];
  if (mean.size() == 1 && length.is_fixed() && length.fixed <= 1 << 24) {
    mean.resize(static_cast<size_t>(length.fixed), mean[0]);
    if (variance.size() == 1) variance.resize(mean.size(), variance[0]);
  }
  if (mean.size() != variance.size() ||
      onnx::Length{static_cast<int64_t>(mean.size()), 0} != length)
    return wrong_layer("its mean and variance do not fit the rows it gets");
  for (double& element : variance) element = std::max(std::sqrt(element), kLeast);
  MLE_TRY_ASSIGN(const std::string deviation, along(layer, variance, axis));
  MLE_TRY_ASSIGN(const std::string middle, along(layer, mean, axis));
  if (layer.flag("invert", false)) {
    MLE_TRY_ASSIGN(const std::string spread, layer.node("Mul", {layer.x(), deviation}));
    return layer.node("Add", {spread, middle});
  }
  MLE_TRY_ASSIGN(const std::string left, layer.node("Sub", {layer.x(), middle}));
  return layer.node("Div", {left, deviation});
}

// x scale + offset, each a number or one for each element of the last axis.
Result<std::string> read_rescaling(Layer& layer) {
  Numbers scale, offset;
  flatten(field(layer.config(), "scale"), scale);
  flatten(field(layer.config(), "offset"), offset);
  if (scale.empty()) return wrong_layer("without its scale");
  if (offset.empty()) offset = {0};
  const auto constant = [&](const Numbers& numbers) {
    return numbers.size() == 1 ? layer.number(numbers[0])
                               : layer.composer().numbers(numbers, layer.dtype());
  };
  MLE_TRY_ASSIGN(const std::string product, layer.node("Mul", {layer.x(), constant(scale)}));
  return layer.node("Add", {product, constant(offset)});
}

constexpr LayerKind kKinds[] = {
    {"BatchNormalization", read_batch_norm}, {"LayerNormalization", read_layer_norm},
    {"GroupNormalization", read_group_norm}, {"RMSNormalization", read_rms_norm},
    {"UnitNormalization", read_unit_norm},   {"Normalization", read_normalization},
    {"Rescaling", read_rescaling},
};

}  // namespace

std::span<const LayerKind> normalise_layers() { return kKinds; }

}  // namespace mle::compiler::keras
