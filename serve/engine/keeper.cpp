// SPDX-License-Identifier: Apache-2.0
#include "serve/engine/keeper.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace mle::serve {
namespace {

constexpr uint32_t kChanges = IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_DELETE | IN_CREATE |
                              IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr int kNiceness = 10;
constexpr auto kCollectPause = std::chrono::milliseconds(50);

}  // namespace

Keeper::Keeper(Repository& repository, std::string folder, std::chrono::milliseconds pause)
    : repository_(repository),
      folder_(std::move(folder)),
      pause_(pause),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      notify_(folder_.empty() ? -1 : ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  watch_folders();
  thread_ = std::thread([this] { run(); });
}

Keeper::~Keeper() {
  stopping_.store(true);
  wake();
  thread_.join();
  if (notify_ >= 0) ::close(notify_);
  if (wake_ >= 0) ::close(wake_);
}

void Keeper::wake() noexcept {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
}

void Keeper::ask(std::function<void(Repository&)> wish) {
  {
    const std::lock_guard lock(mutex_);
    wishes_.push_back(std::move(wish));
  }
  wake();
}

// The folder, the models' folders and those of their versions. Watching one twice is harmless.
void Keeper::watch_folders() {
  if (notify_ < 0) return;
  namespace fs = std::filesystem;
  ::inotify_add_watch(notify_, folder_.c_str(), kChanges);
  std::error_code failed;
  fs::recursive_directory_iterator at(folder_, fs::directory_options::skip_permission_denied,
                                      failed);
  for (; !failed && at != fs::recursive_directory_iterator(); at.increment(failed)) {
    std::error_code ignored;
    if (!at->is_directory(ignored)) continue;
    ::inotify_add_watch(notify_, at->path().c_str(), kChanges);
    if (at.depth() >= 1) at.disable_recursion_pending();
  }
}

// A file that was created is not finished yet: its end is an event of its own.
bool Keeper::read_events() {
  bool any = false;
  alignas(inotify_event) std::array<char, 4096> events;
  for (;;) {
    const ssize_t got = ::read(notify_, events.data(), events.size());
    if (got <= 0) return any;
    for (size_t at = 0; at < static_cast<size_t>(got);) {
      inotify_event event;
      std::memcpy(&event, events.data() + at, sizeof event);
      any = any || (event.mask & ~uint32_t{IN_CREATE}) != 0;
      at += sizeof event + event.len;
    }
  }
}

void Keeper::run() {
  // Of this thread alone; where it is not allowed, loading competes as an equal.
  [[maybe_unused]] const int ignored = ::setpriority(PRIO_PROCESS, 0, kNiceness);
  auto look_again = next_look();
  for (;;) {
    std::deque<std::function<void(Repository&)>> wishes;
    {
      const std::lock_guard lock(mutex_);
      wishes.swap(wishes_);
    }
    for (const auto& wish : wishes) wish(repository_);
    if (stopping_.load()) {
      const std::lock_guard lock(mutex_);
      if (wishes_.empty()) return;
      continue;
    }
    wait(repository_.collect(), look_again);
    const bool noticed = notify_ >= 0 && read_events();
    if (noticed || Clock::now() >= look_again) {
      watch_folders();
      (void)repository_.refresh();  // what fails stands in the index
      look_again = next_look();
    }
  }
}

Clock::time_point Keeper::next_look() const {
  return folder_.empty() ? Clock::time_point::max() : Clock::now() + pause_;
}

// Until somebody asks, something is noticed, or it is time to look again or to collect.
void Keeper::wait(bool collects, Clock::time_point until) {
  using std::chrono::milliseconds, std::chrono::ceil;
  auto pause = milliseconds(-1);
  if (until != Clock::time_point::max())
    pause = std::max(milliseconds(0), ceil<milliseconds>(until - Clock::now()));
  if (collects && (pause.count() < 0 || pause > kCollectPause)) pause = kCollectPause;
  std::array<pollfd, 2> sources{{{wake_, POLLIN, 0}, {notify_, POLLIN, 0}}};
  ::poll(sources.data(), sources.size(), static_cast<int>(pause.count()));
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake_, &count, sizeof count);
}

}  // namespace mle::serve
