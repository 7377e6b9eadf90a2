// SPDX-License-Identifier: Apache-2.0
#include "serve/grpc/door.h"

#include "format/rules.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <new>
#include <utility>

namespace mle::serve {
namespace {

// What the bell says, added up: an eventfd is a sum.
constexpr uint64_t kShut = 1, kEnd = 1 << 16;

// Out of descriptors or memory: how long until the next try, in milliseconds.
constexpr int kRest = 100;

}  // namespace

Result<std::unique_ptr<Door>> Door::make(const std::string& address) {
  auto door = std::unique_ptr<Door>(new Door);
  MLE_TRY_ASSIGN(door->listener_, Listener::open(address, "gRPC"));
  door->events_ = ::epoll_create1(EPOLL_CLOEXEC);
  door->bell_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (door->events_ < 0 || door->bell_ < 0 || !door->watch(door->bell_, EPOLLIN) ||
      !door->watch(door->listener_.socket(), EPOLLIN))
    return error(Code::Io, format::rule::S413_Listen, Status::kNoOffset,
                 "raise the limit of open files", "gRPC has no descriptors to wait with");
  return door;
}

Door::~Door() {
  if (thread_.joinable()) {
    ring(kEnd);
    thread_.join();
  }
  for (const int socket : inside_) ::close(socket);
  if (bell_ >= 0) ::close(bell_);
  if (events_ >= 0) ::close(events_);
}

void Door::open(std::unique_ptr<Acceptor> to) {
  acceptor_ = std::move(to);
  thread_ = std::thread([this] { run(); });
}

void Door::shut(std::chrono::steady_clock::time_point until) {
  ring(kShut);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return is_shut_; });
  changed_.wait_until(lock, until, [this] { return inside_.empty(); });
}

bool Door::watch(int socket, unsigned events) const noexcept {
  epoll_event event{};
  event.events = events;
  event.data.fd = socket;
  return ::epoll_ctl(events_, EPOLL_CTL_ADD, socket, &event) == 0;
}

void Door::ring(uint64_t what) const noexcept {
  [[maybe_unused]] const auto ignored = ::write(bell_, &what, sizeof what);
}

void Door::leaves(int socket) noexcept {
  ::close(socket);
  const std::lock_guard lock(mutex_);
  inside_.erase(socket);
  if (inside_.empty()) changed_.notify_all();
}

// All who wait. gRPC closes its descriptor when a connection ends, and says so to nobody: a second
// one of the same socket hears of it.
void Door::let_in() noexcept {
  for (;;) {
    const int socket =
        ::accept4(listener_.socket(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
    if (socket < 0) {
      // The caller stays in the queue meanwhile; those inside are not this thread's.
      if (errno != EAGAIN) ::poll(nullptr, 0, kRest);
      return;
    }
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const int second = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
    if (second < 0) {
      ::close(socket);
      return;
    }
    try {
      const std::lock_guard lock(mutex_);
      inside_.insert(second);
    } catch (const std::bad_alloc&) {
      ::close(second);
      ::close(socket);
      return;
    }
    if (!watch(second, EPOLLRDHUP)) {
      ::close(socket);
      leaves(second);
      return;
    }
    Acceptor::NewConnectionParameters caller;
    caller.listener_fd = listener_.socket();
    caller.fd = socket;  // gRPC's from here on
    acceptor_->HandleNewConnection(&caller);
  }
}

void Door::run() noexcept {
  std::array<epoll_event, 64> events;
  const auto size = static_cast<int>(events.size());
  for (bool is_open = true;;) {
    const int count = ::epoll_wait(events_, events.data(), size, -1);
    bool knocked = false;
    uint64_t told = 0;
    for (int i = 0; i < count; ++i) {
      const int socket = events[static_cast<size_t>(i)].data.fd;
      if (socket == bell_) {
        if (::read(bell_, &told, sizeof told) != sizeof told) told = 0;
      } else if (is_open && socket == listener_.socket()) {
        knocked = true;
      } else {
        leaves(socket);
      }
    }
    if (told >= kEnd) return;
    if (knocked || (told > 0 && is_open)) let_in();
    if (told > 0 && is_open) {
      is_open = false;
      ::epoll_ctl(events_, EPOLL_CTL_DEL, listener_.socket(), nullptr);
      listener_.close();
      const std::lock_guard lock(mutex_);
      is_shut_ = true;
      changed_.notify_all();
    }
  }
}

}  // namespace mle::serve
