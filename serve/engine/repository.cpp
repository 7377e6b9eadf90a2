// SPDX-License-Identifier: Apache-2.0
#include "serve/engine/repository.h"

#include "format/rules.h"

#include <algorithm>
#include <utility>

namespace mle::serve {
namespace {

std::string reason_of(const Status& status) {
  std::string text = status.message();
  if (*status.hint() != '\0') text += std::string(" (") + status.hint() + ")";
  return text;
}

Status not_found(const std::string& model) {
  return Status::make(Code::NotFound, format::rule::S401_UnknownModel, Status::kNoOffset,
                      "model '" + model.substr(0, 200) + "': no file of the repository has it",
                      "the repository index lists the models");
}

}  // namespace

Repository::Repository(RepositoryOptions options, Engine& engine)
    : options_(std::move(options)), engine_(engine) {}

Result<std::vector<LoadWish>> Repository::wishes() {
  std::vector<LoadWish> all;
  std::vector<std::string> problems;
  for (const LoadWish& named : options_.files)
    for (LoadWish& wish : scan_model(named.model, named.path, options_.policy, problems))
      all.push_back(std::move(wish));
  if (!options_.folder.empty()) {
    MLE_TRY_ASSIGN(auto found, scan_folder(options_.folder, options_.policy, problems));
    // A model named on the command line goes before one of that name in the folder.
    for (LoadWish& wish : found)
      if (std::none_of(options_.files.begin(), options_.files.end(),
                       [&](const LoadWish& file) { return file.model == wish.model; }))
        all.push_back(std::move(wish));
  }
  const std::lock_guard lock(mutex_);
  problems_ = std::move(problems);
  return all;
}

Status Repository::bring(const LoadWish& wish, bool again, Serving& next) {
  const Key key{wish.model, wish.number};
  std::shared_ptr<Counters> counters;
  std::shared_ptr<const Version> present;
  Status failure;
  FileMark mark;
  if (auto now = mark_of(wish.path))
    mark = std::move(*now);
  else
    failure = std::move(now).error();
  {
    const std::lock_guard lock(mutex_);
    if (const auto at = serving_.find(key); at != serving_.end()) present = at->second;
    auto& kept = counters_[key];
    if (kept == nullptr) kept = std::make_shared<Counters>();
    counters = kept;
    const auto failed = failures_.find(key);
    if (failed != failures_.end() && failed->second.mark == mark && !again) {
      if (present != nullptr) next[key] = present;
      return Status::make(Code::Corrupt, format::rule::S410_LoadModel, Status::kNoOffset,
                          failed->second.reason);
    }
  }
  if (failure.ok() && present != nullptr && present->mark == mark) {
    next[key] = present;
    const std::lock_guard lock(mutex_);
    failures_.erase(key);
    return {};
  }
  if (failure.ok()) {
    auto loaded = load_version(wish, options_.sessions, std::move(counters));
    if (loaded) {
      Counters::add((*loaded)->counters->loads);
      next[key] = std::move(*loaded);
      const std::lock_guard lock(mutex_);
      failures_.erase(key);
      return {};
    }
    failure = std::move(loaded).error();
  }
  if (present != nullptr) next[key] = present;
  const std::lock_guard lock(mutex_);
  failures_[key] = {std::move(mark), reason_of(failure)};
  return failure;
}

Status Repository::take_in(const std::vector<LoadWish>& wanted, bool again) {
  std::set<std::string> models, failed;
  std::set<Key> keys;
  Serving next;
  Status first;
  for (const LoadWish& wish : wanted) {
    models.insert(wish.model);
    keys.insert({wish.model, wish.number});
    Status status = bring(wish, again, next);
    if (status.ok()) continue;
    failed.insert(wish.model);
    if (first.ok()) first = std::move(status);
  }
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, version] : serving_)
      if (failed.contains(key.first) && !keys.contains(key)) next.emplace(key, version);
    std::erase_if(failures_, [&](const auto& entry) {
      return models.contains(entry.first.first) && !keys.contains(entry.first);
    });
  }
  const auto others = [&] {
    const std::lock_guard lock(mutex_);
    Serving rest = serving_;
    std::erase_if(rest, [&](const auto& entry) { return models.contains(entry.first.first); });
    return rest;
  }();
  for (const auto& [key, version] : others) next.emplace(key, version);
  publish(std::move(next));
  return first;
}

