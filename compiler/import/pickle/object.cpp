// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/pickle/object.h"

namespace mle::compiler::pickle {
namespace {

constexpr size_t kCalleeAndArguments = 2;

}  // namespace

std::span<const Id> Pickle::items(Id id) const {
  const Object& object = objects_[id];
  if (object.list >= lists_.size()) return {};
  return lists_[object.list];
}

Id Pickle::add(Object object) {
  objects_.push_back(object);
  return static_cast<Id>(objects_.size() - 1);
}

Id Pickle::add(Kind kind, std::vector<Id> items) {
  Object object;
  object.kind = kind;
  object.list = static_cast<uint32_t>(lists_.size());
  lists_.push_back(std::move(items));
  return add(object);
}

std::string_view Pickle::keep(std::string text) { return texts_.emplace_back(std::move(text)); }

void Pickle::become_array(Id id, RawArray array) {
  Object object;
  object.kind = Kind::Array;
  object.integer = static_cast<int64_t>(arrays_.size());
  arrays_.push_back(std::move(array));
  objects_[id] = object;
}

std::string Pickle::name_of(Id id) const {
  const Object* object = &objects_[id];
  if (object->kind == Kind::Call) object = &objects_[items(id)[0]];
  if (object->kind != Kind::Global) return {};
  std::string name(object->text);
  name[name.find('\n')] = '.';
  return name;
}

bool Pickle::is_global(Id id, std::string_view module, std::string_view name) const {
  const Object& object = objects_[id];
  if (object.kind != Kind::Global) return false;
  const size_t cut = object.text.find('\n');
  return object.text.substr(0, cut) == module && object.text.substr(cut + 1) == name;
}

std::span<const Id> Pickle::arguments(Id id) const {
  if (objects_[id].kind != Kind::Call) return {};
  return items(items(id)[1]);
}

std::span<const Id> Pickle::pairs(Id id) const {
  if (objects_[id].kind == Kind::Dict) return items(id);
  if (objects_[id].kind != Kind::Call) return {};
  const std::span<const Id> appended = items(id).subspan(kCalleeAndArguments);
  return appended.size() % 2 == 0 ? appended : std::span<const Id>();
}

std::optional<Id> Pickle::find(Id id, std::string_view key) const {
  const std::span<const Id> all = pairs(id);
  std::optional<Id> found;
  for (size_t i = 0; i < all.size(); i += 2) {
    const Object& candidate = objects_[all[i]];
    if (candidate.kind == Kind::Text && candidate.text == key) found = all[i + 1];
  }
  return found;
}

std::optional<Id> Pickle::attribute(Id id, std::string_view name) const {
  const Object& object = objects_[id];
  if (object.kind != Kind::Call || object.state == kNoObject) return std::nullopt;
  if (objects_[object.state].kind == Kind::Dict) return find(object.state, name);
  if (objects_[object.state].kind != Kind::Tuple) return std::nullopt;
  std::optional<Id> found;
  for (const Id part : items(object.state)) {
    if (const auto here = find(part, name)) found = here;
  }
  return found;
}

}  // namespace mle::compiler::pickle
