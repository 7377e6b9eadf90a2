// Session: one thread's place to run a Model.
// Promise: a succeeding run() does not allocate, lock, log or throw. It reads no clock unless it
// profiles. With options.threads > 1 it may wait for the session's own workers, for nobody else.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mle/export.h"
#include "mle/model.h"
#include "mle/options.h"
#include "mle/profile.h"
#include "mle/result.h"
#include "mle/tensor.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

namespace mle {

namespace detail {
struct SessionState;  // private to the runtime
}

// A resource: move-only, one owner, used by one thread at a time (which may change between calls).
// It keeps its Model alive and owns all the memory it will ever use.
class MLE_API Session {
 public:
  // Takes all memory (and starts the worker threads, if more than one is asked for). Fails with
  // InvalidArgument (bad option), NotFound (unknown entry or output) or OutOfMemory.
  static Result<Session> make(const Model& model, const SessionOptions& options = {}) noexcept;

  // A moved-from Session is empty: only assignment and destruction are allowed.
  Session(Session&& other) noexcept;
  Session& operator=(Session&& other) noexcept;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();  // joins the workers

  // What run() takes and gives, in this order: the inputs of the entry, then those that only
  // outputs of other entries need. Views that live as long as this Session; the names and dims in
  // them live as long as the Model.
  std::span<const TensorSpec> inputs() const noexcept;
  std::span<const TensorSpec> outputs() const noexcept;

  // Runs any number of rows, zero included (a model that is not row-wise: exactly one tensor).
  // Rows = count / width of the first per-row input; all inputs and outputs must agree exactly. An
  // f64 range into an f32 input is rounded while it is copied in. The answer for a row does not
  // depend on the other rows (but where rows_mix()), on how many there are, on the number of
  // threads, nor on which FMA instruction set the machine has. Rounding is to nearest even; dense
  // layers, the activations fused into them and softmax flush denormals, element-wise ops do not.
  // The caller's floating-point modes are restored. Inputs and outputs must not overlap. A negative
  // row_bytes is refused, and a tensor that is not per row is densely packed. Fails with
  // InvalidArgument: where an argument does not fit, and then has written nothing; or where a row
  // has no answer (an index outside its table, a key that must be known and is not; rule R117 names
  // the first such row), and then what the outputs hold is not to be used. A failing run may
  // allocate its message; a succeeding one allocates nothing.
  Status run(std::span<const In> inputs, std::span<const Out> outputs) noexcept;
  Status run(std::initializer_list<In> inputs, std::initializer_list<Out> outputs) noexcept {
    return run(std::span<const In>(inputs.begin(), inputs.size()),
               std::span<const Out>(outputs.begin(), outputs.size()));
  }
  // The common case: one f32 input, one f32 output.
  Status run(std::span<const float> input, std::span<float> output) noexcept;

  // Whether the answer for a row may depend on the other rows of its call, as where a range is
  // taken over all of them: then what belongs together must be asked together, and what does not
  // must not. Zero rows give zero answers. One thread computes, however many there are, and where
  // the rows are more than tile_rows() many steps run several times.
  bool rows_mix() const noexcept;

  // Bytes this session owns: arena, staging and tables, over all its threads.
  uint64_t memory() const noexcept;
  // Rows computed together: options.tile_rows, or fewer where the arena would become too large.
  size_t tile_rows() const noexcept;

  // Starts or stops counting per step; counts start at zero. Takes effect from the next run().
  void set_profiling(bool on) noexcept;
  // One line per step in order of execution, empty unless profiling was on. A view into this
  // session, valid until the next run() or set_profiling().
  std::span<const StepProfile> profile() const noexcept;

  // From the next run() on, `observer` is called after each step of each tile, on the thread that
  // computes it: several at a time where options.threads > 1. Null: nobody is, which costs nothing.
  void set_observer(StepObserver observer, void* context) noexcept;

 private:
  explicit Session(detail::SessionState* state) noexcept : state_(state) {}
  detail::SessionState* state_ = nullptr;
};

}  // namespace mle
