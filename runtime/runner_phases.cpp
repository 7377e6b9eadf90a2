// Where rows mix: what is made of all rows must be finished before anything reads it. So all tiles
// go through the steps up to there, then all tiles through the steps up to the next such place;
// what a tile had computed before is computed again, for its memory was needed by the other tiles.
// A call that fits one tile computes nothing twice.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/float_mode.h"
#include "runtime/profile.h"
#include "runtime/runner.h"
#include "runtime/session_state.h"

#include <algorithm>

namespace mle::detail {

using steps::Step;

// The steps [from, until) are new in this phase.
struct Runner::Phase {
  size_t from, until;
  size_t rows;    // of the call
  bool one_tile;  // what was computed before is still there
};

void Runner::run_phases(const SessionState& session, size_t rows) noexcept {
  FloatMode mode(session.steps.front()->flush);
  steps::Fault lowest;
  Phase phase{0, 0, rows, rows <= session.tile_rows};
  for (const size_t until : session.phases) {
    phase.until = until;
    for (size_t s = phase.from; s < until; ++s) {
      const Step& step = *session.steps[s];
      if (step.all_rows) step.run(step, slots_, 0, lowest);  // begins
    }
    for (size_t first = 0; first < rows; first += session.tile_rows) {
      const size_t count = std::min(session.tile_rows, rows - first);
      // A row without an answer does not end the walk: which of several is the lowest must not
      // depend on the tiles.
      steps::Fault fault;
      point_inputs(session, first, count, mode);
      point_outputs(session, first);
      run_phase(session, phase, first, count, mode, fault);
      if (until == session.steps.size()) finish_outputs(session, first, count);
      if (fault.step == nullptr) continue;
      fault.row += first;
      if (lowest.step == nullptr || fault.row < lowest.row) lowest = fault;
    }
    phase.from = until;
  }
  if (lowest.step != nullptr) fault_ = lowest;
}

void Runner::run_phase(const SessionState& session, const Phase& phase, size_t first, size_t rows,
                       FloatMode& mode, steps::Fault& fault) noexcept {
  for (size_t s = phase.one_tile ? phase.from : 0; s < phase.until; ++s) {
    const Step& step = *session.steps[s];
    const bool again = s < phase.from;
    if (again && step.all_rows) continue;  // it has all rows
    const bool takes_rows = step.all_rows || session.loaded.tensors[step.output].per_row;
    if (!session.watched()) [[likely]] {
      mode.set_flush(step.flush);
      step.run(step, slots_, takes_rows ? rows : 1, fault);
      continue;
    }
    count_step(session, s, takes_rows ? rows : 1, mode, fault);
    // Each row once; what is one for all rows, when it is known.
    const bool known = session.loaded.tensors[step.output].per_row || first + rows == phase.rows;
    if (session.observer == nullptr || again || !known) continue;
    mode.set_flush(false);
    observe(session, s, slots_[step.output], first, rows);
  }
}

}  // namespace mle::detail
