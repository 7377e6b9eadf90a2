// SlowLog: a line for each request that took long, and how many were left out.
// Promise: a server in trouble is not made slower by telling of it: a few lines a second.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/protocol/slow_requests.h"
#include "tools/mle-serve/log.h"

#include <cstdint>
#include <mutex>

namespace mle::tools {

class SlowLog {
 public:
  explicit SlowLog(Log& log) : log_(log) {}

  // Any thread.
  void tell(const serve::SlowRequest& request);

 private:
  static constexpr uint64_t kLinesASecond = 10;

  Log& log_;
  std::mutex mutex_;
  serve::Clock::time_point second_{};  // guarded, as what follows
  uint64_t lines_ = 0, left_out_ = 0;
};

}  // namespace mle::tools
