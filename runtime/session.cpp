// Session: check the arguments, run the steps tile by tile, on one thread or on several.
// SPDX-License-Identifier: Apache-2.0
#include <mle/session.h>

#include "format/rules.h"
#include "runtime/arguments.h"
#include "runtime/entry_names.h"
#include "runtime/profile.h"
#include "runtime/session_state.h"
#include "runtime/tile.h"
#include "runtime/workers.h"

#include <cstdio>
#include <string_view>
#include <utility>

namespace mle {

using detail::Runner;
using detail::SessionState;

namespace {

// The lowest row without an answer among all runners, forgotten for the next call.
Status take_fault(SessionState& session) noexcept {
  steps::Fault lowest;
  for (Runner& runner : session.runners) {
    const steps::Fault& fault = runner.fault();
    if (fault.step != nullptr && (lowest.step == nullptr || fault.row < lowest.row)) lowest = fault;
    runner.clear_fault();
  }
  if (lowest.step == nullptr) return {};
  char value[64] = "";
  if (lowest.value != steps::Fault::kNoValue) {
    std::snprintf(value, sizeof value, ": %lld", static_cast<long long>(lowest.value));
  } else if (lowest.text.data() != nullptr) {
    std::snprintf(value, sizeof value, ": '%.*s'", detail::shown(lowest.text), lowest.text.data());
  }
  const std::string_view name = lowest.step->name;
  return error(Code::InvalidArgument, format::rule::R117_NoAnswer, Status::kNoOffset,
               "the model has no answer for such a row: correct it or leave it out",
               "row %zu: '%.*s' met %s%s", lowest.row, static_cast<int>(name.size()), name.data(),
               lowest.what, value);
}

void run_part(void* session, size_t thread, size_t begin, size_t end) noexcept {
  SessionState& state = *static_cast<SessionState*>(session);
  state.runners[thread].run(state, begin, end);
}

// The arguments are bound: what can fail from here on is a row the model has no answer for.
Status execute(SessionState& session) noexcept {
  const size_t rows = session.rows;
  if (rows == 0) return {};
  if (session.workers != nullptr) {
    session.shares_steps = session.has_wide_steps && rows <= detail::kRowsOfShares;
    const size_t part = session.shares_steps
                            ? rows
                            : detail::choose_part(rows, session.tile_rows, session.runners.size(),
                                                  session.work_per_row);
    if (part < rows) {
      session.workers->run({run_part, &session}, rows, part);
      return take_fault(session);
    }
  }
  Runner& runner = session.runners.front();
  if (session.direct) [[likely]] {
    runner.run_direct(session, 0, rows);
  } else if (session.rows_mix()) [[unlikely]] {
    runner.run_phases(session, rows);
  } else {
    runner.run(session, 0, rows);
  }
  if (runner.fault().step != nullptr) [[unlikely]]
    return take_fault(session);
  return {};
}

// The common case without a loop over arguments. False where something does not fit, or is not as
// common: then the general way says what, or does it.
bool bind_simple(SessionState& session, std::span<const float> input,
                 std::span<float> output) noexcept {
  using Transfer = detail::BoundPort::Transfer;
  const size_t in = session.simple_in;
  const size_t out = session.simple_out;
  if (in == 0 || input.empty()) return false;
  // Spares most calls a division.
  const size_t rows = out == 1 ? output.size() : input.size() == in ? 1 : input.size() / in;
  size_t wanted = 0;
  if (__builtin_mul_overflow(rows, in, &wanted) || input.size() != wanted) return false;
  if (__builtin_mul_overflow(rows, out, &wanted)) return false;
  const size_t row_bytes = in * sizeof(float);
  if (output.size() != wanted || detail::worth_moving(rows, row_bytes, row_bytes)) return false;
  const uintptr_t addresses =
      reinterpret_cast<uintptr_t>(input.data()) | reinterpret_cast<uintptr_t>(output.data());
  if (input.data() == nullptr || output.data() == nullptr || addresses % alignof(float) != 0) {
    return false;
  }
  std::byte* from = reinterpret_cast<std::byte*>(const_cast<float*>(input.data()));
  std::byte* to = reinterpret_cast<std::byte*>(output.data());
  session.bound_inputs[0] = {from, row_bytes, Transfer::InPlace};
  session.bound_outputs[0] = {to, out * sizeof(float), Transfer::InPlace};
  session.rows = rows;
  session.direct = !session.watched() && !session.rows_mix();
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
  return execute(*state_);
}

Status Session::run(std::span<const float> input, std::span<float> output) noexcept {
  if (!bind_simple(*state_, input, output)) {
    const bool one_each = state_->inputs.size() == 1 && state_->outputs.size() == 1;
    if (!one_each || state_->outputs[0].dtype != DType::F32) return not_simple(*state_);
    return run({In(input)}, {Out(output)});
  }
  return execute(*state_);
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

bool Session::rows_mix() const noexcept { return state_->rows_mix(); }

size_t Session::tile_rows() const noexcept { return state_->tile_rows; }

void Session::set_profiling(bool on) noexcept { detail::set_profiling(*state_, on); }

void Session::set_observer(StepObserver observer, void* context) noexcept {
  state_->observer = observer;
  state_->observer_context = context;
}

std::span<const StepProfile> Session::profile() const noexcept {
  return detail::collect_profile(*state_);
}

}  // namespace mle
