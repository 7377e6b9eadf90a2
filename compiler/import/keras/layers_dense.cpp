// Layers with matrices and tables.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/keras/layer.h"

namespace mle::compiler::keras {
namespace {

// activation(x W + b) over the last axis, W [in, out].
Result<std::string> read_dense(Layer& layer) {
  std::vector<std::string_view> roles = {"kernel"};
  if (layer.flag("use_bias", true)) roles.push_back("bias");
  MLE_TRY_ASSIGN(const auto variables, layer.variables(roles));
  MLE_TRY_ASSIGN(const int64_t units, layer.integer("units"));
  const auto kernel = layer.composer().shape(variables[0]);
  const auto dims = layer.dims();
  if (kernel.rank() != 2 || dims.size() < 2 || kernel.dims[0] != dims.back() ||
      kernel.dims[1].fixed != units)
    return wrong_layer("its kernel does not fit its units and the rows it gets");
  MLE_TRY_ASSIGN(std::string y, layer.node("MatMul", {layer.x(), variables[0]}));
  if (variables.size() == 2) {
    if (layer.composer().shape(variables[1]).dims != std::vector<onnx::Length>{{units, 0}})
      return wrong_layer("its bias does not fit its units");
    MLE_TRY_ASSIGN(y, layer.node("Add", {y, variables[1]}));
  }
  return layer.activated(y, field(layer.config(), "activation"));
}

// activation(einsum(x, W) + b), b with a length or 1 for each of the last axes.
Result<std::string> read_einsum_dense(Layer& layer) {
  const bool biased = layer.has("bias_axes");
  std::vector<std::string_view> roles = {"kernel"};
  if (biased) roles.push_back("bias");
  MLE_TRY_ASSIGN(const auto variables, layer.variables(roles));
  MLE_TRY_ASSIGN(std::string y, layer.node("Einsum", {layer.x(), variables[0]},
                                           {{"equation", layer.text("equation", "")}}));
  if (biased) {
    MLE_TRY_ASSIGN(y, layer.node("Add", {y, variables[1]}));
  }
  return layer.activated(y, field(layer.config(), "activation"));
}

Result<std::string> read_embedding(Layer& layer) {
  MLE_TRY_ASSIGN(const auto variables, layer.variables({"embeddings"}));
  MLE_TRY_ASSIGN(const int64_t count, layer.integer("input_dim"));
  MLE_TRY_ASSIGN(const int64_t width, layer.integer("output_dim"));
  if (layer.composer().shape(variables[0]).dims !=
      std::vector<onnx::Length>{{count, 0}, {width, 0}})
    return wrong_layer("its table does not fit input_dim and output_dim");
  if (layer.flag("mask_zero", false)) layer.shared().is_masked = true;
  std::string ids = layer.x();
  if (layer.dtype() == DType::F32 || layer.dtype() == DType::F64) {
    MLE_TRY_ASSIGN(ids, layer.node("Cast", {ids}, {{"to", int64_t{6}}}));
  }
  return layer.node("Gather", {variables[0], ids}, {{"axis", int64_t{0}}});
}

constexpr LayerKind kKinds[] = {
    {"Dense", read_dense},
    {"EinsumDense", read_einsum_dense},
    {"Embedding", read_embedding},
};

}  // namespace

std::span<const LayerKind> dense_layers() { return kKinds; }

}  // namespace mle::compiler::keras
