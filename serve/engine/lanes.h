// Lanes: requests that wait for worker threads, a queue per model with two priorities.
// Promise: bounded: a queue that is full refuses at once. Nothing waits for company unless a delay
// was asked for: a worker takes what is there.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/engine/request.h"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace mle::serve {

// The queue of one model. Its fields belong to Lanes.
struct Lane {
  struct Queue {
    Request *first = nullptr, *last = nullptr;
  };
  Queue urgent, normal;
  std::atomic<size_t> waiting{0};  // read by whoever counts, too
  size_t running = 0;
  uint64_t rows = 0;           // of those waiting
  std::shared_ptr<Lane> self;  // while it has requests
};

struct LaneLimits {
  size_t most_waiting = 1024;  // per model
  size_t most_running = 0;     // executions of one model at a time; 0: no limit
  uint64_t most_rows = 1024;   // executed together
  Clock::duration delay{0};    // how long a request may wait for others to join it
};

class Lanes {
 public:
  explicit Lanes(const LaneLimits& limits) : limits_(limits) {}

  // False where the queue is full or closed; the request is then still the caller's.
  bool push(const std::shared_ptr<Lane>& lane, Request& request) noexcept;

  // Waits for requests that may be executed together; false when closed and empty. Their lane is
  // running until finished() is called for it. Requests whose caller gave up or whose deadline has
  // passed come along: the caller looks.
  bool pop(std::vector<Request*>& group, std::shared_ptr<Lane>& lane);
  void finished(const std::shared_ptr<Lane>& lane) noexcept;

  // Nobody waits for company any more.
  void hurry() noexcept;
  // Refuses new requests; those that wait are still handed out.
  void close() noexcept;

 private:
  std::shared_ptr<Lane> ready(Clock::time_point now, Clock::time_point& look_again);
  void take(Lane& lane, std::vector<Request*>& group);

  const LaneLimits limits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Lane*> busy_;  // those with requests, in the order they are looked at
  bool closed_ = false, hurried_ = false;
};

}  // namespace mle::serve
