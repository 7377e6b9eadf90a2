// Listener: a socket that listens at an address of text: 127.0.0.1:8000, [::1]:8000, name:8000.
// Promise: the address is ours alone; port 0 becomes a free one, which address() names.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include <string>

namespace mle::serve {

class Listener {
 public:
  // `front` is named where that fails.
  static Result<Listener> open(const std::string& address, const char* front);

  Listener() noexcept = default;
  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&& other) noexcept;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  // Who waits to be accepted is sent away.
  void close() noexcept;

  int socket() const noexcept { return socket_; }
  const std::string& address() const noexcept { return address_; }

 private:
  int socket_ = -1;
  std::string address_;
};

}  // namespace mle::serve
