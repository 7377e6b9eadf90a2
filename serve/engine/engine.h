// Engine: models by name, and the way of a request through them.
// Promise: no transport type in sight. What was drained together runs together and nobody waits for
// company; what takes longer, or has answers that take longer to write, goes to worker threads, so
// that the calling thread stays free.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/engine/execute.h"
#include "serve/engine/lanes.h"
#include "serve/engine/request.h"
#include "serve/engine/version.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

namespace mle::serve {

struct EngineOptions {
  size_t workers = 1;         // threads for what takes longer
  double inline_ns = 50'000;  // estimated below this, the calling thread computes
  LaneLimits limits;
};

class Engine {
 public:
  explicit Engine(const EngineOptions& options);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();  // as stop()

  // Any thread. What is published serves from the next serve() on.
  void publish(std::shared_ptr<const Catalog> catalog);
  std::shared_ptr<const Catalog> catalog() const;

  // Run together at most.
  uint64_t most_rows() const noexcept { return options_.limits.most_rows; }

  // Answers every request: some before this returns, some later from a worker. All of `drained`
  // came in one go; those for the same model run as one. Any thread, each with a workspace of its
  // own.
  void serve(std::span<Request* const> drained, Workspace& workspace) noexcept;
  // The same for one, which a worker computes in any case: for threads that do something else.
  void leave_to_worker(Request& request) noexcept;

  // Nobody waits for company any more: the server is about to end.
  void hurry() noexcept { lanes_.hurry(); }
  // Computes what waits, refuses what comes, joins the workers.
  void stop() noexcept;

 private:
  bool is_for_caller(Request& request, const Catalog& catalog, double& inline_ns) noexcept;
  void work() noexcept;

  const EngineOptions options_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Catalog> catalog_;
  Lanes lanes_;
  std::vector<std::thread> workers_;
};

}  // namespace mle::serve
