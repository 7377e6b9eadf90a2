// Normalisations and scalings.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/keras/layer.h"

#include <algorithm>
#include <cmath>
#include <utility>

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

// The normalised axes, in order.
Result<std::vector<int64_t>> axes_of(Layer& layer) {
  MLE_TRY_ASSIGN(const auto given, layer.integers("axis"));
  std::vector<int64_t> axes;
  for (const int64_t one : given ? *given : std::vector<int64_t>{-1}) {
    MLE_TRY_ASSIGN(const size_t axis, layer.axis(one));
    axes.push_back(static_cast<int64_t>(axis));
  }
  std::sort(axes.begin(), axes.end());
  if (axes.empty() || std::adjacent_find(axes.begin(), axes.end()) != axes.end())
    return wrong_layer("its axes are no axes");
  return axes;
}

// All axes with these moved to the end; its inverse moves them back.
std::vector<int64_t> moved_last(Layer& layer, const std::vector<int64_t>& axes) {
  std::vector<int64_t> order;
  for (int64_t axis = 0; axis < static_cast<int64_t>(layer.rank()); ++axis)
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) order.push_back(axis);
  order.insert(order.end(), axes.begin(), axes.end());
  return order;
}
std::vector<int64_t> inverse_of(const std::vector<int64_t>& order) {
  std::vector<int64_t> inverse(order.size());
  for (size_t i = 0; i < order.size(); ++i)
    inverse[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
  return inverse;
}
Result<std::string> transposed(Layer& layer, const std::string& x,
                               const std::vector<int64_t>& order) {
  if (std::is_sorted(order.begin(), order.end())) return x;
  return layer.node("Transpose", {x}, {{"perm", order}});
}

Result<std::string> ones(Layer& layer, const std::vector<onnx::Length>& dims) {
  return layer.node("Expand", {layer.number(1), layer.composer().lengths(dims)});
}

// gamma and beta of a normalisation; empty names where it has none.
Result<std::pair<std::string, std::string>> gamma_and_beta(Layer& layer) {
  std::vector<std::string_view> roles;
  if (layer.flag("scale", true)) roles.push_back("gamma");
  if (layer.flag("center", true)) roles.push_back("beta");
  std::pair<std::string, std::string> both;
  if (roles.empty()) return both;
  MLE_TRY_ASSIGN(const auto names, layer.variables(roles));
  for (size_t i = 0; i < roles.size(); ++i)
    (roles[i] == "gamma" ? both.first : both.second) = names[i];
  return both;
}

Result<std::string> read_layer_norm(Layer& layer) {
  MLE_TRY_ASSIGN(const auto axes, axes_of(layer));
  const auto order = moved_last(layer, axes);
  if (layer.flag("rms_scaling", false)) {  // x / sqrt(variance + epsilon) gamma
    if (axes.size() != 1 || !std::is_sorted(order.begin(), order.end()))
      return not_compiled("with rms_scaling over other than the last axis it is not compiled",
                          "use RMSNormalization");
    MLE_TRY_ASSIGN(const auto names, layer.variables({"gamma"}));
    MLE_TRY_ASSIGN(const std::string variance,
                   layer.torch("var", layer.x(),
                               {{"dim", aten::Value::whole(axes[0])},
                                {"correction", aten::Value::whole(0)},
                                {"keepdim", aten::Value::boolean(true)}}));
    MLE_TRY_ASSIGN(const std::string raised,
                   layer.node("Add", {variance, layer.number(layer.real("epsilon", 1e-3))}));
    MLE_TRY_ASSIGN(const std::string by, layer.torch("rsqrt", raised));
    MLE_TRY_ASSIGN(const std::string scaled_by, layer.node("Mul", {layer.x(), by}));
    return layer.node("Mul", {scaled_by, names[0]});
  }
  std::vector<onnx::Length> dims;
  for (const int64_t axis : axes) dims.push_back(layer.dims()[static_cast<size_t>(axis)]);
  MLE_TRY_ASSIGN(auto both, gamma_and_beta(layer));
  if (both.first.empty()) {
    MLE_TRY_ASSIGN(both.first, ones(layer, dims));
  }
  for (std::string* part : {&both.first, &both.second})
    if (!part->empty() && axes.size() > 1) {
      MLE_TRY_ASSIGN(*part, layer.node("Reshape", {*part, layer.composer().lengths(dims)}));
    }
  MLE_TRY_ASSIGN(const std::string x, transposed(layer, layer.x(), order));
  MLE_TRY_ASSIGN(const std::string y, layer.node("LayerNormalization", {x, both.first, both.second},
                                                 {{"axis", -static_cast<int64_t>(axes.size())},
                                                  {"epsilon", layer.real("epsilon", 1e-3)}}));
  return transposed(layer, y, inverse_of(order));
}

// Every group of neighbouring entries of an axis normalised with all that belongs to them, then
// gamma and beta by entry.
Result<std::string> read_group_norm(Layer& layer) {
  MLE_TRY_ASSIGN(const size_t axis, one_axis(layer));
  const auto dims = layer.dims();
  const onnx::Length width = dims[axis];
  int64_t groups = integer_of(field(layer.config(), "groups")).value_or(32);
  if (groups == -1) groups = width.fixed;
  if (!width.is_fixed() || groups < 1 || width.fixed % groups != 0)
    return wrong_layer("its groups do not divide the columns");
  std::vector<int64_t> order = {0, static_cast<int64_t>(axis)};
  std::vector<onnx::Length> turned = {dims[0], width};
  int64_t each = width.fixed / groups;
  for (size_t i = 1; i < dims.size(); ++i) {
    if (i == axis) continue;
    if (!dims[i].is_fixed() || dims[i].fixed < 1 || each > (int64_t{1} << 30) / dims[i].fixed)
      return wrong_layer("its rows have no fixed shape");
    each *= dims[i].fixed;
    order.push_back(static_cast<int64_t>(i));
    turned.push_back(dims[i]);
  }
  MLE_TRY_ASSIGN(const std::string x, transposed(layer, layer.x(), order));
  MLE_TRY_ASSIGN(
      const std::string apart,
      layer.node("Reshape", {x, layer.composer().lengths({dims[0], {groups, 0}, {each, 0}})}));
  MLE_TRY_ASSIGN(const std::string one, ones(layer, {{each, 0}}));
  MLE_TRY_ASSIGN(const std::string normal,
                 layer.node("LayerNormalization", {apart, one},
                            {{"axis", int64_t{2}}, {"epsilon", layer.real("epsilon", 1e-3)}}));
  MLE_TRY_ASSIGN(const std::string joined,
                 layer.node("Reshape", {normal, layer.composer().lengths(turned)}));
  MLE_TRY_ASSIGN(std::string y, transposed(layer, joined, inverse_of(order)));
  MLE_TRY_ASSIGN(auto both, gamma_and_beta(layer));
  std::vector<onnx::Length> along_axis(dims.size() - axis, onnx::Length{1, 0});
  along_axis[0] = width;
  for (std::string* part : {&both.first, &both.second}) {
    if (part->empty()) continue;
    MLE_TRY_ASSIGN(*part, layer.node("Reshape", {*part, layer.composer().lengths(along_axis)}));
    MLE_TRY_ASSIGN(y, layer.node(part == &both.first ? "Mul" : "Add", {y, *part}));
  }
  return y;
}

Result<std::string> read_rms_norm(Layer& layer) {
  MLE_TRY_ASSIGN(const auto axes, axes_of(layer));
  const auto order = moved_last(layer, axes);
  if (!std::is_sorted(order.begin(), order.end()))
    return not_compiled("over other axes than the last ones it is not compiled",
                        "normalise the last axis, behind a Permute");
  MLE_TRY_ASSIGN(const auto names, layer.variables({"scale"}));
  return layer.node("RMSNormalization", {layer.x(), names[0]},
                    {{"axis", axes[0]}, {"epsilon", layer.real("epsilon", 1e-6)}});
}

Result<std::string> read_unit_norm(Layer& layer) {
  MLE_TRY_ASSIGN(const auto axes, axes_of(layer));
  MLE_TRY_ASSIGN(const std::string norm,
                 layer.node("ReduceL2", {layer.x(), layer.composer().integers(axes)},
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
