// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-bench/http_load.h"

#include "format/rules.h"
#include "tools/mle-bench/clock.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace mle::tools {
namespace {

Status failed(const std::string& address, const std::string& what) {
  return Status::make(Code::Io, format::rule::T302_ReadRows, Status::kNoOffset,
                      address + ": " + what,
                      "is the server there? mle-serve says where it listens");
}

class Socket {
 public:
  explicit Socket(int descriptor = -1) noexcept : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

Result<Socket> connect_to(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return failed(address, "it has no port");
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int number = ::getaddrinfo(address.substr(0, colon).c_str(),
                                       address.c_str() + colon + 1, &wanted, &list);
      number != 0)
    return failed(address, ::gai_strerror(number));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> freed(list, &::freeaddrinfo);
  Socket socket(::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0 || ::connect(socket.get(), list->ai_addr, list->ai_addrlen) != 0)
    return failed(address, std::strerror(errno));
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

// The value of Content-Length, however it is spelled; 0 where there is none.
size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "\r\ncontent-length:";
  const auto same = [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b;
  };
  const auto at = std::search(head.begin(), head.end(), kName.begin(), kName.end(), same);
  if (at == head.end()) return 0;
  const auto value = static_cast<size_t>(at - head.begin()) + kName.size();
  return std::strtoull(std::string(head.substr(value, 24)).c_str(), nullptr, 10);
}

// An answer as its bytes come in.
struct Answer {
  std::string bytes;
  int status = 0;
  size_t head = 0, size = 0;  // of the head, of all; 0: not known yet

  // True once it is whole.
  bool add(std::string_view more) {
    bytes.append(more);
    if (size == 0) {
      const size_t end = bytes.find("\r\n\r\n");
      if (end == std::string::npos) return false;
      head = end + 4;
      size = head + content_length(std::string_view(bytes).substr(0, head));
      status = bytes.size() > 12 ? std::atoi(bytes.c_str() + 9) : 0;
    }
    return bytes.size() >= size;
  }
  void clear() {
    bytes.clear();
    head = size = 0;
  }
};

class HttpLoad {
 public:
  explicit HttpLoad(const Load& load) : load_(load), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

  Result<LoadOutcome> run() {
    if (epoll_.get() < 0) return failed(load_.address, std::strerror(errno));
    callers_.resize(load_.in_flight);
    for (Caller& caller : callers_) MLE_TRY(connect(caller));
    const uint64_t begin = now_ns();
    const auto end = begin + static_cast<uint64_t>(load_.seconds * 1e9);
    if (load_.rate > 0) arrivals_.emplace(load_, begin);
    for (Caller& caller : callers_)
      if (load_.rate == 0)
        MLE_TRY(ask(caller, now_ns()));
      else
        free_.push_back(&caller);
    for (uint64_t now = now_ns(); now < end; now = now_ns()) {
      MLE_TRY(arrive(now));
      MLE_TRY(hear(now, end));
    }
    outcome_.seconds = static_cast<double>(now_ns() - begin) / 1e9;
    return std::move(outcome_);
  }

 private:
  struct Caller {
    Socket socket;
    Answer answer;
    uint64_t meant = 0;  // when its request was to be sent
  };

  Status connect(Caller& caller) {
    MLE_TRY_ASSIGN(caller.socket, connect_to(load_.address));
    caller.answer.clear();
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &caller;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, caller.socket.get(), &event) != 0)
      return failed(load_.address, std::strerror(errno));
    return {};
  }

  Status ask(Caller& caller, uint64_t meant) {
    caller.meant = meant;
    const std::string& request = load_.request;
    if (::send(caller.socket.get(), request.data(), request.size(), MSG_NOSIGNAL) ==
        static_cast<ssize_t>(request.size()))
      return {};
    ++outcome_.errors;
    return connect(caller);
  }

  // Open loop: what is due by now is asked, as far as connections are free.
  Status arrive(uint64_t now) {
    if (!arrivals_) return {};
    auto& due = arrivals_->due(now);
    while (!due.empty() && !free_.empty()) {
      Caller* const caller = free_.back();
      free_.pop_back();
      MLE_TRY(ask(*caller, due.front()));
      due.pop_front();
    }
    return {};
  }

  Status hear(uint64_t now, uint64_t end) {
    uint64_t until = end;
    if (arrivals_) until = std::min(until, arrivals_->next());
    const uint64_t pause = until > now ? (until - now) / 1'000'000 : 0;
    std::array<epoll_event, 64> events;
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                   static_cast<int>(std::min<uint64_t>(pause, 100)));
    for (int i = 0; i < count; ++i)
      MLE_TRY(take(*static_cast<Caller*>(events[static_cast<size_t>(i)].data.ptr)));
    return {};
  }

  Status take(Caller& caller) {
    std::array<char, 65536> space;
    const ssize_t got = ::recv(caller.socket.get(), space.data(), space.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return {};
    if (got <= 0) {
      ++outcome_.errors;
      MLE_TRY(connect(caller));
    } else {
      if (!caller.answer.add({space.data(), static_cast<size_t>(got)})) return {};
      if (caller.answer.status == 200)
        outcome_.durations.push_back(static_cast<double>(now_ns() - caller.meant));
      else
        ++outcome_.errors;
      caller.answer.clear();
    }
    if (load_.rate == 0) return ask(caller, now_ns());
    free_.push_back(&caller);
    return {};
  }

  const Load& load_;
  Socket epoll_;
  std::vector<Caller> callers_;
  std::vector<Caller*> free_;
  std::optional<Arrivals> arrivals_;  // of an open loop
  LoadOutcome outcome_;
};

}  // namespace

Result<LoadOutcome> run_http_load(const Load& load) { return HttpLoad(load).run(); }

Result<std::string> ask_http(const std::string& address, const std::string& request) {
  MLE_TRY_ASSIGN(const Socket socket, connect_to(address));
  if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size()))
    return failed(address, "takes no request");
  Answer answer;
  std::array<char, 65536> space;
  for (;;) {
    const ssize_t got = ::recv(socket.get(), space.data(), space.size(), 0);
    if (got <= 0) return failed(address, "closed the connection without an answer");
    if (answer.add({space.data(), static_cast<size_t>(got)})) break;
  }
  if (answer.status != 200)
    return failed(address, "answers " + std::to_string(answer.status) + ": " +
                               answer.bytes.substr(answer.head, 300));
  return answer.bytes.substr(answer.head);
}

}  // namespace mle::tools
