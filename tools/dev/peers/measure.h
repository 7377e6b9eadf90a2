// Timing of several contestants side by side, so that a machine that changes its speed changes it
// for all of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace mle::peers {

// What takes turns: `run(n)` does the same thing n times.
struct Contestant {
  std::string name;
  std::function<Status(size_t calls)> run;
  // Gives back what the calls of a block have made, after the clock has been read; may be empty.
  std::function<void()> tidy = {};
};

// What one contestant took, in nanoseconds per call.
struct Timings {
  std::vector<double> rounds;  // the median block of each round's turn
  double p99 = 0;              // over the blocks of all rounds
  double fastest = 0;
};

struct Schedule {
  int rounds = 15;
  double turn_ns = 15e6;  // a turn is blocks until this has passed
  double block_ns = 5e3;  // a block is as many calls as take this long, at least one
  size_t min_blocks = 3;  // of a turn, however long a call takes
};

// In each round everybody has one turn; who begins moves on by one. A turn starts with an untimed
// block, to bring its code and data back into the caches. The cost of reading the clock, once a
// block, is taken off. Fails as the first contestant that fails.
Result<std::vector<Timings>> interleave(std::span<const Contestant> contestants,
                                        const Schedule& schedule);

// The median block of one short turn, for choosing between ways before the rounds begin.
Result<double> quick_time(const Contestant& contestant);

// What reading the clock costs here.
double clock_cost_ns();

// Keeps the compiler from moving memory accesses over this line, or one call into the next.
inline void next_call() { asm volatile("" ::: "memory"); }

}  // namespace mle::peers
