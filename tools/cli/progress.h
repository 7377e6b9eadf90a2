// Progress: one redrawn line on stderr while long work runs.
// Promise: nothing is drawn where stderr is no terminal, nor for work shorter than half a second.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/cli/console.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace mle::tools {

class Progress {
 public:
  // `total` 0: unknown; then only the count is shown.
  Progress(const Console& console, std::string label, uint64_t total);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();  // clears the line

  void update(uint64_t done);

 private:
  using Clock = std::chrono::steady_clock;
  bool active_;
  bool drawn_ = false;
  std::string label_;
  uint64_t total_;
  Clock::time_point next_;
};

}  // namespace mle::tools
