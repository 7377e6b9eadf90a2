// SPDX-License-Identifier: Apache-2.0
#include "serve/protocol/service.h"

#include "format/rules.h"

#include <new>
#include <utility>

namespace mle::serve {
namespace {

// Takes as long for a wrong key as for the right one.
bool same_key(std::string_view given, std::string_view key) noexcept {
  unsigned difference = given.size() == key.size() ? 0 : 1;
  for (size_t i = 0; i < key.size(); ++i)
    difference |= static_cast<unsigned char>(key[i]) ^
                  static_cast<unsigned char>(i < given.size() ? given[i] : 0);
  return difference == 0;
}

}  // namespace

std::string_view reason_of(const IndexLine& line) noexcept {
  if (line.reason.empty() && line.unproven) return "unproven: the file has no golden rows";
  return line.reason;
}

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

Result<std::vector<std::shared_ptr<const Version>>> Service::list(std::string_view model,
                                                                  std::string_view version) const {
  std::vector<std::shared_ptr<const Version>> found;
  if (!model.empty() && !version.empty()) {
    MLE_TRY_ASSIGN(auto one, find(model, version));
    found.push_back(std::move(one));
    return found;
  }
  if (!model.empty()) MLE_TRY(known(model));
  const auto catalog = engine_.catalog();
  for (const auto& [name, each] : catalog->models)
    if (model.empty() || model == name)
      found.insert(found.end(), each.versions.begin(), each.versions.end());
  return found;
}

Status Service::may_change(const Caller& caller) const {
  if (options_.control != Control::Explicit)
    return Status::make(Code::Unsupported, format::rule::S412_Control, Status::kNoOffset,
                        "this server changes nothing on request",
                        "start it with --control explicit");
  if (options_.admin_key.empty() ? caller.local && !caller.page
                                 : same_key(caller.key, options_.admin_key))
    return {};
  return Status::make(Code::InvalidArgument, format::rule::S416_NotAllowed, Status::kNoOffset,
                      "this caller may not change what the server does",
                      options_.admin_key.empty()
                          ? "ask from the machine itself, or give the server --admin-key-file"
                          : "send the key: Authorization: Bearer KEY");
}

void Service::answered(const Request& request, const char* front,
                       const TraceParent& trace) const noexcept {
  if (options_.slow.from.count() == 0) return;
  const auto now = Clock::now();
  if (now - request.arrived < options_.slow.from) return;
  if (request.served != nullptr) Counters::add(request.served->counters->slow);
  try {
    SlowRequest slow;
    slow.front = front;
    slow.model = request.model;
    slow.trace = trace.trace_id();
    slow.version = request.served != nullptr ? request.served->number : 0;
    slow.rows = request.rows;
    slow.total = now - request.arrived;
    slow.waited = (request.begun == Clock::time_point() ? now : request.begun) - request.arrived;
    slow.rule = request.status.ok() ? 0 : request.status.rule();
    options_.slow.tell(slow);
  } catch (const std::bad_alloc&) {  // then it is not told
  }
}

void Service::load(const Caller& caller, std::string model,
                   std::function<void(Status)> then) const {
  if (Status refused = may_change(caller); !refused.ok()) return then(std::move(refused));
  keeper_.ask([model = std::move(model), then = std::move(then)](Repository& repository) {
    then(repository.load(model));
  });
}

void Service::unload(const Caller& caller, std::string model,
                     std::function<void(Status)> then) const {
  if (Status refused = may_change(caller); !refused.ok()) return then(std::move(refused));
  keeper_.ask([model = std::move(model), then = std::move(then)](Repository& repository) {
    then(repository.unload(model));
  });
}

}  // namespace mle::serve
