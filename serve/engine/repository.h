// Repository: keeps the engine's catalog like the files it was told to serve.
// Promise: a version serves only after it was verified, proved and warmed up; one that fails leaves
// what served before in place, and index() says why. One thread at a time changes anything.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "serve/engine/engine.h"
#include "serve/engine/load_version.h"
#include "serve/engine/scan.h"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mle::serve {

struct RepositoryOptions {
  std::vector<LoadWish> files;  // named one by one
  std::string folder;           // "": none
  VersionPolicy policy;         // of the folder
  size_t sessions = 1;          // per plan: the threads that may execute
};

// One line of the index: a version that serves, or one that does not and why.
struct IndexLine {
  std::string model;
  uint64_t version = 0;
  bool ready = false;
  bool unproven = false;
  std::string reason;  // "" where all is well
  uint64_t loads = 0;  // how often a file of it was loaded
};

class Repository {
 public:
  Repository(RepositoryOptions options, Engine& engine);

  // `told` is called after every change of what serves, on the thread that made it. Set it before
  // anything changes.
  void when_changed(std::function<void()> told) { told_ = std::move(told); }

  // Looks at the files and takes in what changed since; a file that failed is not tried again until
  // it changes, unless `again`. Not ok where the folder cannot be read: then nothing changed.
  Status refresh(bool again = false);
  // Loads one model as its files are now, or takes it out. Not ok: what served before still does.
  Status load(const std::string& model);
  Status unload(const std::string& model);

  // Any thread.
  std::vector<IndexLine> index() const;
  // Lets go of replaced versions that no request holds any more; true while some are left.
  bool collect() noexcept;

 private:
  using Key = std::pair<std::string, uint64_t>;
  struct Failure {
    FileMark mark;
    std::string reason;
  };
  using Serving = std::map<Key, std::shared_ptr<const Version>>;

  Result<std::vector<LoadWish>> wishes();
  // Loads what changed among `wanted`, the whole truth about the models in it.
  Status take_in(const std::vector<LoadWish>& wanted, bool again);
  Status bring(const LoadWish& wish, bool again, Serving& next);
  void publish(Serving next);

  const RepositoryOptions options_;
  Engine& engine_;
  std::function<void()> told_;
  std::mutex changing_;       // held while anything is loaded
  mutable std::mutex mutex_;  // guards what follows
  Serving serving_;
  std::map<Key, Failure> failures_;
  std::vector<std::string> problems_;
  std::set<std::string> unloaded_;  // taken out by hand: refresh() leaves them out
  std::map<Key, std::shared_ptr<Counters>> counters_;
  std::map<std::string, std::shared_ptr<Lane>> lanes_;
  std::vector<std::shared_ptr<const Version>> retired_;
};

}  // namespace mle::serve
