// Finds the operator, gives its arguments their names, refuses what is not compiled.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/aten/ops.h"

#include "format/rules.h"

#include <algorithm>
#include <utility>

namespace mle::compiler::aten {
namespace {

using enum format::rule::Rule;

constexpr std::string_view kNetwork = "mle compiles multi-layer perceptrons and linear models";

struct Refusal {
  std::string_view op, reason, hint;
};
constexpr Refusal kRefusals[] = {
    {"conv1d", "convolutions are out of scope", kNetwork},
    {"conv2d", "convolutions are out of scope", kNetwork},
    {"conv3d", "convolutions are out of scope", kNetwork},
    {"conv_transpose1d", "convolutions are out of scope", kNetwork},
    {"conv_transpose2d", "convolutions are out of scope", kNetwork},
    {"convolution", "convolutions are out of scope", kNetwork},
    {"_convolution", "convolutions are out of scope", kNetwork},
    {"gru", "recurrent networks are out of scope", kNetwork},
    {"gru_cell", "recurrent networks are out of scope", kNetwork},
    {"lstm", "recurrent networks are out of scope", kNetwork},
    {"lstm_cell", "recurrent networks are out of scope", kNetwork},
    {"rnn_tanh", "recurrent networks are out of scope", kNetwork},
    {"rnn_relu", "recurrent networks are out of scope", kNetwork},
    {"bernoulli", "it draws random numbers", "export the model with model.eval()"},
    {"rand", "it draws random numbers", "export the model with model.eval()"},
    {"rand_like", "it draws random numbers", "export the model with model.eval()"},
    {"randn", "it draws random numbers", "export the model with model.eval()"},
    {"randn_like", "it draws random numbers", "export the model with model.eval()"},
    {"normal", "it draws random numbers", "export the model with model.eval()"},
    {"multinomial", "it draws random numbers", "export the model with model.eval()"},
};

const Operator* find(std::string_view op) {
  for (const auto family :
       {linear_operators(), activation_operators(), normalise_operators(), elementwise_operators(),
        compare_operators(), shape_operators(), pick_operators(), join_operators(),
        reduce_operators(), window_operators(), make_operators(), derived_operators()})
    for (const Operator& candidate : family)
      if (op == candidate.name) return &candidate;
  return nullptr;
}

Status refuse(std::string_view op) {
  const std::string shown = "operator '" + std::string(op.substr(0, 80)) + "'";
  for (const Refusal& refusal : kRefusals)
    if (refusal.op == op)
      return Status::make(Code::Unsupported, C205_UnsupportedOp, Status::kNoOffset,
                          shown + ": " + std::string(refusal.reason), std::string(refusal.hint));
  return Status::make(Code::Unsupported, C205_UnsupportedOp, Status::kNoOffset,
                      shown + " of PyTorch is not compiled",
                      "docs/networks.md lists the operators that are");
}

std::vector<std::string_view> split(std::string_view words) {
  std::vector<std::string_view> list;
  while (!words.empty()) {
    const size_t end = words.find(' ');
    list.push_back(words.substr(0, end));
    words = end == std::string_view::npos ? "" : words.substr(end + 1);
  }
  return list;
}

}  // namespace

bool is_view(std::string_view op) {
  static constexpr std::string_view kViews[] = {
      "slice",     "select",     "view",     "reshape",     "transpose",
      "t",         "permute",    "squeeze",  "unsqueeze",   "expand",
      "expand_as", "narrow",     "split",    "chunk",       "unbind",
      "flatten",   "unflatten",  "movedim",  "view_as",     "split_with_sizes",
      "swapaxes",  "swapdims",   "mT",       "numpy_T",     "adjoint",
      "moveaxis",  "reshape_as", "diagonal", "tensor_split"};
  return std::ranges::find(kViews, op) != std::end(kViews);
}

Result<Value> run_operator(onnx::Composer& composer, std::string_view op,
                           std::vector<Value> positional, Named named) {
  const Operator* known = find(op);
  if (known == nullptr) return refuse(op);
  const std::vector<std::string_view> names = split(known->parameters);
  if (positional.size() > names.size())
    return Status::make(
        Code::Unsupported, C209_Attribute, Status::kNoOffset,
        std::string(op) + " with " + std::to_string(positional.size()) + " arguments is not known",
        "docs/networks.md lists the operators that are compiled");
  for (size_t i = 0; i < positional.size(); ++i)
    named.try_emplace(std::string(names[i]), std::move(positional[i]));
  Call call(composer, op, std::move(named));
  return known->read(call);
}

}  // namespace mle::compiler::aten
