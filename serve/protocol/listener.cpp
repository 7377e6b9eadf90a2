// SPDX-License-Identifier: Apache-2.0
#include "serve/protocol/listener.h"

#include "format/rules.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace mle::serve {
namespace {

constexpr int kBacklog = 1024;

Status refuse(const std::string& address, const char* front, const char* why) {
  return error(Code::Io, format::rule::S413_Listen, Status::kNoOffset,
               "give another address; port 0 picks a free port", "%s cannot listen at %s: %s",
               front, address.c_str(), why);
}

int port_of(int socket) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                           : reinterpret_cast<sockaddr_in&>(bound).sin_port);
}

}  // namespace

Result<Listener> Listener::open(const std::string& address, const char* front) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return refuse(address, front, "it has no port");
  std::string host = address.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int failed = ::getaddrinfo(host.empty() ? nullptr : host.c_str(),
                                   address.c_str() + colon + 1, &wanted, &list);
  if (failed != 0) return refuse(address, front, ::gai_strerror(failed));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> freed(list, &::freeaddrinfo);
  Listener listener;
  listener.socket_ = ::socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  // A port that a former server just left is free; one that another listens at is not.
  if (listener.socket_ < 0 ||
      ::setsockopt(listener.socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(listener.socket_, list->ai_addr, list->ai_addrlen) != 0 ||
      ::listen(listener.socket_, kBacklog) != 0)
    return refuse(address, front, std::strerror(errno));
  listener.address_ = address.substr(0, colon) + ":" + std::to_string(port_of(listener.socket_));
  return listener;
}

Listener::Listener(Listener&& other) noexcept { *this = std::move(other); }

Listener& Listener::operator=(Listener&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(address_, other.address_);
  return *this;
}

void Listener::close() noexcept {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

Listener::~Listener() { close(); }

}  // namespace mle::serve
