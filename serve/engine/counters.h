// What happened to the requests of one version of a model.
// Promise: counting is a few relaxed atomic additions; readers see each number whole, the set of
// them as of about now.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mle::serve {

using Count = std::atomic<uint64_t>;

// Request durations, in buckets as Prometheus wants them; the last bucket has no bound.
struct Histogram {
  static constexpr std::array<uint64_t, 15> kBoundsNs = {
      10'000,     25'000,     50'000,      100'000,     250'000,
      500'000,    1'000'000,  2'500'000,   5'000'000,   10'000'000,
      25'000'000, 50'000'000, 100'000'000, 500'000'000, 2'500'000'000};

  void add(uint64_t ns) noexcept {
    size_t bucket = 0;
    while (bucket < kBoundsNs.size() && ns > kBoundsNs[bucket]) ++bucket;
    buckets[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_ns.fetch_add(ns, std::memory_order_relaxed);
  }

  std::array<Count, kBoundsNs.size() + 1> buckets{};
  Count sum_ns{0};
};

struct Counters {
  Count succeeded{0}, failed{0};                          // requests
  Count overloaded{0}, deadline_passed{0}, cancelled{0};  // of those failed: never computed
  Count rows{0};                                          // of requests that succeeded
  Count outside{0};                                       // their values that training never saw
  Count slow{0};                                          // those that were told of
  Count executions{0};
  Count loads{0};                   // of a file that then served
  Count success_ns{0}, fail_ns{0};  // from arrival to answer
  Count queue_ns{0};                // from arrival to execution, of requests that succeeded
  Count compute_ns{0};              // of the executions, times the requests in each
  Count last_request_ms{0};         // since 1970
  Histogram duration;               // of requests that succeeded

  static void add(Count& count, uint64_t by = 1) noexcept {
    count.fetch_add(by, std::memory_order_relaxed);
  }
};

}  // namespace mle::serve
