// Names are looked up when a session is made, never while it runs.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/entry_names.h"

#include "format/rules.h"

#include <algorithm>
#include <optional>

namespace mle::detail {
namespace {

std::optional<OutputPlace> find_in(const ModelState& model, size_t entry,
                                   std::string_view name) noexcept {
  const std::span<const TensorSpec> specs = model.entry_specs[entry].outputs;
  for (size_t o = 0; o < specs.size(); ++o) {
    if (specs[o].name == name) return OutputPlace{entry, o};
  }
  return std::nullopt;
}

// "entry" or "entry.output".
std::optional<OutputPlace> find_qualified(const ModelState& model, size_t entry,
                                          std::string_view name) noexcept {
  const EntrySpec& spec = model.entry_specs[entry];
  if (!name.starts_with(spec.name)) return std::nullopt;
  const std::string_view rest = name.substr(spec.name.size());
  if (rest.empty() && spec.outputs.size() == 1) return OutputPlace{entry, 0};
  if (!rest.starts_with('.')) return std::nullopt;
  return find_in(model, entry, rest.substr(1));
}

}  // namespace

int shown(std::string_view name) noexcept {
  return static_cast<int>(std::min<size_t>(name.size(), 100));
}

Result<size_t> find_entry(const ModelState& model, std::string_view name) noexcept {
  if (name.empty()) return size_t{0};
  for (size_t e = 0; e < model.entry_specs.size(); ++e) {
    if (model.entry_specs[e].name == name) return e;
  }
  const std::string_view first = model.entry_specs[0].name;
  return error(Code::NotFound, format::rule::R105_UnknownEntry, Status::kNoOffset,
               "Model::entries() has the names", "no entry '%.*s' (the first of %zu is '%.*s')",
               shown(name), name.data(), model.entry_specs.size(), shown(first), first.data());
}

Result<OutputPlace> find_output(const ModelState& model, size_t entry,
                                std::string_view name) noexcept {
  if (const auto found = find_in(model, entry, name)) return *found;
  for (size_t e = 0; e < model.entry_specs.size(); ++e) {
    if (const auto found = find_in(model, e, name)) return *found;
  }
  for (size_t e = 0; e < model.entry_specs.size(); ++e) {
    if (const auto found = find_qualified(model, e, name)) return *found;
  }
  const EntrySpec& spec = model.entry_specs[entry];
  return error(Code::NotFound, format::rule::R106_UnknownOutput, Status::kNoOffset,
               "Model::entries() has the names",
               "no output '%.*s' (the first of %zu in entry '%.*s' is '%.*s')", shown(name),
               name.data(), spec.outputs.size(), shown(spec.name), spec.name.data(),
               shown(spec.outputs[0].name), spec.outputs[0].name.data());
}

}  // namespace mle::detail
