// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-bench/clock.h"

#include "tools/mle-bench/samples.h"

#include <ctime>
#include <vector>

namespace mle::tools {

uint64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1000000000u + static_cast<uint64_t>(time.tv_nsec);
}

double clock_cost_ns() {
  static const double cost = [] {
    constexpr int kReadings = 64, kRepeats = 101;
    std::vector<double> costs;
    for (int repeat = 0; repeat < kRepeats; ++repeat) {
      const uint64_t begin = now_ns();
      for (int i = 1; i < kReadings; ++i) now_ns();
      costs.push_back(static_cast<double>(now_ns() - begin) / kReadings);
    }
    return median(std::move(costs));
  }();
  return cost;
}

}  // namespace mle::tools
