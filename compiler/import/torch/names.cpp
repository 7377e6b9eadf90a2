// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/torch/names.h"

#include "compiler/import/pickle/data_names.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mle::compiler::torch {
namespace {

using Name = std::pair<std::string_view, std::string_view>;

constexpr std::array kNames = {
    Name{"argparse", "Namespace"},
    Name{"builtins", "dict"},
    Name{"builtins", "list"},
    Name{"builtins", "tuple"},
    Name{"collections", "Counter"},
    Name{"collections", "defaultdict"},
    Name{"torch", "BFloat16Storage"},
    Name{"torch", "BoolStorage"},
    Name{"torch", "ByteStorage"},
    Name{"torch", "CharStorage"},
    Name{"torch", "DoubleStorage"},
    Name{"torch", "FloatStorage"},
    Name{"torch", "HalfStorage"},
    Name{"torch", "IntStorage"},
    Name{"torch", "LongStorage"},
    Name{"torch", "ShortStorage"},
    Name{"torch", "Size"},
    Name{"torch", "Tensor"},
    Name{"torch", "bfloat16"},
    Name{"torch", "bool"},
    Name{"torch", "device"},
    Name{"torch", "dtype"},
    Name{"torch", "float16"},
    Name{"torch", "float32"},
    Name{"torch", "float64"},
    Name{"torch", "int16"},
    Name{"torch", "int32"},
    Name{"torch", "int64"},
    Name{"torch", "int8"},
    Name{"torch", "uint8"},
    Name{"torch._tensor", "_rebuild_from_type_v2"},
    Name{"torch._utils", "_rebuild_parameter"},
    Name{"torch._utils", "_rebuild_parameter_with_state"},
    Name{"torch._utils", "_rebuild_tensor"},
    Name{"torch._utils", "_rebuild_tensor_v2"},
    Name{"torch._utils", "_rebuild_tensor_v3"},
    Name{"torch.nn.modules.activation", "CELU"},
    Name{"torch.nn.modules.activation", "ELU"},
    Name{"torch.nn.modules.activation", "GELU"},
    Name{"torch.nn.modules.activation", "GLU"},
    Name{"torch.nn.modules.activation", "Hardshrink"},
    Name{"torch.nn.modules.activation", "Hardsigmoid"},
    Name{"torch.nn.modules.activation", "Hardswish"},
    Name{"torch.nn.modules.activation", "Hardtanh"},
    Name{"torch.nn.modules.activation", "LeakyReLU"},
    Name{"torch.nn.modules.activation", "LogSigmoid"},
    Name{"torch.nn.modules.activation", "LogSoftmax"},
    Name{"torch.nn.modules.activation", "Mish"},
    Name{"torch.nn.modules.activation", "MultiheadAttention"},
    Name{"torch.nn.modules.activation", "PReLU"},
    Name{"torch.nn.modules.activation", "RReLU"},
    Name{"torch.nn.modules.activation", "ReLU"},
    Name{"torch.nn.modules.activation", "ReLU6"},
    Name{"torch.nn.modules.activation", "SELU"},
    Name{"torch.nn.modules.activation", "SiLU"},
    Name{"torch.nn.modules.activation", "Sigmoid"},
    Name{"torch.nn.modules.activation", "Softmax"},
    Name{"torch.nn.modules.activation", "Softmin"},
    Name{"torch.nn.modules.activation", "Softplus"},
    Name{"torch.nn.modules.activation", "Softshrink"},
    Name{"torch.nn.modules.activation", "Softsign"},
    Name{"torch.nn.modules.activation", "Tanh"},
    Name{"torch.nn.modules.activation", "Tanhshrink"},
    Name{"torch.nn.modules.activation", "Threshold"},
    Name{"torch.nn.modules.batchnorm", "BatchNorm1d"},
    Name{"torch.nn.modules.batchnorm", "BatchNorm2d"},
    Name{"torch.nn.modules.batchnorm", "SyncBatchNorm"},
    Name{"torch.nn.modules.container", "ModuleDict"},
    Name{"torch.nn.modules.container", "ModuleList"},
    Name{"torch.nn.modules.container", "ParameterDict"},
    Name{"torch.nn.modules.container", "ParameterList"},
    Name{"torch.nn.modules.container", "Sequential"},
    Name{"torch.nn.modules.conv", "Conv1d"},
    Name{"torch.nn.modules.conv", "Conv2d"},
    Name{"torch.nn.modules.conv", "Conv3d"},
    Name{"torch.nn.modules.dropout", "AlphaDropout"},
    Name{"torch.nn.modules.dropout", "Dropout"},
    Name{"torch.nn.modules.dropout", "Dropout1d"},
    Name{"torch.nn.modules.dropout", "Dropout2d"},
    Name{"torch.nn.modules.dropout", "FeatureAlphaDropout"},
    Name{"torch.nn.modules.flatten", "Flatten"},
    Name{"torch.nn.modules.flatten", "Unflatten"},
    Name{"torch.nn.modules.instancenorm", "InstanceNorm1d"},
    Name{"torch.nn.modules.linear", "Bilinear"},
    Name{"torch.nn.modules.linear", "Identity"},
    Name{"torch.nn.modules.linear", "Linear"},
    Name{"torch.nn.modules.linear", "NonDynamicallyQuantizableLinear"},
    Name{"torch.nn.modules.normalization", "GroupNorm"},
    Name{"torch.nn.modules.normalization", "LayerNorm"},
    Name{"torch.nn.modules.normalization", "RMSNorm"},
    Name{"torch.nn.modules.padding", "ConstantPad1d"},
    Name{"torch.nn.modules.padding", "ReflectionPad1d"},
    Name{"torch.nn.modules.padding", "ReplicationPad1d"},
    Name{"torch.nn.modules.pooling", "AdaptiveAvgPool1d"},
    Name{"torch.nn.modules.pooling", "AvgPool1d"},
    Name{"torch.nn.modules.pooling", "MaxPool1d"},
    Name{"torch.nn.modules.rnn", "GRU"},
    Name{"torch.nn.modules.rnn", "LSTM"},
    Name{"torch.nn.modules.rnn", "RNN"},
    Name{"torch.nn.modules.sparse", "Embedding"},
    Name{"torch.nn.modules.sparse", "EmbeddingBag"},
    Name{"torch.nn.parallel.data_parallel", "DataParallel"},
    Name{"torch.nn.parallel.distributed", "DistributedDataParallel"},
    Name{"torch.nn.parameter", "Buffer"},
    Name{"torch.nn.parameter", "Parameter"},
    Name{"torch.serialization", "_get_layout"},
    Name{"torch.storage", "TypedStorage"},
    Name{"torch.storage", "UntypedStorage"},
    Name{"torch.torch_version", "TorchVersion"},
    Name{"types", "SimpleNamespace"},
};
static_assert(std::is_sorted(kNames.begin(), kNames.end()));

// How TorchScript writes what Python has lists, tensors and dicts for.
constexpr std::array kScriptNames = {
    Name{"torch.jit._pickle", "build_boollist"},
    Name{"torch.jit._pickle", "build_doublelist"},
    Name{"torch.jit._pickle", "build_intlist"},
    Name{"torch.jit._pickle", "build_tensor_from_id"},
    Name{"torch.jit._pickle", "build_tensorlist"},
    Name{"torch.jit._pickle", "restore_type_tag"},
};

}  // namespace