void Repository::publish(Serving next) {
  auto catalog = std::make_shared<Catalog>();
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, version] : next) {
      auto& lane = lanes_[key.first];
      if (lane == nullptr) lane = std::make_shared<Lane>();
      CatalogModel& model = catalog->models[key.first];
      model.lane = lane;
      model.versions.push_back(version);
    }
    for (const auto& [key, version] : serving_) {
      const auto at = next.find(key);
      if (at == next.end() || at->second != version) retired_.push_back(version);
    }
    serving_ = std::move(next);
  }
  engine_.publish(std::move(catalog));
  if (told_) told_();
}

Status Repository::refresh(bool again) {
  const std::lock_guard changing(changing_);
  MLE_TRY_ASSIGN(std::vector<LoadWish> wanted, wishes());
  std::set<std::string> unloaded;
  Serving remaining;
  {
    const std::lock_guard lock(mutex_);
    unloaded = unloaded_;
    remaining = serving_;
    std::erase_if(failures_, [&](const auto& entry) {
      return std::none_of(wanted.begin(), wanted.end(),
                          [&](const LoadWish& wish) { return wish.model == entry.first.first; });
    });
  }
  std::erase_if(wanted, [&](const LoadWish& wish) { return unloaded.contains(wish.model); });
  // Models whose files are gone altogether.
  const size_t before = remaining.size();
  std::erase_if(remaining, [&](const auto& entry) {
    return std::none_of(wanted.begin(), wanted.end(),
                        [&](const LoadWish& wish) { return wish.model == entry.first.first; });
  });
  if (remaining.size() != before) publish(std::move(remaining));
  // What fails is told by index(); the folder as a whole was read.
  (void)take_in(wanted, again);
  return {};
}

Status Repository::load(const std::string& model) {
  const std::lock_guard changing(changing_);
  MLE_TRY_ASSIGN(std::vector<LoadWish> wanted, wishes());
  std::erase_if(wanted, [&](const LoadWish& wish) { return wish.model != model; });
  if (wanted.empty()) return not_found(model);
  {
    const std::lock_guard lock(mutex_);
    unloaded_.erase(model);
  }
  const Status failed = take_in(wanted, true);
  if (failed.ok()) return {};
  return Status::make(Code::Corrupt, format::rule::S410_LoadModel, Status::kNoOffset,
                      reason_of(failed), "what served before goes on serving");
}

Status Repository::unload(const std::string& model) {
  const std::lock_guard changing(changing_);
  Serving remaining;
  {
    const std::lock_guard lock(mutex_);
    remaining = serving_;
  }
  if (std::erase_if(remaining, [&](const auto& entry) { return entry.first.first == model; }) == 0)
    return not_found(model);
  {
    const std::lock_guard lock(mutex_);
    unloaded_.insert(model);
    std::erase_if(failures_, [&](const auto& entry) { return entry.first.first == model; });
  }
  publish(std::move(remaining));
  return {};
}

std::vector<IndexLine> Repository::index() const {
  const std::lock_guard lock(mutex_);
  std::map<Key, IndexLine> lines;
  for (const auto& [key, version] : serving_)
    lines[key] = {key.first, key.second, true, version->unproven, "", version->counters->loads};
  for (const auto& [key, failure] : failures_) {
    IndexLine& line = lines[key];
    line.model = key.first;
    line.version = key.second;
    line.reason = failure.reason;
  }
  for (const std::string& model : unloaded_)
    lines[{model, 0}] = {model, 0, false, false, "unloaded", 0};
  std::vector<IndexLine> result;
  for (auto& [key, line] : lines) result.push_back(std::move(line));
  for (const std::string& problem : problems_) result.push_back({"", 0, false, false, problem, 0});
  return result;
}

bool Repository::collect() noexcept {
  const std::lock_guard lock(mutex_);
  // Nobody can find a retired version any more, so a count of one stays one.
  std::erase_if(retired_, [](const auto& version) { return version.use_count() == 1; });
  return !retired_.empty();
}

}  // namespace mle::serve
