// What a Session points to: the steps it runs, where its arguments go, and one runner per thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/model.h>
#include <mle/profile.h>
#include <mle/tensor.h>

#include "runtime/memory/arena.h"
#include "runtime/memory/bump.h"
#include "runtime/model_state.h"
#include "runtime/runner.h"
#include "runtime/steps/step.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace mle {
class Workers;
}

namespace mle::detail {

// An input or output of the session, in the order of run()'s arguments.
struct SessionPort {
  uint16_t tensor = 0;
  DType dtype = DType::F32;
  bool per_row = true;
  size_t width = 0;           // elements of a row, or of the whole tensor
  size_t row_bytes = 0;       // of those
  size_t staging_at = 0;      // in a runner's staging
  size_t staging_stride = 0;  // bytes between rows there; 0 where the tensor is whole
};

// The caller's memory for a port, from the checks of run() to its end.
struct BoundPort {
  enum class Transfer : uint8_t {
    InPlace,  // steps read or write the caller's memory
    Copy,     // through staging: not aligned, or badly strided
    Convert,  // through staging: f64 into an f32 input, or f32 into an f64 one
    Strings,  // through staging: strings as c.h has them
  };
  std::byte* data = nullptr;
  size_t stride = 0;  // bytes between rows; 0 where the tensor is whole
  Transfer transfer = Transfer::InPlace;
};

struct SessionState {
  SessionState(const Model& of, memory::Bump bump) noexcept
      : model(of), loaded(*ModelState::of(of)), memory(std::move(bump)) {}

  Model model;
  const ModelState& loaded;
  memory::Bump memory;                 // holds this too, and all the spans below
  std::optional<memory::Arena> arena;  // what the runners work in

  std::span<const steps::Step* const> steps;  // those that the outputs need, in order
  std::span<const TensorSpec> input_specs, output_specs;
  std::span<const SessionPort> inputs, outputs;
  std::span<const SessionPort> unasked;  // outputs that steps read but the caller did not ask for
  // Where rows mix: before which steps all rows must have been through those before, and the number
  // of steps. Else empty.
  std::span<const size_t> phases;
  size_t tile_rows = 1;
  size_t staging_bytes = 0;  // of one runner
  uint64_t work_per_row = 0;
  bool has_wide_steps = false;  // worth_sharing()
  // run(span, span) applies: one f32 input and one f32 output of these widths, rows by themselves.
  // 0: it does not.
  size_t simple_in = 0;
  size_t simple_out = 0;

  std::span<Runner> runners;  // the first one is the caller's
  Workers* workers = nullptr;

  // One call.
  size_t rows = 0;
  bool shares_steps = false;  // among the workers, who take columns: rows are too few
  bool direct = false;  // of a simple session: both arguments are in place, and nobody watches
  std::span<BoundPort> bound_inputs, bound_outputs;

  bool profiling = false;
  std::span<StepProfile> profile;  // one per step
  StepObserver observer = nullptr;
  void* observer_context = nullptr;
  bool rows_mix() const noexcept { return !phases.empty(); }
  bool watched() const noexcept { return profiling || observer != nullptr; }
};

// Everything of a session but its threads. Fails as Session::make does.
Result<SessionState*> make_session_state(const Model& model,
                                         const SessionOptions& options) noexcept;
// Joins the workers and gives all memory back.
void destroy(SessionState* state) noexcept;

}  // namespace mle::detail
