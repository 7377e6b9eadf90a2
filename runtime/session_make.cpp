// Making a session: find the outputs, find what they need, choose the tile, take the memory.
// SPDX-License-Identifier: Apache-2.0
#include "format/layout.h"
#include "format/rules.h"
#include "runtime/entry_names.h"
#include "runtime/memory/allocate.h"
#include "runtime/session_state.h"
#include "runtime/tile.h"
#include "runtime/workers.h"

#include <initializer_list>
#include <new>
#include <utility>

namespace mle::detail {
namespace {

namespace rule = format::rule;
using Place = TensorFacts::Place;

constexpr int kMaxThreads = 256;

Status check_options(const SessionOptions& options) noexcept {
  if (!memory::is_sound(options.allocator)) {
    return error(Code::InvalidArgument, rule::R103_Option, Status::kNoOffset,
                 "set allocate and release, or neither",
                 "SessionOptions::allocator: only one of its two functions is set");
  }
  if (options.threads < 1 || options.threads > kMaxThreads) {
    return error(Code::InvalidArgument, rule::R121_Threads, Status::kNoOffset,
                 "ask for 1 to 256 threads", "SessionOptions::threads: %d is not in 1..256",
                 options.threads);
  }
  return {};
}

SessionPort describe(const ModelState& model, uint16_t tensor) noexcept {
  const TensorFacts& facts = model.tensors[tensor];
  SessionPort port;
  port.tensor = tensor;
  port.dtype = facts.dtype;
  port.per_row = facts.per_row;
  port.row_bytes = facts.row_bytes;
  port.width = facts.row_bytes / size_of(facts.dtype);
  port.staging_stride = facts.row_stride;
  return port;
}

// The parts of making a session, in order. Lists are made as long as they could become, then cut.
class Maker {
 public:
  Maker(SessionState& session, const SessionOptions& options, size_t entry) noexcept
      : session_(session), model_(session.loaded), options_(options), entry_(entry) {}

  Status make() noexcept {
    marks_ = list<Marks>(model_.tensors.size());
    if (marks_ == nullptr) return Status::out_of_memory();
    MLE_TRY(choose_outputs());
    MLE_TRY(choose_steps());
    MLE_TRY(choose_inputs());
    MLE_TRY(choose_unasked());
    session_.tile_rows = choose_tile_rows(model_, session_.rows_mix(), options_.tile_rows);
    place_staging();
    find_simple();
    MLE_TRY(make_runners());
    return make_workers();
  }

 private:
  struct Marks {
    bool needed = false;      // by the outputs
    bool asked = false;       // is an input or output of the session
    bool unfinished = false;  // of all rows, by a step of this phase
  };

  template <class T>
  T* list(size_t count) noexcept {
    return session_.memory.make<T>(count);
  }

  // Those of the entry, or those the options name.
  Status choose_outputs() noexcept {
    const bool all = options_.outputs.empty();
    const size_t count = all ? model_.entries[entry_].outputs.size() : options_.outputs.size();
    SessionPort* ports = list<SessionPort>(count);
    TensorSpec* specs = list<TensorSpec>(count);
    if (ports == nullptr || specs == nullptr) return Status::out_of_memory();
    for (size_t i = 0; i < count; ++i) {
      OutputPlace place{entry_, i};
      if (!all) {
        MLE_TRY_ASSIGN(place, find_output(model_, entry_, options_.outputs[i]));
      }
      const uint16_t tensor = model_.entries[place.entry].outputs[place.output].tensor;
      ports[i] = describe(model_, tensor);
      specs[i] = model_.entry_specs[place.entry].outputs[place.output];
      if (marks_[tensor].asked) {
        return error(Code::InvalidArgument, rule::R103_Option, Status::kNoOffset,
                     "name each output once", "SessionOptions::outputs: '%.*s' is there twice",
                     shown(specs[i].name), specs[i].name.data());
      }
      marks_[tensor] = {true, true};
    }
    outputs_ = {ports, count};
    session_.outputs = outputs_;
    session_.output_specs = {specs, count};
    return {};
  }

  // Backwards from the outputs: a step is needed where its output is.
  Status choose_steps() noexcept {
    const std::span<const steps::Step> all = model_.steps;
    const steps::Step** needed = list<const steps::Step*>(all.size());
    if (needed == nullptr) return Status::out_of_memory();
    size_t first = all.size();
    for (size_t s = all.size(); s-- > 0;) {
      if (!marks_[all[s].output].needed) continue;
      for (uint16_t input : all[s].inputs) marks_[input].needed = true;
      needed[--first] = &all[s];
      session_.work_per_row += all[s].work_per_row;
      session_.has_wide_steps |= worth_sharing(all[s]);
    }
    session_.steps = {needed + first, all.size() - first};
    return model_.rows_mix ? choose_phases() : Status();
  }

  // A phase ends before the first step that reads what a step of it makes of all rows.
  Status choose_phases() noexcept {
    const auto steps = session_.steps;
    size_t mixing = 0;
    for (const steps::Step* step : steps) mixing += step->all_rows ? 1 : 0;
    if (mixing == 0) return {};
    size_t* ends = list<size_t>(mixing + 1);
    if (ends == nullptr) return Status::out_of_memory();
    size_t count = 0;
    for (size_t s = 0; s < steps.size(); ++s) {
      bool waits = false;
      for (const uint16_t input : steps[s]->inputs) waits |= marks_[input].unfinished;
      if (waits) {
        for (size_t before = count == 0 ? 0 : ends[count - 1]; before < s; ++before)
          marks_[steps[before]->output].unfinished = false;
        ends[count++] = s;
      }
      marks_[steps[s]->output].unfinished = steps[s]->all_rows;
    }
    ends[count++] = steps.size();
    session_.phases = {ends, count};
    return {};
  }

