// Door: callers of gRPC come in by a listening socket of ours, so that it can be shut while gRPC
// still answers those who are inside. Promise: once shut, nobody comes in; whoever was in the queue
// of the socket has come in before.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "serve/protocol/listener.h"

#include <grpcpp/server_builder.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

namespace mle::serve {

class Door {
 public:
  using Acceptor = grpc::experimental::ExternalConnectionAcceptor;
  using Clock = std::chrono::steady_clock;

  static Result<std::unique_ptr<Door>> make(const std::string& address);
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;
  ~Door();  // shuts

  const std::string& address() const noexcept { return listener_.address(); }
  // Once the server of `to` has started.
  void open(std::unique_ptr<Acceptor> to);
  // When the last caller came in; the clock's beginning where nobody did.
  Clock::time_point shut() noexcept;

 private:
  Door() = default;
  void run() noexcept;
  void let_in() noexcept;

  Listener listener_;
  int bell_ = -1;  // rings when it is to be shut
  std::unique_ptr<Acceptor> acceptor_;
  Clock::time_point last_;  // the thread's, until it has ended
  std::thread thread_;
};

}  // namespace mle::serve
