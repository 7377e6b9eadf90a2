// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-serve/slow_log.h"

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

namespace mle::tools {
namespace {

std::string milliseconds(serve::Clock::duration span) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", std::chrono::duration<double, std::milli>(span).count());
  return text;
}

}  // namespace

void SlowLog::tell(const serve::SlowRequest& request) {
  uint64_t left_out = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto now = serve::Clock::now();
    if (now - second_ >= std::chrono::seconds(1)) {
      second_ = now;
      lines_ = 0;
    }
    if (lines_ == kLinesASecond) {
      ++left_out_;
      return;
    }
    ++lines_;
    left_out = std::exchange(left_out_, 0);
  }
  log_.warning("slow request", {{"front", std::string(request.front)},
                                {"model", std::string(request.model.substr(0, 200))},
                                {"version", std::to_string(request.version)},
                                {"rows", std::to_string(request.rows)},
                                {"ms", milliseconds(request.total)},
                                {"waited_ms", milliseconds(request.waited)},
                                {"rule", std::to_string(request.rule)},
                                {"trace", std::string(request.trace)},
                                {"left_out", std::to_string(left_out)}});
}

}  // namespace mle::tools