  // All inputs of the entry, then those that only outputs of other entries need. V62: whatever an
  // output needs is an input of its entry, so none is missing.
  Status choose_inputs() noexcept {
    size_t most = model_.entries[entry_].inputs.size();
    for (const TensorFacts& tensor : model_.tensors) most += tensor.place == Place::Input ? 1 : 0;
    SessionPort* ports = list<SessionPort>(most);
    TensorSpec* specs = list<TensorSpec>(most);
    if (ports == nullptr || specs == nullptr) return Status::out_of_memory();
    size_t count = 0;
    const auto take_from = [&](size_t e, bool all) noexcept {
      for (size_t i = 0; i < model_.entries[e].inputs.size(); ++i) {
        const uint16_t tensor = model_.entries[e].inputs[i].tensor;
        if (!all && (!marks_[tensor].needed || marks_[tensor].asked)) continue;
        marks_[tensor].asked = true;
        ports[count] = describe(model_, tensor);
        specs[count++] = model_.entry_specs[e].inputs[i];
      }
    };
    take_from(entry_, true);
    for (size_t e = 0; e < model_.entries.size(); ++e) take_from(e, false);
    inputs_ = {ports, count};
    session_.inputs = inputs_;
    session_.input_specs = {specs, count};
    return {};
  }

  // Output tensors on the way to those asked for.
  Status choose_unasked() noexcept {
    SessionPort* ports = list<SessionPort>(session_.steps.size());
    if (ports == nullptr) return Status::out_of_memory();
    size_t count = 0;
    for (const steps::Step* step : session_.steps) {
      const bool is_output = model_.tensors[step->output].place == Place::Output;
      if (is_output && !marks_[step->output].asked) ports[count++] = describe(model_, step->output);
    }
    unasked_ = {ports, count};
    session_.unasked = unasked_;
    return {};
  }

  void place_staging() noexcept {
    memory::ArenaPlan plan;
    for (std::span<SessionPort> ports : {inputs_, outputs_, unasked_}) {
      for (SessionPort& port : ports) {
        port.staging_at =
            port.per_row ? plan.add(session_.tile_rows, port.staging_stride, format::kAlignment)
                         : plan.add(1, port.row_bytes, format::kAlignment);
      }
    }
    session_.staging_bytes = plan.too_large() ? SIZE_MAX : plan.bytes();
  }

  void find_simple() noexcept {
    if (inputs_.size() != 1 || outputs_.size() != 1) return;
    for (const SessionPort* port : {&inputs_[0], &outputs_[0]}) {
      if (port->dtype != DType::F32 || !port->per_row) return;
    }
    session_.simple_in = inputs_[0].width;
    session_.simple_out = outputs_[0].width;
  }

  Status make_runners() noexcept {
    const bool alone = model_.whole || session_.rows_mix();
    const size_t count = alone ? 1 : static_cast<size_t>(options_.threads);
    Runner* runners = list<Runner>(count);
    Runner::Places* places = list<Runner::Places>(count);
    BoundPort* bound = list<BoundPort>(inputs_.size() + outputs_.size());
    StepProfile* profile = list<StepProfile>(session_.steps.size());
    if (runners == nullptr || places == nullptr || bound == nullptr || profile == nullptr) {
      return Status::out_of_memory();
    }
    session_.bound_inputs = {bound, inputs_.size()};
    session_.bound_outputs = {bound + inputs_.size(), outputs_.size()};
    session_.profile = {profile, session_.steps.size()};
    memory::ArenaPlan plan;
    for (size_t r = 0; r < count; ++r) places[r] = Runner::plan(session_, plan);
    session_.arena.emplace(options_.allocator, plan);
    if (!*session_.arena) return Status::out_of_memory();
    for (size_t r = 0; r < count; ++r) runners[r].prepare(session_, places[r]);
    session_.runners = {runners, count};
    return {};
  }

  Status make_workers() noexcept {
    const size_t count = session_.runners.size() - 1;
    if (count == 0) return {};
    Workers::Thread* threads = list<Workers::Thread>(count);
    void* at = session_.memory.take_for<Workers>();
    if (threads == nullptr || at == nullptr) return Status::out_of_memory();
    session_.workers = ::new (at) Workers({threads, count});
    return session_.workers->start();
  }

  SessionState& session_;
  const ModelState& model_;
  const SessionOptions& options_;
  const size_t entry_;
  Marks* marks_ = nullptr;  // one per tensor
  std::span<SessionPort> inputs_, outputs_, unasked_;
};

}  // namespace

Result<SessionState*> make_session_state(const Model& model,
                                         const SessionOptions& options) noexcept {
  MLE_TRY(check_options(options));
  const ModelState& loaded = *ModelState::of(model);
  MLE_TRY_ASSIGN(const size_t entry, find_entry(loaded, options.entry));
  const size_t tables = sizeof(SessionState) + 4096 + 2 * loaded.tensors.size() +
                        loaded.steps.size() * 2 * sizeof(StepProfile);
  memory::Bump memory(options.allocator, tables, SIZE_MAX);
  void* at = memory.take_for<SessionState>();
  if (at == nullptr) return Status::out_of_memory();
  SessionState* session = ::new (at) SessionState(model, std::move(memory));
  Status status = Maker(*session, options, entry).make();
  if (status.ok()) return session;
  destroy(session);
  return status;
}

void destroy(SessionState* session) noexcept {
  if (session->workers != nullptr) session->workers->~Workers();
  memory::Bump last = std::move(session->memory);  // the state lies in it
  session->~SessionState();
}

}  // namespace mle::detail
