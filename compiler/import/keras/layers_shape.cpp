// Layers that move elements, pool them, or do nothing when a model answers.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/keras/layer.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace mle::compiler::keras {
namespace {

using aten::Value;

Result<std::string> read_nothing(Layer& layer) { return layer.x(); }

Result<std::string> read_flatten(Layer& layer) {
  if (layer.text("data_format", "channels_last") == "channels_first" && layer.rank() > 2)
    return not_compiled("with channels first it is not compiled");
  return layer.torch("flatten", layer.x(), {{"start_dim", Value::whole(1)}});
}

Result<std::string> read_reshape(Layer& layer) {
  MLE_TRY_ASSIGN(const auto shape, layer.integers("target_shape"));
  if (!shape) return wrong_layer("without its target_shape");
  std::vector<onnx::Length> dims = {layer.dims()[0]};
  for (const int64_t dim : *shape) dims.push_back({dim, 0});
  return layer.node("Reshape", {layer.x(), layer.composer().lengths(dims)},
                    {{"allowzero", int64_t{1}}});
}

// dims counts the axes of a row from 1.
Result<std::string> read_permute(Layer& layer) {
  MLE_TRY_ASSIGN(const auto dims, layer.integers("dims"));
  if (!dims || dims->size() + 1 != layer.rank()) return wrong_layer("its dims do not fit");
  std::vector<Value> order = {Value::whole(0)};
  for (const int64_t dim : *dims) order.push_back(Value::whole(dim));
  return layer.torch("permute", layer.x(), {{"dims", Value::list(std::move(order))}});
}

Result<std::string> read_repeat(Layer& layer) {
  MLE_TRY_ASSIGN(const int64_t count, layer.integer("n"));
  if (layer.rank() != 2) return wrong_layer("it takes vectors");
  const auto dims = layer.dims();
  MLE_TRY_ASSIGN(const std::string y,
                 layer.torch("unsqueeze", layer.x(), {{"dim", Value::whole(1)}}));
  return layer.node("Expand", {y, layer.composer().lengths({dims[0], {count, 0}, dims[1]})});
}

Result<std::string> read_global_pool(Layer& layer) {
  const bool max = layer.class_name().rfind("GlobalMax", 0) == 0;
  if (layer.rank() != 3 || layer.text("data_format", "channels_last") != "channels_last")
    return not_compiled("of such rows it is not compiled");
  if (layer.shared().is_masked && !max)
    return not_compiled("behind a mask (Masking, mask_zero=True) it is not compiled",
                        "pool without the mask, or export the model to ONNX");
  return layer.node(max ? "ReduceMax" : "ReduceMean", {layer.x(), layer.composer().integers({1})},
                    {{"keepdims", layer.flag("keepdims", false) ? int64_t{1} : 0}});
}

Result<std::string> read_pool(Layer& layer) {
  const bool max = layer.class_name().rfind("Max", 0) == 0;
  if (layer.rank() != 3 || layer.text("data_format", "channels_last") != "channels_last" ||
      layer.text("padding", "valid") != "valid")
    return not_compiled("of such rows, or with padding, it is not compiled");
  MLE_TRY_ASSIGN(const auto size, layer.integers("pool_size"));
  MLE_TRY_ASSIGN(auto strides, layer.integers("strides"));
  if (!size || size->size() != 1) return wrong_layer("without its pool_size");
  if (!strides) strides = size;
  const std::vector<int64_t> turn = {0, 2, 1};
  MLE_TRY_ASSIGN(const std::string x, layer.node("Transpose", {layer.x()}, {{"perm", turn}}));
  MLE_TRY_ASSIGN(const std::string y, layer.node(max ? "MaxPool" : "AveragePool", {x},
                                                 {{"kernel_shape", *size}, {"strides", *strides}}));
  return layer.node("Transpose", {y}, {{"perm", turn}});
}

Result<std::string> read_cropping(Layer& layer) {
  MLE_TRY_ASSIGN(const auto both, layer.integers("cropping"));
  if (layer.rank() != 3 || !both || both->empty() || both->size() > 2)
    return wrong_layer("its cropping does not fit");
  const int64_t length = layer.dims()[1].fixed;
  return layer.torch("slice", layer.x(),
                     {{"dim", Value::whole(1)},
                      {"start", Value::whole(both->front())},
                      {"end", Value::whole(length - both->back())}});
}

Result<std::string> read_padding(Layer& layer) {
  MLE_TRY_ASSIGN(const auto both, layer.integers("padding"));
  if (layer.rank() != 3 || !both || both->empty() || both->size() > 2)
    return wrong_layer("its padding does not fit");
  return layer.node(
      "Pad",
      {layer.x(), layer.composer().integers({0, both->front(), 0, 0, both->back(), 0}),
       layer.number(0)},
      {{"mode", std::string("constant")}});
}

Result<std::string> read_upsampling(Layer& layer) {
  MLE_TRY_ASSIGN(const int64_t size, layer.integer("size", 2));
  if (layer.rank() != 3) return wrong_layer("its rows have another number of axes");
  return layer.torch("repeat_interleave", layer.x(),
                     {{"repeats", Value::whole(size)}, {"dim", Value::whole(1)}});
}

// Steps that hold nothing but mask_value become zeros, and layers behind it that mind are told.
Result<std::string> read_masking(Layer& layer) {
  layer.shared().is_masked = true;
  const std::string value = layer.number(layer.real("mask_value", 0));
  MLE_TRY_ASSIGN(const std::string empty, layer.node("Equal", {layer.x(), value}));
  MLE_TRY_ASSIGN(const std::string full, layer.node("Not", {empty}));
  MLE_TRY_ASSIGN(
      const std::string any,
      layer.torch("any", full, {{"dim", Value::whole(-1)}, {"keepdim", Value::boolean(true)}}));
  return layer.node("Where", {any, layer.x(), layer.number(0)});
}

// A layer that treats each step alike because it works on the last axis.
Result<std::string> read_time_distributed(Layer& layer) {
  const json& inner = field(layer.config(), "layer");
  const std::string name = text_of(field(inner, "class_name"));
  static constexpr std::string_view kLastAxis[] = {"Dense", "Activation", "Dropout", "LeakyReLU",
                                                   "ELU",   "ReLU",       "Softmax"};
  static constexpr std::string_view kIfLast[] = {"BatchNormalization", "LayerNormalization",
                                                 "UnitNormalization", "RMSNormalization"};
  const json& axis = field(field(inner, "config"), "axis");
  const bool is_last = integer_of(axis.is_array() ? element(axis, 0) : axis) == -1;
  bool fits = std::ranges::find(kLastAxis, name) != std::end(kLastAxis) ||
              (is_last && std::ranges::find(kIfLast, name) != std::end(kIfLast));
  fits = fits && (name != "Softmax" || is_last);
  if (fits) {
    Place place = layer.place();
    if (place.group != nullptr) place.group = place.group->find("layer");
    Layer one(layer.shared(), field(inner, "config"), name,
              text_of(field(field(inner, "config"), "name")), place, layer.inputs());
    return run_layer(one);
  }
  return not_compiled("of such a layer it is not compiled",
                      "call the layer itself: Dense and its like work on the last axis");
}

constexpr LayerKind kKinds[] = {
    {"Dropout", read_nothing},
    {"SpatialDropout1D", read_nothing},
    {"GaussianDropout", read_nothing},
    {"GaussianNoise", read_nothing},
    {"AlphaDropout", read_nothing},
    {"ActivityRegularization", read_nothing},
    {"Identity", read_nothing},
    {"Flatten", read_flatten},
    {"Reshape", read_reshape},
    {"Permute", read_permute},
    {"RepeatVector", read_repeat},
    {"GlobalAveragePooling1D", read_global_pool},
    {"GlobalMaxPooling1D", read_global_pool},
    {"AveragePooling1D", read_pool},
    {"MaxPooling1D", read_pool},
    {"Cropping1D", read_cropping},
    {"ZeroPadding1D", read_padding},
    {"UpSampling1D", read_upsampling},
    {"Masking", read_masking},
    {"TimeDistributed", read_time_distributed},
};

}  // namespace

std::span<const LayerKind> shape_layers() { return kKinds; }

}  // namespace mle::compiler::keras
