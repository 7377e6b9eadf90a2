// Normalisations with the statistics of training, over axes of a row, and of vectors.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/aten/ops.h"

#include <limits>

namespace mle::compiler::aten {
namespace {

// The argument, or a constant of that many elements in the dtype of x.
Result<std::string> or_constant(Call& call, const char* name, const std::string& x,
                                const std::vector<int64_t>& dims, double element) {
  if (call.has(name)) return call.tensor(name);
  uint64_t count = 1;
  Dims shape;
  for (const int64_t dim : dims) {
    count *= static_cast<uint64_t>(dim);
    shape.push_back(static_cast<uint32_t>(dim));
  }
  if (count > (uint64_t{1} << 24)) return call.wrong("too many elements");
  const std::string flat =
      call.composer().numbers(std::vector<double>(count, element), call.dtype_of(x));
  if (dims.size() == 1) return flat;
  std::vector<Length> lengths;
  for (const int64_t dim : dims) lengths.push_back({dim, 0});
  return call.reshaped(flat, lengths);
}

Result<Value> read_batch_norm(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("input"));
  if (!call.has("running_mean") || !call.has("running_var"))
    return call.not_compiled("without running statistics mixes the rows of a batch",
                             "train with track_running_stats=True, and export after model.eval()");
  MLE_TRY_ASSIGN(const bool training, call.flag("training", false));
  if (training)
    call.composer().note(
        "batch normalisation that was left in training mode is taken for one in eval mode");
  if (call.rank(x) < 2) return call.wrong("an input of fewer than two axes");
  MLE_TRY_ASSIGN(const int64_t channels, call.fixed_length(x, 1));
  MLE_TRY_ASSIGN(const std::string mean, call.tensor("running_mean"));
  MLE_TRY_ASSIGN(const std::string variance, call.tensor("running_var"));
  MLE_TRY_ASSIGN(const std::string weight, or_constant(call, "weight", x, {channels}, 1));
  MLE_TRY_ASSIGN(const std::string bias, or_constant(call, "bias", x, {channels}, 0));
  MLE_TRY_ASSIGN(const double eps, call.real("eps", 1e-5));
  MLE_TRY_ASSIGN(
      const std::string y,
      call.node("BatchNormalization", {x, weight, bias, mean, variance}, {{"epsilon", eps}}));
  if (call.op() == "batch_norm" || call.op() == "instance_norm") return Value::tensor(y);
  return Value::list({Value::tensor(y), {}, {}, {}, {}});
}

Result<Value> read_layer_norm(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("input"));
  MLE_TRY_ASSIGN(const std::vector<int64_t> dims, call.integers("normalized_shape"));
  const auto shape = call.shape(x);
  if (dims.empty() || dims.size() > shape.rank()) return call.wrong("another normalized_shape");
  for (size_t i = 0; i < dims.size(); ++i)
    if (shape.dims[shape.rank() - dims.size() + i] != Length{dims[i], 0})
      return call.wrong("its normalized_shape does not fit its input");
  MLE_TRY_ASSIGN(const double eps, call.real("eps", 1e-5));
  MLE_TRY_ASSIGN(const std::string weight, or_constant(call, "weight", x, dims, 1));
  std::string bias;
  if (call.has("bias")) {
    MLE_TRY_ASSIGN(bias, call.tensor("bias"));
  }
  MLE_TRY_ASSIGN(const std::string y,
                 call.node("LayerNormalization", {x, weight, bias},
                           {{"axis", -static_cast<int64_t>(dims.size())}, {"epsilon", eps}}));
  if (call.op() == "layer_norm") return Value::tensor(y);
  return Value::list({Value::tensor(y), {}, {}});
}

