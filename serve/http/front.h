// HttpFront: the Open Inference Protocol over HTTP/1.1, with metrics and pages.
// Promise: started means listening. drain() loses no request that had begun, unless it takes too
// long.
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

struct HttpOptions {
  std::string address = "127.0.0.1:8000";  // port 0: a free one
  size_t threads = 1;
  size_t most_body_bytes = size_t{64} << 20;
  size_t most_connections = 4096;
  TlsFiles tls;
  bool metrics_alone = false;  // and health; no models
};

class HttpFront {
 public:
  // The service and its engine must outlive it.
  static Result<std::unique_ptr<HttpFront>> start(const HttpOptions& options, Service& service);
  HttpFront(const HttpFront&) = delete;
  HttpFront& operator=(const HttpFront&) = delete;
  ~HttpFront();

  const std::string& address() const noexcept;
  // Refuses new connections, lets those that are there ask once more, and ends.
  void drain(std::chrono::milliseconds patience);

 private:
  struct State;
  explicit HttpFront(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mle::serve
