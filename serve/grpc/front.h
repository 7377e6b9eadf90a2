// GrpcFront: the Open Inference Protocol over gRPC, with health and reflection.
// Promise: started means listening. drain() loses no call that had begun, unless it takes too long.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "serve/protocol/service.h"
#include "serve/protocol/tls_files.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace mle::serve {

struct GrpcOptions {
  std::string address = "127.0.0.1:8001";  // port 0: a free one
  size_t threads = 1;                      // completion queues, one thread each
  size_t most_message_bytes = size_t{64} << 20;
  // A connection that is as old (give or take a tenth) is told to end when its calls are answered,
  // and its caller makes another. 0: it grows as old as it likes, and drain() may have gRPC cancel
  // calls that come before their caller has heard of the end.
  std::chrono::seconds connection_age{0};
  TlsFiles tls;
};

class GrpcFront {
 public:
  // The service must outlive it.
  static Result<std::unique_ptr<GrpcFront>> start(const GrpcOptions& options, Service& service);

  GrpcFront(const GrpcFront&) = delete;
  GrpcFront& operator=(const GrpcFront&) = delete;
  ~GrpcFront();  // drains without patience

  // With the port in use.
  const std::string& address() const noexcept;
  // Takes no new connections, waits until those there are have come to the age, takes no new calls,
  // ends those that are watched, waits for the others: at most that long in all.
  void drain(std::chrono::milliseconds patience);

 private:
  struct State;
  explicit GrpcFront(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mle::serve
