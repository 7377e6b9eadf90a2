// Keeper: the thread that watches the folder and changes the repository, so that no serving thread
// ever waits for a file.
// Promise: notices a rename into or out of the folder at once where inotify works, else within the
// pause; runs below the serving threads' priority.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/engine/repository.h"

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace mle::serve {

class Keeper {
 public:
  // Follows `folder` where it is not "". `pause`: looks again even if nothing was noticed.
  Keeper(Repository& repository, std::string folder, std::chrono::milliseconds pause);
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;
  ~Keeper();  // does what was asked for before, then joins

  // Any thread: asks the keeper to do this, soon.
  void ask(std::function<void(Repository&)> wish);

 private:
  void run();
  void watch_folders();
  bool read_events();
  Clock::time_point next_look() const;
  void wait(bool collects, Clock::time_point until);
  void wake() noexcept;

  Repository& repository_;
  const std::string folder_;
  const std::chrono::milliseconds pause_;
  int wake_ = -1, notify_ = -1;
  std::mutex mutex_;
  std::deque<std::function<void(Repository&)>> wishes_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace mle::serve
