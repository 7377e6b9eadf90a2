// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/torch/modules.h"

#include "compiler/import/aten/ops.h"
#include "compiler/import/network/constant.h"
#include "compiler/import/pickle/machine.h"
#include "compiler/import/torch/input_shapes.h"
#include "compiler/import/torch/state_dict.h"
#include "format/rules.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mle::compiler::torch {
namespace {

using enum format::rule::Rule;
using aten::Value;
using pickle::Id;
using pickle::Kind;

constexpr std::string_view kRoot = "torch.nn.modules.";
constexpr int kMaxDepth = 64;

// A layer that is one operator: "approximate?none" takes the attribute approximate, or 'none' where
// an older version has none; "weight!" is a parameter or buffer, "x=y" passes attribute y as x.
struct Layer {
  std::string_view name;  // behind torch.nn.modules.
  const char* op;
  std::string_view input;
  std::string_view arguments;
};

constexpr std::string_view kNorm = "weight! bias! running_mean! running_var! eps";

constexpr Layer kLayers[] = {
    {"linear.Linear", "linear", "input", "weight! bias!"},
    {"linear.NonDynamicallyQuantizableLinear", "linear", "input", "weight! bias!"},
    {"batchnorm.BatchNorm1d", "batch_norm", "input", kNorm},
    {"batchnorm.BatchNorm2d", "batch_norm", "input", kNorm},
    {"batchnorm.SyncBatchNorm", "batch_norm", "input", kNorm},
    {"instancenorm.InstanceNorm1d", "instance_norm", "input", kNorm},
    {"normalization.LayerNorm", "layer_norm", "input", "weight! bias! eps normalized_shape"},
    {"normalization.RMSNorm", "rms_norm", "input", "weight! eps normalized_shape"},
    {"normalization.GroupNorm", "group_norm", "input", "weight! bias! eps num_groups"},
    {"sparse.Embedding", "embedding", "indices", "weight!"},
    {"dropout.Dropout", "dropout", "input", ""},
    {"dropout.Dropout1d", "dropout", "input", ""},
    {"dropout.Dropout2d", "dropout", "input", ""},
    {"dropout.AlphaDropout", "dropout", "input", ""},
    {"dropout.FeatureAlphaDropout", "dropout", "input", ""},
    {"linear.Identity", "alias", "self", ""},
    {"flatten.Flatten", "flatten", "self", "start_dim end_dim"},
    {"flatten.Unflatten", "unflatten", "self", "dim sizes=unflattened_size"},
    {"activation.ReLU", "relu", "self", ""},
    {"activation.ReLU6", "relu6", "self", ""},
    {"activation.Sigmoid", "sigmoid", "self", ""},
    {"activation.Tanh", "tanh", "self", ""},
    {"activation.SiLU", "silu", "self", ""},
    {"activation.Mish", "mish", "self", ""},
    {"activation.SELU", "selu", "self", ""},
    {"activation.Softsign", "softsign", "self", ""},
    {"activation.Hardswish", "hardswish", "self", ""},
    {"activation.Hardsigmoid", "hardsigmoid", "self", ""},
    {"activation.LogSigmoid", "log_sigmoid", "self", ""},
    {"activation.Tanhshrink", "tanhshrink", "self", ""},
    {"activation.GELU", "gelu", "self", "approximate"},
    {"activation.LeakyReLU", "leaky_relu", "self", "negative_slope"},
    {"activation.ELU", "elu", "self", "alpha"},
    {"activation.CELU", "celu", "self", "alpha"},
    {"activation.Hardtanh", "hardtanh", "self", "min_val max_val"},
    {"activation.Softplus", "softplus", "self", "beta threshold"},
    {"activation.Softshrink", "softshrink", "self", "lambd"},
    {"activation.Hardshrink", "hardshrink", "self", "lambd"},
    {"activation.Threshold", "threshold", "self", "threshold value"},
    {"activation.RReLU", "rrelu", "self", "lower upper"},
    {"activation.PReLU", "prelu", "self", "weight!"},
    {"activation.GLU", "glu", "self", "dim"},
    {"activation.Softmax", "softmax", "self", "dim"},
    {"activation.Softmin", "softmin", "self", "dim"},
    {"activation.LogSoftmax", "log_softmax", "self", "dim"},
    {"pooling.AvgPool1d", "avg_pool1d", "self",
     "kernel_size stride padding ceil_mode count_include_pad"},
    {"pooling.MaxPool1d", "max_pool1d", "self", "kernel_size stride padding dilation ceil_mode"},
    {"pooling.AdaptiveAvgPool1d", "adaptive_avg_pool1d", "self", "output_size"},
    {"padding.ConstantPad1d", "constant_pad_nd", "self", "pad=padding value"},
    {"padding.ReflectionPad1d", "reflection_pad1d", "self", "padding"},
    {"padding.ReplicationPad1d", "replication_pad1d", "self", "padding"},
};

// Follows the forward of modules, from one value to the next.
class Follower {
 public:
  Follower(const Checkpoint& checkpoint, onnx::Composer& composer)
      : checkpoint_(checkpoint), objects_(checkpoint.objects()), composer_(composer) {}

