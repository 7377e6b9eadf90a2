// Session: check the arguments, run the steps tile by tile, on one thread or on several.
// SPDX-License-Identifier: Apache-2.0
#include <mle/session.h>

#include "format/rules.h"
#include "runtime/arguments.h"
#include "runtime/profile.h"
#include "runtime/session_state.h"
#include "runtime/tile.h"
#include "runtime/workers.h"

#include <utility>

namespace mle {

using detail::SessionState;

namespace {

// The arguments are bound: nothing can fail from here on.
void execute(SessionState& session) noexcept {
  const size_t rows = session.rows;
  if (rows == 0) return;
  if (session.workers != nullptr) {
    const size_t part =
        detail::choose_part(rows, session.tile_rows, session.runners.size(), session.work_per_row);
    if (part < rows) return session.workers->run(rows, part);
  }
  session.runners.front().run(session, 0, rows);
}

// The common case without a loop over arguments. False where something does not fit: then the
// general way says what.
bool bind_simple(SessionState& session, std::span<const float> input,
                 std::span<float> output) noexcept {
  const size_t in = session.simple_in;
  const size_t out = session.simple_out;
  if (in == 0 || input.size() != in || output.size() != out) return false;
  const uintptr_t addresses =
      reinterpret_cast<uintptr_t>(input.data()) | reinterpret_cast<uintptr_t>(output.data());
  if (input.data() == nullptr || output.data() == nullptr || addresses % alignof(float) != 0) {
    return false;
  }
  std::byte* from = reinterpret_cast<std::byte*>(const_cast<float*>(input.data()));
  session.bound_inputs[0] = {from, in * sizeof(float), detail::BoundPort::Transfer::InPlace};
  session.bound_outputs[0] = {reinterpret_cast<std::byte*>(output.data()), out * sizeof(float),
                              detail::BoundPort::Transfer::InPlace};
  session.rows = 1;
  return true;
}

Status not_simple(const SessionState& session) noexcept {
  return error(
      Code::InvalidArgument, format::rule::R116_NotSimple, Status::kNoOffset,
      "use run({inputs...}, {outputs...})",
      "run(span, span): needs one input and one output of f32, this session has %zu and %zu",
      session.inputs.size(), session.outputs.size());
}

}  // namespace

Result<Session> Session::make(const Model& model, const SessionOptions& options) noexcept {
  MLE_TRY_ASSIGN(SessionState * state, detail::make_session_state(model, options));
  return Session(state);
}

Status Session::run(std::span<const In> inputs, std::span<const Out> outputs) noexcept {
  MLE_TRY(detail::bind_arguments(*state_, inputs, outputs));
  execute(*state_);
  return {};
}

Status Session::run(std::span<const float> input, std::span<float> output) noexcept {
  if (!bind_simple(*state_, input, output)) {
    const bool one_each = state_->inputs.size() == 1 && state_->outputs.size() == 1;
    if (!one_each || state_->outputs[0].dtype != DType::F32) return not_simple(*state_);
    return run({In(input)}, {Out(output)});
  }
  execute(*state_);
  return {};
}

Session::Session(Session&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}

Session& Session::operator=(Session&& other) noexcept {
  Session taken(std::move(other));
  std::swap(state_, taken.state_);
  return *this;
}

Session::~Session() {
  if (state_ != nullptr) detail::destroy(state_);
}

std::span<const TensorSpec> Session::inputs() const noexcept { return state_->input_specs; }

std::span<const TensorSpec> Session::outputs() const noexcept { return state_->output_specs; }

uint64_t Session::memory() const noexcept {
  return state_->memory.bytes() + state_->arena->bytes();
}

size_t Session::tile_rows() const noexcept { return state_->tile_rows; }

void Session::set_profiling(bool on) noexcept { detail::set_profiling(*state_, on); }

std::span<const StepProfile> Session::profile() const noexcept {
  return detail::collect_profile(*state_);
}

}  // namespace mle
