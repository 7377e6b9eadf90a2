// Door: callers of gRPC come in by a listening socket of ours, so that it can be shut while gRPC
// still answers those who are inside, and so that somebody knows how many they are. Promise: once
// shut, nobody comes in; whoever was in the queue of the socket has come in before.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "serve/protocol/listener.h"

#include <grpcpp/server_builder.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace mle::serve {

class Door {
 public:
  using Acceptor = grpc::experimental::ExternalConnectionAcceptor;

  static Result<std::unique_ptr<Door>> make(const std::string& address);
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;
  ~Door();

  const std::string& address() const noexcept { return listener_.address(); }
  // Once the server of `to` has started.
  void open(std::unique_ptr<Acceptor> to);
  // Nobody comes in any more; waits until everybody has left, or until then.
  void shut(std::chrono::steady_clock::time_point until);

 private:
  Door() = default;
  void run() noexcept;
  void let_in() noexcept;
  bool watch(int socket, unsigned events) const noexcept;
  void leaves(int socket) noexcept;
  void ring(uint64_t what) const noexcept;

  Listener listener_;
  int events_ = -1, bell_ = -1;  // what the thread waits at, and what wakes it
  std::unique_ptr<Acceptor> acceptor_;
  std::thread thread_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::set<int> inside_;  // descriptors of our own, besides gRPC's
  bool is_shut_ = false;
};

}  // namespace mle::serve