  const std::string& place() const { return place_; }
  const std::string& at() const { return at_; }

  // NOLINTNEXTLINE(misc-no-recursion): kMaxDepth
  Result<Value> follow(Id module, Value x, const std::string& path, int depth) {
    if (depth > kMaxDepth)
      return Status::make(Code::Unsupported, C216_LimitReached, Status::kNoOffset,
                          "modules are nested too deeply", "");
    const std::string name = objects_.name_of(module);
    at_ = path.empty() ? "module" : "module '" + path + "'";
    if (!is_module(objects_, module)) return refuse(name, "is no module");
    MLE_TRY(check_hooks(module, name));
    if (name == "torch.nn.parallel.data_parallel.DataParallel" ||
        name == "torch.nn.parallel.distributed.DistributedDataParallel" ||
        name == "torch.nn.modules.container.Sequential") {
      const auto children = module_entries(objects_, module, "_modules");
      for (size_t i = 0; i + 1 < children.size(); i += 2) {
        const std::string child(objects_.text(children[i]));
        MLE_TRY_ASSIGN(x, follow(children[i + 1], std::move(x),
                                 path.empty() ? child : path + "." + child, depth + 1));
      }
      return x;
    }
    for (const Layer& layer : kLayers)
      if (name.size() == kRoot.size() + layer.name.size() && name.rfind(kRoot, 0) == 0 &&
          std::string_view(name).substr(kRoot.size()) == layer.name)
        return apply(layer, module, std::move(x), path);
    return refuse(name, "is not compiled");
  }

 private:
  Status refuse(const std::string& name, const char* what) const {
    return Status::make(Code::Unsupported, C205_UnsupportedOp, Status::kNoOffset,
                        "the module " + pickle::printable(name) + " " + what,
                        "docs/networks.md lists the modules that are; export the model with "
                        "torch.export.save or torch.onnx.export instead");
  }

  Status check_hooks(Id module, const std::string& name) const {
    for (const char* which : {"_forward_hooks", "_forward_pre_hooks"})
      if (!module_entries(objects_, module, which).empty())
        return refuse(name, "has hooks that change what it computes, so it");
    return {};
  }

  Result<Value> apply(const Layer& layer, Id module, Value x, const std::string& path) {
    composer_.set_place(path.empty() ? std::string(layer.name) : path);
    aten::Named named;
    std::string_view rest = layer.arguments;
    while (!rest.empty()) {
      const size_t end = rest.find(' ');
      const std::string_view word = rest.substr(0, end);
      rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
      if (word.back() == '!') {
        const std::string key(word.substr(0, word.size() - 1));
        MLE_TRY_ASSIGN(Value tensor, parameter(module, key, path));
        named[key] = std::move(tensor);
        continue;
      }
      const size_t equals = word.find('=');
      const std::string key(word.substr(0, equals));
      const std::string_view from =
          equals == std::string_view::npos ? word : word.substr(equals + 1);
      if (const auto found = objects_.attribute(module, from)) named[key] = plain(*found, 0);
    }
    if (std::string_view(layer.op).ends_with("softmax") || layer.name == "activation.Softmin")
      settle_axis(named, x);
    named[std::string(layer.input)] = std::move(x);
    return aten::run_operator(composer_, layer.op, {}, std::move(named));
  }

