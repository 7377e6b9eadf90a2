// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/torch/state_dict.h"

#include "compiler/import/pickle/machine.h"
#include "format/rules.h"

#include <algorithm>
#include <utility>

namespace mle::compiler::torch {
namespace {

using enum format::rule::Rule;
using pickle::Id;
using pickle::Kind;
using pickle::kNoObject;
using pickle::Pickle;

// Where training programs keep a model among optimisers and counters, in order of preference.
constexpr std::string_view kPlaces[] = {"state_dict", "model_state_dict", "model_state", "model",
                                        "net",        "network",          "module",      "weights",
                                        "params"};
constexpr size_t kMaxDepth = 64;  // of modules in modules

bool holds_tensors(const Checkpoint& checkpoint, Id id) {
  const auto pairs = checkpoint.objects().pairs(id);
  for (size_t i = 0; i + 1 < pairs.size(); i += 2)
    if (checkpoint.objects().at(pairs[i]).kind == Kind::Text && checkpoint.is_tensor(pairs[i + 1]))
      return true;
  return false;
}

// What data-parallel and compiled models put before every name, and within.
std::string without_wrappers(std::string name, bool parallel) {
  constexpr std::string_view kCompiled = "_orig_mod.", kParallel = "module.";
  bool again = true;
  while (again) {
    again = false;
    if (const size_t at = name.find(kCompiled);
        at == 0 || (at != std::string::npos && name[at - 1] == '.')) {
      name.erase(at, kCompiled.size());
      again = true;
    }
    if (parallel && name.rfind(kParallel, 0) == 0) {
      name.erase(0, kParallel.size());
      again = true;
      parallel = false;
    }
  }
  return name;
}

Status add_tensors(const Checkpoint& checkpoint, std::span<const Id> pairs,
                   const std::string& prefix, network::Weights& weights) {
  const Pickle& objects = checkpoint.objects();
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    if (objects.at(pairs[i]).kind != Kind::Text || !checkpoint.is_tensor(pairs[i + 1])) continue;
    std::string name = prefix + std::string(objects.text(pairs[i]));
    MLE_TRY_ASSIGN(network::WeightTensor tensor, checkpoint.tensor(pairs[i + 1], name));
    weights.insert_or_assign(std::move(name), std::move(tensor));
  }
  return {};
}

Result<StateDict> read_dict(const Checkpoint& checkpoint, Id id, std::vector<std::string> notes) {
  network::Weights found;
  MLE_TRY(add_tensors(checkpoint, checkpoint.objects().pairs(id), "", found));
  const bool parallel = std::ranges::all_of(found, [](const auto& entry) {
    return without_wrappers(entry.first, false).rfind("module.", 0) == 0;
  });
  StateDict made;
  made.notes = std::move(notes);
  bool renamed = false;
  for (auto& [name, tensor] : found) {
    std::string plain = without_wrappers(name, parallel);
    renamed = renamed || plain != name;
    if (!made.weights.emplace(plain, std::move(tensor)).second)
      return Status::make(Code::Corrupt, C204_Damaged, Status::kNoOffset,
                          "two tensors are called '" + plain.substr(0, 80) + "'", "");
  }
  if (renamed)
    made.notes.push_back("names of tensors are taken without 'module.' and '_orig_mod.'");
  return made;
}

// The place of a checkpoint that holds what `fits` asks for.
template <class Fits>
Id find_place(const Checkpoint& checkpoint, Fits fits, std::string* place) {
  const Pickle& objects = checkpoint.objects();
  for (const std::string_view name : kPlaces)
    if (const auto found = objects.find(objects.root, name); found && fits(*found)) {
      if (place != nullptr) *place = name;
      return *found;
    }
  // Behind the places: a checkpoint may keep a tensor of its own beside the model, such as a loss.
  if (fits(objects.root)) return objects.root;
  // One that is called otherwise, if it is the only one.
  Id only = kNoObject;
  const auto pairs = objects.pairs(objects.root);
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    if (objects.at(pairs[i]).kind != Kind::Text || !fits(pairs[i + 1])) continue;
    if (only != kNoObject) return kNoObject;
    only = pairs[i + 1];
    if (place != nullptr) *place = objects.text(pairs[i]);
  }
  return only;
}

// NOLINTNEXTLINE(misc-no-recursion): kMaxDepth
Status add_module(const Checkpoint& checkpoint, Id module, const std::string& prefix, size_t depth,
                  network::Weights& weights) {
  const Pickle& objects = checkpoint.objects();
  constexpr size_t kMostTensors = 100'000;
  if (depth > kMaxDepth || weights.size() > kMostTensors)
    return Status::make(Code::Unsupported, C216_LimitReached, Status::kNoOffset,
                        "modules are nested too deeply", "");
  for (const char* which : {"_parameters", "_buffers"})
    MLE_TRY(add_tensors(checkpoint, module_entries(objects, module, which), prefix, weights));
  const auto children = module_entries(objects, module, "_modules");
  for (size_t i = 0; i + 1 < children.size(); i += 2) {
    if (objects.at(children[i]).kind != Kind::Text) continue;
    MLE_TRY(add_module(checkpoint, children[i + 1],
                       prefix + std::string(objects.text(children[i])) + ".", depth + 1, weights));
  }
  return {};
}

}  // namespace

bool is_module(const Pickle& objects, Id id) {
  return objects.at(id).kind == Kind::Call && objects.attribute(id, "_modules").has_value();
}

std::span<const Id> module_entries(const Pickle& objects, Id module, std::string_view which) {
  const auto found = objects.attribute(module, which);
  return found ? objects.pairs(*found) : std::span<const Id>();
}

Id find_module(const Checkpoint& checkpoint) {
  return find_place(
      checkpoint, [&](Id id) { return is_module(checkpoint.objects(), id); }, nullptr);
}

Result<StateDict> find_state_dict(const Checkpoint& checkpoint) {
  std::string place;
  const Id found = find_place(
      checkpoint, [&](Id id) { return holds_tensors(checkpoint, id); }, &place);
  if (found == kNoObject)
    return Status::make(Code::Unsupported, C221_OutOfScope, Status::kNoOffset,
                        "the file holds no state_dict, no module and no single dictionary of "
                        "tensors",
                        "save the weights with torch.save(model.state_dict(), 'weights.pt')");
  std::vector<std::string> notes;
  if (!place.empty())
    notes.push_back("of the checkpoint '" + pickle::printable(place) + "' is taken");
  return read_dict(checkpoint, found, std::move(notes));
}

Result<StateDict> state_dict_of(const Checkpoint& checkpoint, Id module) {
  StateDict made;
  MLE_TRY(add_module(checkpoint, module, "", 0, made.weights));
  return made;
}

}  // namespace mle::compiler::torch
