// Which requests are told of because they took long, and to whom.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/engine/request.h"

#include <chrono>
#include <functional>
#include <string_view>

namespace mle::serve {

// Borrowed for the call. Nothing of what was asked or answered is in it.
struct SlowRequest {
  std::string_view front;  // "grpc" or "http"
  std::string_view model;
  std::string_view trace;  // W3C's trace id, "" where the caller gave none
  uint64_t version = 0;    // 0: of none that serves
  uint64_t rows = 0;
  Clock::duration total{}, waited{};  // from its arrival to its answer, and to its computation
  int rule = 0;                       // why it failed; 0: it did not
};

struct SlowRequests {
  Clock::duration from{0};  // 0: nobody is told
  // Any thread.
  std::function<void(const SlowRequest&)> tell;
};

}  // namespace mle::serve
