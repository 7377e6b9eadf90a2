// Medians, intervals, and who has a turn when.
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/measure.h"

#include "tools/dev/peers/statistics.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace mle::peers {
namespace {

TEST_CASE("peers: a quantile lies between its neighbours in proportion") {
  CHECK(quantile({4, 1, 3, 2}, 0.5) == doctest::Approx(2.5));
  CHECK(quantile({4, 1, 3, 2}, 0.0) == 1);
  CHECK(quantile({4, 1, 3, 2}, 1.0) == 4);
  CHECK(quantile({10, 20, 30}, 0.75) == doctest::Approx(25));
  CHECK(quantile({}, 0.5) == 0);
}

TEST_CASE("peers: the interval of a paired ratio holds its median and ignores a slow minute") {
  // The machine is twice as slow in every other round, for both alike.
  std::vector<double> ours, theirs;
  for (int round = 0; round < 15; ++round) {
    const double speed = round % 2 == 0 ? 1 : 2;
    ours.push_back(10 * speed);
    theirs.push_back((30 + round % 3) * speed);
  }
  const Estimate ratio = paired_ratio(theirs, ours);
  CHECK(ratio.value == doctest::Approx(3.1));
  CHECK(ratio.low >= 3.0);
  CHECK(ratio.low <= ratio.value);
  CHECK(ratio.value <= ratio.high);
  CHECK(ratio.high <= 3.2);
}

TEST_CASE("peers: the same samples give the same interval") {
  const std::vector<double> samples{3, 1, 4, 1, 5, 9, 2, 6, 5};
  const Estimate first = bootstrap_median(samples), second = bootstrap_median(samples);
  CHECK(first.low == second.low);
  CHECK(first.high == second.high);
  CHECK(first.low < first.high);
}

TEST_CASE("peers: who begins a round moves on by one, and nobody runs twice in a round") {
  std::string turns;
  auto contestant = [&](char name) {
    return Contestant{std::string(1, name), [&turns, name](size_t) -> Status {
                        if (turns.empty() || turns.back() != name) turns += name;
                        std::this_thread::sleep_for(std::chrono::microseconds(50));
                        return {};
                      }};
  };
  const std::vector<Contestant> contestants{contestant('a'), contestant('b'), contestant('c')};
  const auto timings =
      interleave(contestants, {.rounds = 3, .turn_ns = 1, .block_ns = 1, .min_blocks = 2});
  REQUIRE(timings.has_value());
  CHECK(turns == "abcabcbcacab");  // sizing of the blocks first, then the rounds
  CHECK(timings->size() == 3);
  for (const Timings& timing : *timings) CHECK(timing.rounds.size() == 3);
}

TEST_CASE("peers: a call that sleeps is timed per call, the fastest not above the 99th") {
  const Contestant sleeper{"sleeper", [](size_t calls) -> Status {
                             std::this_thread::sleep_for(std::chrono::microseconds(200) * calls);
                             return {};
                           }};
  const auto timings = interleave({&sleeper, 1}, {.rounds = 3, .turn_ns = 1e6});
  REQUIRE(timings.has_value());
  CHECK(timings->front().fastest >= 200e3 * 0.99);
  CHECK(timings->front().fastest <= timings->front().p99);
}

TEST_CASE("peers: the error of a contestant ends the comparison") {
  const Contestant broken{"broken", [](size_t) {
                            return Status::make(Code::Internal, 0, Status::kNoOffset, "it broke");
                          }};
  const auto timings = interleave({&broken, 1}, {});
  REQUIRE(!timings.has_value());
  CHECK(std::string(timings.error().message()) == "it broke");
}

}  // namespace
}  // namespace mle::peers
