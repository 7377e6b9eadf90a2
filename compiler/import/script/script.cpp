// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/script/script.h"

#include "compiler/import/aten/dtypes.h"
#include "compiler/import/script/code.h"
#include "compiler/import/script/follower.h"
#include "compiler/import/torch/input_shapes.h"
#include "format/limits.h"
#include "format/rules.h"

#include <set>
#include <utility>

namespace mle::compiler::script {
namespace {

using enum format::rule::Rule;
using Input = onnx::Composer::Input;
using torch::Attempt;

// Every tensor of the data and of the constants, where frozen modules have theirs: for the lengths
// that inputs may have.
network::Weights all_tensors(const Code& code) {
  network::Weights weights;
  constexpr size_t kMost = 10'000;
  for (const torch::Checkpoint* from : {&code.data(), code.constants()})
    for (pickle::Id id = 0; from != nullptr && id < from->objects().size(); ++id)
      if (weights.size() < kMost && from->is_tensor(id))
        if (auto tensor = from->tensor(id, ""))
          weights[std::to_string(weights.size())] = *std::move(tensor);
  return weights;
}

// The floating type of the largest tensor: single numbers may be of another.
DType real_type(const network::Weights& weights) {
  const network::WeightTensor* largest = nullptr;
  for (const auto& [name, tensor] : weights) {
    if (tensor.dtype != DType::F64 && tensor.dtype != DType::F32) continue;
    if (largest == nullptr || tensor.size() > largest->size()) largest = &tensor;
  }
  return largest != nullptr ? largest->dtype : DType::F32;
}

// Inputs as the tracer saw them; the first axis is taken for that of the rows where all agree.
Result<std::vector<Input>> traced_inputs(const torch::Checkpoint& traced,
                                         const std::vector<std::string>& names) {
  const pickle::Pickle& objects = traced.objects();
  const auto untagged = [&](pickle::Id id) {
    const bool tagged = objects.name_of(id) == "torch.jit._pickle.restore_type_tag" &&
                        !objects.arguments(id).empty();
    return tagged ? objects.arguments(id)[0] : id;
  };
  std::vector<Input> inputs;
  const auto forward = objects.find(untagged(objects.root), "forward");
  if (!forward) return inputs;
  const auto examples = objects.items(untagged(*forward));
  if (examples.size() != names.size()) return inputs;
  std::set<uint64_t> rows;
  for (size_t i = 0; i < examples.size(); ++i) {
    if (!traced.is_tensor(examples[i])) return std::vector<Input>();
    MLE_TRY_ASSIGN(const network::WeightTensor tensor, traced.description(examples[i]));
    Input input{names[i], tensor.dtype, {}, {}};
    if (tensor.dtype == DType::F16 || tensor.dtype == DType::BF16) input.dtype = DType::F32;
    for (const uint64_t length : tensor.shape) {
      if (length < 1 || length > format::kMaxDim) return std::vector<Input>();
      input.dims.push_back(static_cast<uint32_t>(length));
    }
    rows.insert(tensor.shape.empty() ? 0 : tensor.shape[0]);
    inputs.push_back(std::move(input));
  }
  if (rows.size() == 1 && !rows.contains(0))
    for (Input& input : inputs) {
      input.dims[0] = 0;
      input.axes = {input.name + ".0"};
    }
  return inputs;
}

// What forward takes beside the module itself.
Result<std::vector<std::string>> input_names(Code& code) {
  const pickle::Pickle& objects = code.data().objects();
  MLE_TRY_ASSIGN(const Function* forward,
                 code.function(objects.name_of(objects.root) + ".forward"));
  std::vector<std::string> names;
  for (size_t i = 1; i < forward->parameters.size(); ++i) {
    const Parameter& parameter = forward->parameters[i];
    if (parameter.otherwise) break;
    if (parameter.type != "Tensor")
      return Status::make(mle::Code::Unsupported, C207_UnsupportedType, Status::kNoOffset,
                          "forward takes a '" + parameter.type.substr(0, 40) + "'",
                          "mle takes tensors: export the model with torch.export.save");
    names.push_back(parameter.name);
  }
  if (names.empty())
    return Status::make(mle::Code::Unsupported, C215_NoOutputs, Status::kNoOffset,
                        "forward takes no tensor", "");
  return names;
}

Attempt follow(Code& code, const SourceFile& source, const ImportOptions& options,
               const std::vector<Input>& inputs) {
  Attempt attempt;
  onnx::Composer composer(source, options, attempt.problems);
  if (!composer.declare(inputs)) return attempt;
  Follower follower(code, composer);
  std::vector<Value> given;
  std::set<std::string> taken;
  for (const Input& input : inputs) {
    given.push_back(Value::tensor(input.name));
    taken.insert(input.name);
  }
  auto made = follower.run(std::move(given));
  attempt.progress = composer.operations();
  if (!made) {
    attempt.problems.add(made.error(), follower.place());
    return attempt;
  }
  std::vector<Value> all =
      made->is(Value::Kind::List) ? std::move(made->items) : std::vector<Value>{*std::move(made)};
  std::vector<std::pair<std::string, std::string>> outputs;
  for (size_t i = 0; i < all.size(); ++i) {
    if (!all[i].is_tensor()) {
      attempt.problems.add(mle::Code::Unsupported, C215_NoOutputs, "",
                           "an output of the model is no tensor",
                           "export it with tensors as outputs");
      return attempt;
    }
    std::string name = all.size() == 1 ? "y" : "y" + std::to_string(i);
    while (!taken.insert(name).second) name += "_out";
    outputs.emplace_back(std::move(name), all[i].text);
  }
  attempt.graph = composer.finish(outputs);
  return attempt;
}

std::optional<Graph> make_graph(Code& code, const SourceFile& source, const ImportOptions& options,
                                Problems& problems) {
  auto names = input_names(code);
  if (!names) {
    problems.add(names.error(), "");
    return std::nullopt;
  }
  if (code.traced() != nullptr) {
    auto inputs = traced_inputs(*code.traced(), *names);
    if (inputs && !inputs->empty()) {
      Attempt attempt = follow(code, source, options, *inputs);
      for (const Problem& problem : attempt.problems.kept())
        problems.add(problem.code, problem.rule, problem.where, problem.what, problem.hint);
      if (attempt.graph && (*inputs)[0].dims[0] == 0)
        attempt.graph->notes.push_back(
            "the shapes of the inputs are those the model was traced with; their first axis is "
            "taken for that of the rows");
      return std::move(attempt.graph);
    }
  }
  const network::Weights weights = all_tensors(code);
  return torch::find_input_shapes(
      *names, torch::likely_widths(weights), real_type(weights), options,
      [&](const std::vector<Input>& inputs) { return follow(code, source, options, inputs); },
      problems);
}

}  // namespace

bool can_read(const SourceFile& source) {
  if (!archive::is_zip(source.bytes)) return false;
  const auto archive = torch::Archive::open(source);
  return archive && archive->has("data.pkl") && archive->has("constants.pkl");
}

std::optional<Graph> read(const SourceFile& source, const ImportOptions& options,
                          Problems& problems) {
  auto code = Code::open(source, problems);
  if (!code) {
    problems.add(code.error(), "");
    return std::nullopt;
  }
  if (!problems.empty()) return std::nullopt;
  auto graph = make_graph(*code, source, options, problems);
  if (graph)
    graph->origin = {"torchscript", source.path.substr(source.path.rfind('/') + 1), "pytorch", ""};
  return graph;
}

}  // namespace mle::compiler::script
