// Rounds, turns and blocks.
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/measure.h"

#include "tools/dev/peers/statistics.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace mle::peers {
namespace {

double now_ns() {
  return std::chrono::duration<double, std::nano>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Status run_untimed(const Contestant& contestant, size_t calls) {
  MLE_TRY(contestant.run(calls));
  if (contestant.tidy) contestant.tidy();
  return {};
}

// Nanoseconds of one block, per call.
Result<double> time_block(const Contestant& contestant, size_t calls, double clock_ns) {
  const double start = now_ns();
  Status done = contestant.run(calls);
  const double taken = now_ns() - start - clock_ns;
  if (contestant.tidy) contestant.tidy();
  if (!done.ok()) return done;
  return std::max(taken, 0.0) / static_cast<double>(calls);
}

// How many calls take about `block_ns`. Doubles until a block is long enough to be believed.
Result<size_t> calls_per_block(const Contestant& contestant, double block_ns, double clock_ns) {
  MLE_TRY(run_untimed(contestant, 1));
  for (size_t calls = 1;; calls *= 2) {
    MLE_TRY_ASSIGN(const double each, time_block(contestant, calls, clock_ns));
    if (each * static_cast<double>(calls) < block_ns && calls < (size_t{1} << 20)) continue;
    return static_cast<size_t>(std::max(1.0, std::ceil(block_ns / std::max(each, 0.1))));
  }
}

Status take_turn(const Contestant& contestant, size_t calls, const Schedule& schedule,
                 double clock_ns, std::vector<double>& blocks) {
  MLE_TRY(run_untimed(contestant, calls));
  const double end = now_ns() + schedule.turn_ns;
  for (size_t done = 0; done < schedule.min_blocks || now_ns() < end; ++done) {
    MLE_TRY_ASSIGN(const double block, time_block(contestant, calls, clock_ns));
    blocks.push_back(block);
  }
  return {};
}

}  // namespace

double clock_cost_ns() {
  double cheapest = 1e9;
  for (int i = 0; i < 1000; ++i) {
    const double start = now_ns();
    cheapest = std::min(cheapest, now_ns() - start);
  }
  return cheapest;
}

Result<std::vector<Timings>> interleave(std::span<const Contestant> contestants,
                                        const Schedule& schedule) {
  const double clock_ns = clock_cost_ns();
  std::vector<size_t> calls(contestants.size());
  for (size_t i = 0; i < contestants.size(); ++i) {
    MLE_TRY_ASSIGN(calls[i], calls_per_block(contestants[i], schedule.block_ns, clock_ns));
  }
  std::vector<Timings> timings(contestants.size());
  std::vector<std::vector<double>> blocks(contestants.size());
  for (int round = 0; round < schedule.rounds; ++round) {
    for (size_t turn = 0; turn < contestants.size(); ++turn) {
      const size_t i = (turn + static_cast<size_t>(round)) % contestants.size();
      std::vector<double> of_turn;
      MLE_TRY(take_turn(contestants[i], calls[i], schedule, clock_ns, of_turn));
      blocks[i].insert(blocks[i].end(), of_turn.begin(), of_turn.end());
      timings[i].rounds.push_back(median(std::move(of_turn)));
    }
  }
  for (size_t i = 0; i < contestants.size(); ++i) {
    timings[i].fastest = *std::min_element(blocks[i].begin(), blocks[i].end());
    timings[i].p99 = quantile(std::move(blocks[i]), 0.99);
  }
  return timings;
}

Result<double> quick_time(const Contestant& contestant) {
  Schedule schedule{.rounds = 1, .turn_ns = 2e6};
  MLE_TRY_ASSIGN(const std::vector<Timings> timings, interleave({&contestant, 1}, schedule));
  return timings[0].rounds[0];
}

}  // namespace mle::peers