bool is_checkpoint_name(std::string_view module, std::string_view name) {
  return pickle::is_data_name(module, name) ||
         std::binary_search(kNames.begin(), kNames.end(), Name{module, name});
}

bool is_script_name(std::string_view module, std::string_view name) {
  return module == "__torch__" || module.rfind("__torch__.", 0) == 0 ||
         std::ranges::find(kScriptNames, Name{module, name}) != kScriptNames.end() ||
         is_checkpoint_name(module, name);
}

std::optional<DType> storage_dtype(std::string_view storage) {
  struct Kind {
    std::string_view name;
    DType dtype;
  };
  static constexpr Kind kKinds[] = {
      {"FloatStorage", DType::F32}, {"DoubleStorage", DType::F64},    {"HalfStorage", DType::F16},
      {"LongStorage", DType::I64},  {"BFloat16Storage", DType::BF16}, {"IntStorage", DType::I32},
      {"ShortStorage", DType::I16}, {"CharStorage", DType::I8},       {"ByteStorage", DType::U8},
      {"BoolStorage", DType::Bool}, {"UntypedStorage", DType::U8},
  };
  for (const Kind& kind : kKinds)
    if (kind.name == storage) return kind.dtype;
  return std::nullopt;
}

}  // namespace mle::compiler::torch
