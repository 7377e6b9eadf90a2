// SPDX-License-Identifier: Apache-2.0
#include "serve/protocol/service.h"

#include "format/rules.h"

#include <utility>

namespace mle::serve {

void append_shape(const TensorSpec& spec, uint64_t rows, std::vector<int64_t>& shape) {
  if (spec.per_row) shape.push_back(rows == kAnyRows ? -1 : static_cast<int64_t>(rows));
  for (const uint32_t dim : spec.dims) shape.push_back(dim);
}

void Service::when_changed(std::function<void()> told) {
  const std::lock_guard lock(mutex_);
  told_ = std::move(told);
}

void Service::changed() const {
  const std::lock_guard lock(mutex_);
  if (told_) told_();
}

bool Service::ready(std::string_view model, std::string_view version) const {
  return ready() && static_cast<bool>(find(model, version));
}

Result<std::shared_ptr<const Version>> Service::find(std::string_view model,
                                                     std::string_view version) const {
  const std::shared_ptr<const Catalog> catalog = engine_.catalog();
  const std::string name(model.substr(0, 200));
  const CatalogModel* const found = catalog->find(model);
  if (found == nullptr)
    return Status::make(Code::NotFound, format::rule::S401_UnknownModel, Status::kNoOffset,
                        "model '" + name + "': is not served here",
                        "the repository index lists the models");
  auto chosen = Catalog::find(*found, version);
  if (chosen == nullptr)
    return Status::make(
        Code::NotFound, format::rule::S401_UnknownModel, Status::kNoOffset,
        "model '" + name + "': has no version '" + std::string(version.substr(0, 40)) + "'",
        "leave the version out for the newest");
  return chosen;
}

Status Service::known(std::string_view model) const {
  auto found = find(model, "");
  return found ? Status() : std::move(found).error();
}

bool Service::allowed(const std::function<void(Status)>& then) const {
  if (control_ == Control::Explicit) return true;
  then(Status::make(Code::Unsupported, format::rule::S412_Control, Status::kNoOffset,
                    "this server does not load or unload models on request",
                    "start it with --control explicit"));
  return false;
}

void Service::load(std::string model, std::function<void(Status)> then) const {
  if (!allowed(then)) return;
  keeper_.ask([model = std::move(model), then = std::move(then)](Repository& repository) {
    then(repository.load(model));
  });
}

void Service::unload(std::string model, std::function<void(Status)> then) const {
  if (!allowed(then)) return;
  keeper_.ask([model = std::move(model), then = std::move(then)](Repository& repository) {
    then(repository.unload(model));
  });
}

}  // namespace mle::serve
