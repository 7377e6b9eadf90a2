// The hot loop. For each tile: point at the caller's rows, run the steps, finish the outputs.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/runner.h"

#include "format/layout.h"
#include "runtime/float_mode.h"
#include "runtime/profile.h"
#include "runtime/session_state.h"
#include "runtime/tile.h"
#include "runtime/workers.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <string_view>
#include <type_traits>

namespace mle::detail {
namespace {

using steps::Slot;
using steps::Step;
using Transfer = BoundPort::Transfer;

void copy_rows(const Slot& to, const Slot& from, size_t rows, size_t bytes) noexcept {
  for (size_t r = 0; r < rows; ++r) {
    std::memcpy(to.row<std::byte>(r), from.row<std::byte>(r), bytes);
  }
}

// From any address: the caller's elements need not be aligned where they are converted.
template <class From, class To>
void convert_rows(const Slot& to, const Slot& from, size_t rows, size_t n) noexcept {
  for (size_t r = 0; r < rows; ++r) {
    const std::byte* x = from.row<const std::byte>(r);
    To* y = to.row<To>(r);
    for (size_t i = 0; i < n; ++i) {
      From value;
      std::memcpy(&value, x + i * sizeof value, sizeof value);
      y[i] = static_cast<To>(value);
    }
  }
}

// Strings between the C++ and the C side of the API, at any address.
struct CString {
  const char* data;
  size_t size;
};
static_assert(sizeof(CString) == size_of(DType::Str));
static_assert(sizeof(std::string_view) == size_of(DType::Str));

template <class To, class From>
void exchange_strings(const Slot& to, const Slot& from, size_t rows, size_t n) noexcept {
  for (size_t r = 0; r < rows; ++r) {
    for (size_t i = 0; i < n; ++i) {
      From text;
      std::memcpy(static_cast<void*>(&text), from.row<std::byte>(r) + i * sizeof text, sizeof text);
      To exchanged;
      if constexpr (std::is_same_v<To, CString>) {
        exchanged = {text.data(), text.size()};
      } else if (text.data != nullptr) {
        exchanged = {text.data, text.size};
      }
      std::memcpy(to.row<std::byte>(r) + i * sizeof exchanged, &exchanged, sizeof exchanged);
    }
  }
}

// So that equal answers are equal to memcmp too. A few numbers need no kernel: a tenth of the time
// of the smallest models, for it would wait until the single stores before it are in the cache.
void make_canonical(const kernels::Table& kernels, DType dtype, const Slot& y, size_t rows,
                    size_t n) noexcept {
  constexpr size_t kFew = 8;
  if (dtype == DType::F32 && n <= kFew && rows * n <= kFew && y.stride == n * sizeof(float)) {
    float* answers = y.row<float>(0);
#pragma GCC unroll 1
    for (size_t i = 0; i < rows * n; ++i) {
      if (std::isnan(answers[i])) answers[i] = std::numeric_limits<float>::quiet_NaN();
    }
  } else if (dtype == DType::F32) {
    kernels.f32.canonical_nan(y.row<float>(0), y.stride_of<float>(), rows, n);
  } else if (dtype == DType::F64) {
    kernels.f64.canonical_nan(y.row<double>(0), y.stride_of<double>(), rows, n);
  }
}

}  // namespace

Runner::Places Runner::plan(const SessionState& session, memory::ArenaPlan& arena) noexcept {
  constexpr size_t kLine = format::kAlignment;
  Places places;
  places.slots = arena.add(session.loaded.tensors.size(), sizeof(Slot), kLine);
  places.ticks = arena.add(session.steps.size(), sizeof(Ticks), kLine);
  places.values = arena.add(session.tile_rows, session.loaded.arena_bytes, kLine);
  places.staging = arena.add(session.staging_bytes, 1, kLine);
  return places;
}

void Runner::prepare(const SessionState& session, const Places& places) noexcept {
  const memory::Arena& arena = *session.arena;
  const std::span<const TensorFacts> tensors = session.loaded.tensors;
  slots_ = arena.at<Slot>(places.slots);
  ticks_ = arena.at<Ticks>(places.ticks);
  staging_ = arena.at<std::byte>(places.staging);
  std::byte* values = arena.at<std::byte>(places.values);
  for (size_t t = 0; t < tensors.size(); ++t) {
    const TensorFacts& facts = tensors[t];
    Slot* slot = ::new (static_cast<void*>(slots_ + t)) Slot();
    if (facts.place == TensorFacts::Place::Constant) slot->data = facts.constant;
    if (facts.place == TensorFacts::Place::Arena) {
      *slot = {values + facts.arena_offset * session.tile_rows, facts.row_stride};
    }
  }
  for (const SessionPort& port : session.unasked) slots_[port.tensor] = staged(port);
  for (size_t s = 0; s < session.steps.size(); ++s) ::new (static_cast<void*>(ticks_ + s)) Ticks();
}

inline void Runner::run_step(const SessionState& session, const Step& step, size_t rows,
                             steps::Fault& fault) noexcept {
  if (session.shares_steps && worth_sharing(step)) [[unlikely]]
    return share_step(session, step, rows);
  step.run(step, slots_, rows, fault);
}

// In more parts than there are threads: whoever has a core to itself takes more of them.
void Runner::share_step(const SessionState& session, const Step& step, size_t rows) noexcept {
  struct Shared {
    const Step& step;
    const Slot* slots;
    size_t rows;
  } shared{step, slots_, rows};
  const auto run = [](void* context, size_t, size_t begin, size_t end) noexcept {
    const Shared& all = *static_cast<const Shared*>(context);
    const FloatMode mode(all.step.flush);
    all.step.run_shares(all.step, all.slots, all.rows, begin, end);
  };
  constexpr size_t kPartsEach = 4;
  const size_t parts = session.workers->threads() * kPartsEach;
  session.workers->run({run, &shared}, step.shares, (step.shares + parts - 1) / parts);
}

inline void Runner::run_steps(const SessionState& session, size_t rows, FloatMode& mode,
                              steps::Fault& fault) noexcept {
  for (const Step* step : session.steps) {
    mode.set_flush(step->flush);
    run_step(session, *step, rows, fault);
  }
}

void Runner::run(const SessionState& session, size_t begin, size_t end) noexcept {
  FloatMode mode(session.steps.front()->flush);
  size_t first = begin;
  steps::Fault fault;
  do {
    const size_t rows = std::min(session.tile_rows, end - first);
    point_inputs(session, first, rows, mode);
    point_outputs(session, first);
    if (session.watched()) [[unlikely]] {
      watch_steps(session, first, rows, mode, fault);
    } else {
      run_steps(session, rows, mode, fault);
    }
    if (fault.step != nullptr) [[unlikely]]
      return keep_lowest(fault, first);
    finish_outputs(session, first, rows);
    first += rows;
  } while (first < end);
}

void Runner::run_direct(const SessionState& session, size_t begin, size_t end) noexcept {
  FloatMode mode(session.steps.front()->flush);
  const BoundPort& in = session.bound_inputs.front();
  const BoundPort& out = session.bound_outputs.front();
  const SessionPort& port = session.outputs.front();
  Slot& x = slots_[session.inputs.front().tensor];
  Slot& y = slots_[port.tensor];
  x.stride = in.stride;
  y.stride = out.stride;
  steps::Fault fault;
  for (size_t first = begin; first < end; first += session.tile_rows) {
    const size_t rows = std::min(session.tile_rows, end - first);
    x.data = in.data + first * in.stride;
    y.data = out.data + first * out.stride;
    run_steps(session, rows, mode, fault);
    if (fault.step != nullptr) [[unlikely]]
      return keep_lowest(fault, first);
    make_canonical(*session.loaded.kernels, DType::F32, y, rows, port.width);
  }
}

void Runner::keep_lowest(const steps::Fault& fault, size_t first) noexcept {
  if (fault_.step != nullptr && fault_.row <= first + fault.row) return;
  fault_ = fault;
  fault_.row += first;
}

void Runner::watch_steps(const SessionState& session, size_t first, size_t rows, FloatMode& mode,
                         steps::Fault& fault) noexcept {
  for (size_t s = 0; s < session.steps.size(); ++s) {
    count_step(session, s, rows, mode, fault);
    if (session.observer == nullptr) continue;
    mode.set_flush(false);
    observe(session, s, slots_[session.steps[s]->output], first, rows);
  }
}

void Runner::count_step(const SessionState& session, size_t s, size_t rows, FloatMode& mode,
                        steps::Fault& fault) noexcept {
  using Clock = std::chrono::steady_clock;
  const Step& step = *session.steps[s];
  const Clock::time_point start = Clock::now();
  mode.set_flush(step.flush);
  run_step(session, step, rows, fault);
  const auto took = std::chrono::nanoseconds(Clock::now() - start);
  ++ticks_[s].calls;
  ticks_[s].rows += rows;
  ticks_[s].nanoseconds += static_cast<uint64_t>(took.count());
}

void Runner::clear_ticks(size_t steps) noexcept { std::fill_n(ticks_, steps, Ticks()); }

Slot Runner::staged(const SessionPort& port) const noexcept {
  return {staging_ + port.staging_at, port.staging_stride};
}

void Runner::point_inputs(const SessionState& session, size_t first, size_t rows,
                          FloatMode& mode) noexcept {
  for (size_t i = 0; i < session.inputs.size(); ++i) {
    const SessionPort& port = session.inputs[i];
    const BoundPort& bound = session.bound_inputs[i];
    std::byte* from = bound.data + first * bound.stride;
    Slot& slot = slots_[port.tensor];
    if (bound.transfer == Transfer::InPlace) [[likely]] {
      slot = {from, bound.stride};
      continue;
    }
    slot = staged(port);
    if (bound.transfer == Transfer::Copy) {
      copy_rows(slot, {from, bound.stride}, rows, port.row_bytes);
      continue;
    }
    if (bound.transfer == Transfer::Strings) {
      exchange_strings<std::string_view, CString>(slot, {from, bound.stride}, rows, port.width);
      continue;
    }
    mode.set_flush(false);  // conversion keeps denormals
    const auto convert =
        port.dtype == DType::F64 ? convert_rows<float, double> : convert_rows<double, float>;
    convert(slot, {from, bound.stride}, rows, port.width);
  }
}

void Runner::point_outputs(const SessionState& session, size_t first) noexcept {
  for (size_t i = 0; i < session.outputs.size(); ++i) {
    const SessionPort& port = session.outputs[i];
    const BoundPort& bound = session.bound_outputs[i];
    slots_[port.tensor] = bound.transfer == Transfer::InPlace
                              ? Slot{bound.data + first * bound.stride, bound.stride}
                              : staged(port);
  }
}

void Runner::finish_outputs(const SessionState& session, size_t first, size_t rows) noexcept {
  for (size_t i = 0; i < session.outputs.size(); ++i) {
    const SessionPort& port = session.outputs[i];
    const BoundPort& bound = session.bound_outputs[i];
    const Slot& slot = slots_[port.tensor];
    make_canonical(*session.loaded.kernels, port.dtype, slot, rows, port.width);
    if (bound.transfer == Transfer::InPlace) continue;
    const Slot to = {bound.data + first * bound.stride, bound.stride};
    if (bound.transfer == Transfer::Strings) {
      exchange_strings<CString, std::string_view>(to, slot, rows, port.width);
    } else {
      copy_rows(to, slot, rows, port.row_bytes);
    }
  }
}

}  // namespace mle::detail
