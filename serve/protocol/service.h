// Service: what every front answers from beside inference: is it ready, what is there, who may
// change it.
// Promise: nothing here waits for a file or for inference.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "serve/engine/engine.h"
#include "serve/engine/keeper.h"
#include "serve/engine/repository.h"
#include "serve/protocol/byte_budget.h"
#include "serve/protocol/log_settings.h"
#include "serve/protocol/readers.h"
#include "serve/protocol/regions.h"
#include "serve/protocol/slow_requests.h"
#include "serve/protocol/trace_parent.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mle::serve {

enum class Control : uint8_t { None, Explicit, Poll };

// Who asks, as far as a front can tell.
struct Caller {
  bool local = false;    // from this machine
  bool page = false;     // a browser asks for a page of somebody else
  std::string_view key;  // that came with the question
};

struct ServiceOptions {
  Control control = Control::None;
  std::string admin_key;  // "": only callers of this machine may change anything
  SlowRequests slow;
  size_t most_pending_bytes = size_t{512} << 20;  // of questions and answers under way
  size_t readers = 1;                             // threads for questions that take long to read
};

// Why a line of the index is as it is; "" where all is well.
std::string_view reason_of(const IndexLine& line) noexcept;

// The shape of a tensor as metadata says it: -1 for the rows.
void append_shape(const TensorSpec& spec, uint64_t rows, std::vector<int64_t>& shape);
constexpr uint64_t kAnyRows = ~uint64_t{0};

class Service {
 public:
  Service(Engine& engine, Repository& repository, Keeper& keeper, ServiceOptions options)
      : engine_(engine),
        repository_(repository),
        keeper_(keeper),
        options_(std::move(options)),
        budget_(options_.most_pending_bytes),
        readers_(options_.readers) {}

  Engine& engine() const noexcept { return engine_; }
  const Repository& repository() const noexcept { return repository_; }
  ByteBudget& budget() noexcept { return budget_; }
  const ByteBudget& budget() const noexcept { return budget_; }
  Readers& readers() noexcept { return readers_; }
  Regions& regions() noexcept { return regions_; }
  const Regions& regions() const noexcept { return regions_; }
  LogSettings& log_settings() noexcept { return log_settings_; }
  const LogSettings& log_settings() const noexcept { return log_settings_; }

  // Not ready: the server tells those who ask and still answers those who come.
  void set_ready(bool ready) {
    ready_.store(ready, std::memory_order_relaxed);
    changed();
  }
  bool ready() const noexcept { return ready_.load(std::memory_order_relaxed); }
  bool ready(std::string_view model, std::string_view version) const;

  // `told` is called when the answers above may have changed, on any thread, until it is replaced.
  void when_changed(std::function<void()> told);
  void changed() const;

  // NotFound where there is none.
  Result<std::shared_ptr<const Version>> find(std::string_view model,
                                              std::string_view version) const;

  // Not ok where there is no such model.
  Status known(std::string_view model) const;
  // Those that serve: of every model where `model` is "", every version where `version` is "".
  Result<std::vector<std::shared_ptr<const Version>>> list(std::string_view model,
                                                           std::string_view version) const;

  // Not ok where this caller may change nothing: with a key who has it may, without one callers of
  // this machine, and in both cases only where control is explicit.
  Status may_change(const Caller& caller) const;

  // The answer of an inference is made: told of where it took long. Any thread.
  void answered(const Request& request, const char* front, const TraceParent& trace) const noexcept;

  // Calls `then` with the outcome: later, on the keeper's thread, or at once where the caller may
  // not.
  void load(const Caller& caller, std::string model, std::function<void(Status)> then) const;
  void unload(const Caller& caller, std::string model, std::function<void(Status)> then) const;

 private:
  Engine& engine_;
  Repository& repository_;
  Keeper& keeper_;
  const ServiceOptions options_;
  ByteBudget budget_;
  LogSettings log_settings_;
  Regions regions_;
  std::atomic<bool> ready_{false};
  mutable std::mutex mutex_;
  std::function<void()> told_;
  Readers readers_;  // last, so that they end first
};

}  // namespace mle::serve
