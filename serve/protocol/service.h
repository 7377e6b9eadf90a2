// Service: what every front answers from beside inference: is it ready, what is there, who may
// change it.
// Promise: nothing here waits for a file or for inference.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "serve/engine/engine.h"
#include "serve/engine/keeper.h"
#include "serve/engine/repository.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace mle::serve {

enum class Control : uint8_t { None, Explicit, Poll };

// The shape of a tensor as metadata says it: -1 for the rows.
void append_shape(const TensorSpec& spec, uint64_t rows, std::vector<int64_t>& shape);
constexpr uint64_t kAnyRows = ~uint64_t{0};

class Service {
 public:
  Service(Engine& engine, Repository& repository, Keeper& keeper, Control control)
      : engine_(engine), repository_(repository), keeper_(keeper), control_(control) {}

  Engine& engine() const noexcept { return engine_; }
  const Repository& repository() const noexcept { return repository_; }

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

  // Calls `then` with the outcome, later, on the keeper's thread; or at once where control is not
  // explicit.
  void load(std::string model, std::function<void(Status)> then) const;
  void unload(std::string model, std::function<void(Status)> then) const;

 private:
  bool allowed(const std::function<void(Status)>& then) const;

  Engine& engine_;
  Repository& repository_;
  Keeper& keeper_;
  const Control control_;
  std::atomic<bool> ready_{false};
  mutable std::mutex mutex_;
  std::function<void()> told_;
};

}  // namespace mle::serve
