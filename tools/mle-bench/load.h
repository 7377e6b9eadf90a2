// What every load on a server has in common: how much of it, when requests are due, what came of
// it. Promise: a duration counts from when the request was meant to be sent, not from when there
// was time for it: a server that stalls cannot hide it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <vector>

namespace mle::tools {

struct Load {
  std::string address;  // 127.0.0.1:8000
  std::string request;  // whole, as it goes over the wire
  uint64_t in_flight = 1;
  double rate = 0;     // requests a second, at times of a Poisson process; 0: each after its answer
  uint64_t burst = 1;  // so many at each of these times
  double seconds = 1;
};

struct LoadOutcome {
  std::vector<double> durations;  // nanoseconds, of good answers
  uint64_t errors = 0;            // other answers, and connections that broke
  double seconds = 0;
};

// The times of an open loop, the same in every run. Nanoseconds.
class Arrivals {
 public:
  Arrivals(const Load& load, uint64_t begin)
      : mean_pause_(static_cast<double>(load.burst) / load.rate * 1e9),
        burst_(load.burst),
        next_(begin) {}

  // Until then nothing more is due.
  uint64_t next() const noexcept { return next_; }
  // What is due by now and was not taken yet.
  std::deque<uint64_t>& due(uint64_t now) {
    while (next_ <= now) {
      due_.insert(due_.end(), burst_, next_);
      next_ += static_cast<uint64_t>(-std::log1p(-uniform_(random_)) * mean_pause_);
    }
    return due_;
  }

 private:
  const double mean_pause_;
  const size_t burst_;
  uint64_t next_;
  std::deque<uint64_t> due_;
  std::mt19937_64 random_{20261121};
  std::uniform_real_distribution<double> uniform_;
};

}  // namespace mle::tools