  // Without a dim, PyTorch takes axis 0 of one or three axes and else axis 1.
  void settle_axis(aten::Named& named, const Value& x) const {
    Value& dim = named["dim"];
    if (!dim.is_none() || !x.is_tensor()) return;
    const size_t rank = composer_.shape(x.text).rank();
    dim = Value::whole(rank == 0 || rank == 1 || rank == 3 ? 0 : 1);
  }

  Result<Value> parameter(Id module, const std::string& key, const std::string& path) {
    for (const char* which : {"_parameters", "_buffers"}) {
      const auto entries = module_entries(objects_, module, which);
      for (size_t i = 0; i + 1 < entries.size(); i += 2) {
        if (objects_.at(entries[i]).kind != Kind::Text || objects_.text(entries[i]) != key)
          continue;
        if (objects_.is_none(entries[i + 1])) return Value();
        const std::string name = path.empty() ? key : path + "." + key;
        MLE_TRY_ASSIGN(const network::WeightTensor tensor,
                       checkpoint_.tensor(entries[i + 1], name));
        return aten::as_value(network::add_constant(composer_, name, tensor));
      }
    }
    return Value();
  }

  // NOLINTNEXTLINE(misc-no-recursion): lists of lists of numbers
  Value plain(Id id, int depth) const {
    const pickle::Object& object = objects_.at(id);
    switch (object.kind) {
      case Kind::Bool: return Value::boolean(object.integer != 0);
      case Kind::Integer: return Value::whole(object.integer);
      case Kind::Real: return Value::number(object.real);
      case Kind::Text: return Value::word(std::string(object.text));
      case Kind::Call:
        if (depth < 4 && objects_.arguments(id).size() == 1)  // torch.Size
          return plain(objects_.arguments(id)[0], depth + 1);
        return {};
      case Kind::Tuple:
      case Kind::List: {
        constexpr size_t kMost = 64;
        std::vector<Value> items;
        if (depth < 4 && objects_.items(id).size() <= kMost)
          for (const Id item : objects_.items(id)) items.push_back(plain(item, depth + 1));
        return Value::list(std::move(items));
      }
      default: return {};
    }
  }

  const Checkpoint& checkpoint_;
  const pickle::Pickle& objects_;
  onnx::Composer& composer_;
  std::string place_, at_;
};

Attempt follow_all(const Checkpoint& checkpoint, Id module, const SourceFile& source,
                   const ImportOptions& options, const std::vector<onnx::Composer::Input>& inputs) {
  Attempt attempt;
  onnx::Composer composer(source, options, attempt.problems);
  if (!composer.declare(inputs)) return attempt;
  Follower follower(checkpoint, composer);
  const auto y = follower.follow(module, Value::tensor(inputs[0].name), "", 0);
  attempt.progress = composer.operations();
  if (!y)
    attempt.problems.add(y.error(), follower.at());
  else if (!y->is_tensor())
    attempt.problems.add(Code::Unsupported, C215_NoOutputs, "", "the module gives no tensor");
  else
    attempt.graph = composer.finish({{"y", y->text}});
  return attempt;
}

bool is_training(const Checkpoint& checkpoint, Id module) {
  const auto found = checkpoint.objects().attribute(module, "training");
  return found && checkpoint.objects().at(*found).kind == Kind::Bool &&
         checkpoint.objects().at(*found).integer != 0;
}

}  // namespace

std::optional<Graph> read_module(const Checkpoint& checkpoint, Id module, const SourceFile& source,
                                 const ImportOptions& options, Problems& problems) {
  const auto weights = state_dict_of(checkpoint, module);
  if (!weights) {
    problems.add(weights.error(), "");
    return std::nullopt;
  }
  DType real = DType::F32;
  for (const auto& [name, tensor] : weights->weights)
    if (tensor.dtype == DType::F64) real = DType::F64;
  const auto attempt = [&](const std::vector<onnx::Composer::Input>& inputs) {
    return follow_all(checkpoint, module, source, options, inputs);
  };
  auto graph =
      find_input_shapes({"x"}, likely_widths(weights->weights), real, options, attempt, problems);
  if (!graph) return std::nullopt;
  if (is_training(checkpoint, module))
    graph->notes.push_back(
        "the module was saved in training mode; it is compiled as after model.eval()");
  graph->origin = {"pytorch", source.path.substr(source.path.rfind('/') + 1), "pytorch", ""};
  return graph;
}

}  // namespace mle::compiler::torch