Result<Value> read_rms_norm(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("input"));
  MLE_TRY_ASSIGN(const std::vector<int64_t> dims, call.integers("normalized_shape"));
  if (dims.empty() || dims.size() > call.rank(x)) return call.wrong("another normalized_shape");
  const double least = call.dtype_of(x) == DType::F64
                           ? std::numeric_limits<double>::epsilon()
                           : static_cast<double>(std::numeric_limits<float>::epsilon());
  MLE_TRY_ASSIGN(const double eps, call.real("eps", least));
  MLE_TRY_ASSIGN(const std::string weight, or_constant(call, "weight", x, dims, 1));
  MLE_TRY_ASSIGN(const std::string y,
                 call.node("RMSNormalization", {x, weight},
                           {{"axis", -static_cast<int64_t>(dims.size())}, {"epsilon", eps}}));
  if (call.op() == "rms_norm") return Value::tensor(y);
  return Value::list({Value::tensor(y), {}});
}

Result<Value> read_group_norm(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("input"));
  const bool native = call.op() == "native_group_norm";
  MLE_TRY_ASSIGN(const int64_t groups, call.integer(native ? "group" : "num_groups"));
  if (call.rank(x) < 2) return call.wrong("an input of fewer than two axes");
  MLE_TRY_ASSIGN(const int64_t channels, call.fixed_length(x, 1));
  MLE_TRY_ASSIGN(const std::string weight, or_constant(call, "weight", x, {channels}, 1));
  MLE_TRY_ASSIGN(const std::string bias, or_constant(call, "bias", x, {channels}, 0));
  MLE_TRY_ASSIGN(const double eps, call.real("eps", 1e-5));
  const bool vector = call.rank(x) == 2;
  std::string from = x;
  const auto dims = call.shape(x).dims;
  if (vector) {
    MLE_TRY_ASSIGN(from, call.reshaped(x, {dims[0], dims[1], {1, 0}}));
  }
  MLE_TRY_ASSIGN(std::string y, call.node("GroupNormalization", {from, weight, bias},
                                          {{"num_groups", groups}, {"epsilon", eps}}));
  if (vector) {
    MLE_TRY_ASSIGN(y, call.reshaped(y, dims));
  }
  if (native) return Value::list({Value::tensor(y), {}, {}});
  return Value::tensor(y);
}

Result<Value> read_instance_norm(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("input"));
  MLE_TRY_ASSIGN(const bool own, call.flag("use_input_stats", !call.has("running_mean")));
  if (!own) return read_batch_norm(call);
  if (call.rank(x) < 3) return call.wrong("an input of fewer than three axes");
  MLE_TRY_ASSIGN(const int64_t channels, call.fixed_length(x, 1));
  MLE_TRY_ASSIGN(const std::string weight, or_constant(call, "weight", x, {channels}, 1));
  MLE_TRY_ASSIGN(const std::string bias, or_constant(call, "bias", x, {channels}, 0));
  MLE_TRY_ASSIGN(const double eps, call.real("eps", 1e-5));
  return as_value(call.node("InstanceNormalization", {x, weight, bias}, {{"epsilon", eps}}));
}

constexpr Operator kOperators[] = {
    {"batch_norm", "input weight bias running_mean running_var training momentum eps cudnn_enabled",
     read_batch_norm},
    {"native_batch_norm", "input weight bias running_mean running_var training momentum eps",
     read_batch_norm},
    {"_native_batch_norm_legit_no_training",
     "input weight bias running_mean running_var momentum eps", read_batch_norm},
    {"layer_norm", "input normalized_shape weight bias eps cudnn_enable", read_layer_norm},
    {"native_layer_norm", "input normalized_shape weight bias eps", read_layer_norm},
    {"rms_norm", "input normalized_shape weight eps", read_rms_norm},
    {"_fused_rms_norm", "input normalized_shape weight eps", read_rms_norm},
    {"group_norm", "input num_groups weight bias eps cudnn_enabled", read_group_norm},
    {"native_group_norm", "input weight bias N C HxW group eps", read_group_norm},
    {"instance_norm",
     "input weight bias running_mean running_var use_input_stats momentum eps cudnn_enabled",
     read_instance_norm},
};

}  // namespace

std::span<const Operator> normalise_operators() { return kOperators; }

}  // namespace mle::compiler::aten
