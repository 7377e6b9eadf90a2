// Request: one question to a model, as the engine sees it: names, shapes and borrowed memory.
// Promise: no transport type is known here. A request that is used again allocates nothing once it
// has seen its largest question.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>
#include <mle/tensor.h>

#include "serve/engine/buffer.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace mle::serve {

using Clock = std::chrono::steady_clock;

struct Version;
struct Plan;

// Borrowed until done(). `count` elements in all, strings as std::string_view.
struct InputTensor {
  std::string_view name;
  DType dtype = DType::F32;
  std::span<const int64_t> shape;
  const void* data = nullptr;
  size_t count = 0;
};

// What a request is answered with: valid until reset(), strings until `served` goes.
struct AnswerTensor {
  const TensorSpec* spec = nullptr;
  const void* data = nullptr;
  size_t count = 0;
};

// A front derives its own, fills the first part and hands it to Engine::serve().
class Request {
 public:
  Request() = default;
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  virtual ~Request() = default;

  // Called once when status or answers are there, on any thread, perhaps before serve() returns.
  // The engine does not touch the request afterwards.
  virtual void done() noexcept = 0;

  // The question.
  std::string_view model, version;  // version "": the newest
  std::vector<InputTensor> inputs;
  std::vector<std::string_view> wanted;  // outputs; none: those of the model's default entry
  Clock::time_point arrived{};
  Clock::time_point deadline = Clock::time_point::max();
  bool urgent = false;                 // goes before those that are not
  std::atomic<bool> cancelled{false};  // any thread may set it

  // The answer. `status` first: without it `answers` is empty.
  Status status;
  std::vector<AnswerTensor> answers;
  uint64_t rows = 0;                      // of a row-wise model, else 1
  std::vector<int64_t> row_axes;          // what goes before the dims of an answer per row: {rows}
                                          // unless the input counted its rows by several axes
  Clock::time_point begun{};              // when it was computed; none where it never was
  std::shared_ptr<const Version> served;  // keeps alive what answers point to

  // Gives back what is larger: answers are lost.
  void shrink(size_t most_bytes) noexcept { space.shrink(most_bytes); }
  // Ready for the next question; keeps its memory up to `most_bytes`.
  void reset(size_t most_bytes = size_t{1} << 20) noexcept {
    model = version = {};
    inputs.clear();
    wanted.clear();
    deadline = Clock::time_point::max();
    urgent = false;
    cancelled.store(false, std::memory_order_relaxed);
    status = {};
    answers.clear();
    rows = 0;
    row_axes.clear();
    begun = {};
    served.reset();
    plan = nullptr;
    next = nullptr;
    space.shrink(most_bytes);
  }

  // The engine's own notes.
  const Plan* plan = nullptr;
  Request* next = nullptr;       // in a queue
  std::vector<uint32_t> bound;   // input of the plan -> index in `inputs`
  std::vector<uint32_t> chosen;  // answer -> output of the plan
  Buffer space;                  // the answers' memory
};

}  // namespace mle::serve
