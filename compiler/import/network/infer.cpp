// Which layers a file of weights has, as far as names and shapes leave no doubt.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/network/network.h"
#include "format/limits.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

namespace mle::compiler::network {
namespace {

using enum format::rule::Rule;

// The tensors of one module: "fc1.weight" and "fc1.bias" are of "fc1".
struct Module {
  std::string stem;
  std::map<std::string, const WeightTensor*> roles;

  const WeightTensor* role(const char* name) const {
    const auto found = roles.find(name);
    return found == roles.end() ? nullptr : found->second;
  }
  bool is_vector(const char* name) const {
    return role(name) != nullptr && role(name)->shape.size() == 1;
  }
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "layers.10" behind "layers.9": runs of digits compare as numbers.
bool natural_less(std::string_view a, std::string_view b) {
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      const auto run = [](std::string_view text, size_t& at) {
        while (at < text.size() && text[at] == '0') ++at;
        const size_t begin = at;
        while (at < text.size() && is_digit(text[at])) ++at;
        return text.substr(begin, at - begin);
      };
      const std::string_view left = run(a, i), right = run(b, j);
      if (left.size() != right.size()) return left.size() < right.size();
      if (left != right) return left < right;
    } else if (a[i] != b[j]) {
      return a[i] < b[j];
    } else {
      ++i;
      ++j;
    }
  }
  return a.size() - i < b.size() - j;
}

std::vector<Module> modules_of(const Weights& weights) {
  std::map<std::string, Module> by_stem;
  for (const auto& [name, tensor] : weights) {
    const size_t dot = name.rfind('.');
    const std::string stem = dot == std::string::npos ? "" : name.substr(0, dot);
    const std::string role = dot == std::string::npos ? name : name.substr(dot + 1);
    Module& module = by_stem[stem];
    module.stem = stem;
    if (role != "num_batches_tracked") module.roles[role] = &tensor;
  }
  std::vector<Module> modules;
  for (auto& [stem, module] : by_stem)
    if (!module.roles.empty()) modules.push_back(std::move(module));
  std::sort(modules.begin(), modules.end(),
            [](const Module& a, const Module& b) { return natural_less(a.stem, b.stem); });
  return modules;
}

std::string name_in(const Module& module, const std::string& role) {
  return module.stem.empty() ? role : module.stem + "." + role;
}

// The layer with that op and those of the module's tensors.
Layer layer_of(const Module& module, std::string op) {
  Layer layer;
  layer.op = std::move(op);
  for (const auto& [role, tensor] : module.roles) layer.tensors[role] = name_in(module, role);
  return layer;
}

// A layer of the kind that has tensors of these names and shapes; nothing where none has.
std::optional<Layer> recognise(const Module& module) {
  const size_t count = module.roles.size();
  const bool has_bias = module.is_vector("bias");
  const WeightTensor* weight = module.role("weight");
  if (weight != nullptr && weight->shape.size() == 2 && count == (has_bias ? 2u : 1u))
    return layer_of(module, "linear");
  const bool affine = module.is_vector("weight") && has_bias;
  if (module.is_vector("running_mean") && module.is_vector("running_var") &&
      count == (affine ? 4u : 2u))
    return layer_of(module, "batch_norm");
  if (affine && count == 2 && weight->shape == module.role("bias")->shape)
    return layer_of(module, "layer_norm");
  return std::nullopt;
}

// In nn.Sequential every module takes a number, those without weights, too: where the numbers of
// the ones with weights have no gap, nothing lies between them.
bool is_gapless(const std::vector<Module>& modules) {
  std::string_view prefix;
  for (size_t i = 0; i < modules.size(); ++i) {
    const std::string_view stem = modules[i].stem;
    const size_t dot = stem.rfind('.');
    const std::string_view before = dot == std::string_view::npos ? "" : stem.substr(0, dot);
    if (i == 0) prefix = before;
    if (before != prefix ||
        stem.substr(dot == std::string_view::npos ? 0 : dot + 1) != std::to_string(i))
      return false;
  }
  return !modules.empty();
}

std::string text_of(const Layer& layer) {
  std::string text = "{\"op\": \"" + layer.op + "\"", others;
  for (const auto& [role, name] : layer.tensors)
    (role == "weight" ? text : others) += ", \"" + role + "\": \"" + name.substr(0, 80) + "\"";
  return text + others + "}";
}

void note_assumptions(Architecture& made) {
  std::string chain;
  bool normalises = false;
  for (const Layer& layer : made.layers) {
    chain += (chain.empty() ? "" : ", ") + layer.op + " (" + layer.tensors.begin()->second + ")";
    normalises = normalises || layer.op != "linear";
  }
  made.notes.push_back("assumed from names and shapes: " + chain);
  if (normalises)
    made.notes.push_back("assumed for normalisations: eps = 1e-5, which the file does not say");
  made.notes.push_back(
      "what may follow the last layer, such as a sigmoid or softmax, is not in the file and is not "
      "computed: --arch FILE.json says it");
}

}  // namespace

std::optional<Architecture> infer_architecture(const Weights& weights, Problems& problems) {
  const std::vector<Module> modules = modules_of(weights);
  std::vector<Layer> layers;
  std::string draft;
  bool all_known = !modules.empty(), any_linear = false;
  for (const Module& module : modules) {
    std::optional<Layer> layer = recognise(module);
    all_known = all_known && layer.has_value();
    if (!layer) continue;
    any_linear = any_linear || layer->op == "linear";
    draft += (draft.empty() ? "" : ", ") + text_of(*layer);
    layers.push_back(*std::move(layer));
  }
  if (all_known && any_linear && (modules.size() == 1 || is_gapless(modules))) {
    Architecture made;
    made.layers = std::move(layers);
    note_assumptions(made);
    return made;
  }
  constexpr size_t kMostDraft = 1200;
  if (draft.size() > kMostDraft)
    draft = draft.substr(0, draft.rfind("}, ", kMostDraft) + 1) + ", …";
  problems.add(Code::Unsupported, C205_UnsupportedOp, "",
               "the file holds weights (" + list_of(weights) +
                   ") and does not say what is computed with them",
               "write it down and give it with --arch FILE.json: {\"layers\": [" + draft +
                   "]}, with the activations, and whatever else has no weights, in their places; "
                   "or export the model to ONNX");
  return std::nullopt;
}

}  // namespace mle::compiler::network
