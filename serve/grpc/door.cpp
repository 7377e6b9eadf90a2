// SPDX-License-Identifier: Apache-2.0
#include "serve/grpc/door.h"

#include "format/rules.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

namespace mle::serve {
namespace {

// Out of descriptors or memory: how long until the next try, in milliseconds.
constexpr int kRest = 100;

}  // namespace

Result<std::unique_ptr<Door>> Door::make(const std::string& address) {
  auto door = std::unique_ptr<Door>(new Door);
  MLE_TRY_ASSIGN(door->listener_, Listener::open(address, "gRPC"));
  door->bell_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (door->bell_ < 0)
    return error(Code::Io, format::rule::S413_Listen, Status::kNoOffset,
                 "raise the limit of open files", "gRPC has no descriptors to wait with");
  return door;
}

Door::~Door() {
  shut();
  if (bell_ >= 0) ::close(bell_);
}

void Door::open(std::unique_ptr<Acceptor> to) {
  acceptor_ = std::move(to);
  thread_ = std::thread([this] { run(); });
}

Door::Clock::time_point Door::shut() noexcept {
  if (thread_.joinable()) {
    const uint64_t once = 1;
    [[maybe_unused]] const auto ignored = ::write(bell_, &once, sizeof once);
    thread_.join();
  }
  listener_.close();
  return last_;
}

// All who wait.
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
    last_ = Clock::now();
    Acceptor::NewConnectionParameters caller;
    caller.listener_fd = listener_.socket();
    caller.fd = socket;  // gRPC's from here on
    acceptor_->HandleNewConnection(&caller);
  }
}

void Door::run() noexcept {
  std::array<pollfd, 2> sources{{{listener_.socket(), POLLIN, 0}, {bell_, POLLIN, 0}}};
  do {
    ::poll(sources.data(), sources.size(), -1);
    let_in();
  } while ((sources[1].revents & POLLIN) == 0);
}

}  // namespace mle::serve
