// Runner: one thread's way through the steps of a session, tile by tile.
// Promise: takes no memory, makes no system call, and gives each row the same bits whatever tile it
// is in.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/memory/arena.h"
#include "runtime/steps/step.h"

#include <cstddef>
#include <cstdint>

namespace mle {
class FloatMode;
}

namespace mle::detail {

struct SessionPort;
struct SessionState;

struct Ticks {
  uint64_t calls = 0;
  uint64_t rows = 0;
  uint64_t nanoseconds = 0;
};

class Runner {
 public:
  // Where a runner's memory lies in the arena of its session.
  struct Places {
    size_t slots = 0;
    size_t values = 0;  // the arena of the program, for a full tile
    size_t staging = 0;
    size_t ticks = 0;
  };
  static Places plan(const SessionState& session, memory::ArenaPlan& arena) noexcept;

  // Points every slot that stays the same from call to call.
  void prepare(const SessionState& session, const Places& places) noexcept;

  // Rows [begin, end) of the session's current call. In a whole model that is [0, 1). Ends early
  // where a row has no answer: fault() then has a step.
  void run(const SessionState& session, size_t begin, size_t end) noexcept;
  // The same where SessionState::direct.
  void run_direct(const SessionState& session, size_t begin, size_t end) noexcept;
  // All rows of the call, where rows mix: phase by phase, in each of them tile by tile.
  void run_phases(const SessionState& session, size_t rows) noexcept;

  // Of the runs since it was cleared, the one with the lowest row, counted from the call's first.
  const steps::Fault& fault() const noexcept { return fault_; }
  void clear_fault() noexcept { fault_ = {}; }

  const Ticks& ticks(size_t step) const noexcept { return ticks_[step]; }
  void clear_ticks(size_t steps) noexcept;

 private:
  void point_inputs(const SessionState& session, size_t first, size_t rows,
                    FloatMode& mode) noexcept;
  void point_outputs(const SessionState& session, size_t first) noexcept;
  void run_steps(const SessionState& session, size_t rows, FloatMode& mode,
                 steps::Fault& fault) noexcept;
  void run_step(const SessionState& session, const steps::Step& step, size_t rows,
                steps::Fault& fault) noexcept;
  void share_step(const SessionState& session, const steps::Step& step, size_t rows) noexcept;
  void keep_lowest(const steps::Fault& fault, size_t first) noexcept;
  void watch_steps(const SessionState& session, size_t first, size_t rows, FloatMode& mode,
                   steps::Fault& fault) noexcept;
  void count_step(const SessionState& session, size_t step, size_t rows, FloatMode& mode,
                  steps::Fault& fault) noexcept;
  struct Phase;
  void run_phase(const SessionState& session, const Phase& phase, size_t first, size_t rows,
                 FloatMode& mode, steps::Fault& fault) noexcept;
  void finish_outputs(const SessionState& session, size_t first, size_t rows) noexcept;
  steps::Slot staged(const SessionPort& port) const noexcept;

  steps::Slot* slots_ = nullptr;  // one per tensor of the program
  std::byte* staging_ = nullptr;  // a tile of every input and output
  Ticks* ticks_ = nullptr;        // one per step
  steps::Fault fault_;
};

}  // namespace mle::detail
