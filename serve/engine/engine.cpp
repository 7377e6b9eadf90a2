// SPDX-License-Identifier: Apache-2.0
#include "serve/engine/engine.h"

#include "format/rules.h"
#include "serve/engine/admit.h"

#include <algorithm>
#include <new>
#include <utility>

namespace mle::serve {
namespace {

// Writing more than this, in JSON say, takes longer than what the calling thread computes.
constexpr size_t kInlineBytes = size_t{32} << 10;
// What one drain may take of the calling thread, in the longest of its runs: others wait meanwhile.
constexpr double kInlineAtOnce = 20;

// Moves the requests that may run with the first to `group`; the order of the others stays.
void take_group(std::vector<Request*>& ready, std::vector<Request*>& group, uint64_t most_rows) {
  group.clear();
  uint64_t rows = 0;
  size_t kept = 0;
  const Plan* const plan = ready.front()->plan;
  for (Request* request : ready) {
    const bool joins =
        request->plan == plan && (group.empty() || rows + request->rows <= most_rows);
    if (joins) {
      rows += request->rows;
      group.push_back(request);
    } else {
      ready[kept++] = request;
    }
  }
  ready.resize(kept);
}

bool is_urgent(const Request* request) { return request->urgent; }

}  // namespace

Engine::Engine(const EngineOptions& options)
    : options_(options), catalog_(std::make_shared<const Catalog>()), lanes_(options.limits) {
  for (size_t i = 0; i < options.workers; ++i) workers_.emplace_back([this] { work(); });
}

Engine::~Engine() { stop(); }

void Engine::publish(std::shared_ptr<const Catalog> catalog) {
  const std::lock_guard lock(mutex_);
  catalog_.swap(catalog);
}

std::shared_ptr<const Catalog> Engine::catalog() const {
  const std::lock_guard lock(mutex_);
  return catalog_;
}

// Whether the calling thread computes it, in what it may spend. Else it was answered, or a worker
// has it.
bool Engine::is_for_caller(Request& request, const Catalog& catalog, double& inline_ns) noexcept {
  try {
    Status status = admit(request, catalog);
    if (!status.ok()) return answer(request, std::move(status)), false;
    const double estimate = request.plan->estimate_ns(request.rows);
    if (options_.limits.delay.count() == 0 && estimate < options_.inline_ns &&
        estimate <= inline_ns && answer_bytes(*request.plan, request.rows) <= kInlineBytes) {
      inline_ns -= estimate;
      return true;
    }
    const std::shared_ptr<Lane> lane = catalog.find(request.model)->lane;
    // Nothing of the request may be touched once it is pushed: a worker may be done with it.
    if (lanes_.push(lane, request)) return false;
    answer(request,
           Status::make(Code::OutOfMemory, format::rule::S403_Overloaded, Status::kNoOffset,
                        "too many requests wait for this model", "try again later"));
  } catch (const std::bad_alloc&) {
    answer(request, Status::out_of_memory());
  }
  return false;
}

void Engine::leave_to_worker(Request& request) noexcept {
  double none = -1;
  is_for_caller(request, *catalog(), none);
}

void Engine::serve(std::span<Request* const> drained, Workspace& workspace) noexcept {
  const std::shared_ptr<const Catalog> now = catalog();
  std::vector<Request*>& ready = workspace.ready;
  ready.clear();
  try {
    // Once as large as the largest drain, never again.
    ready.reserve(drained.size());
    workspace.group.reserve(drained.size());
  } catch (const std::bad_alloc&) {
    for (Request* request : drained) answer(*request, Status::out_of_memory());
    return;
  }
  double inline_ns = options_.inline_ns * kInlineAtOnce;
  for (Request* request : drained)
    if (is_for_caller(*request, *now, inline_ns)) ready.push_back(request);
  if (std::any_of(ready.begin(), ready.end(), is_urgent))
    std::stable_partition(ready.begin(), ready.end(), is_urgent);
  while (!ready.empty()) {
    take_group(ready, workspace.group, options_.limits.most_rows);
    execute(workspace.group, workspace);
  }
}

void Engine::work() noexcept {
  Workspace workspace;
  std::vector<Request*> group;
  group.reserve(options_.limits.most_waiting);  // no queue holds more
  std::shared_ptr<Lane> lane;
  while (lanes_.pop(group, lane)) {
    execute(group, workspace);
    lanes_.finished(lane);
    lane.reset();
  }
}

void Engine::stop() noexcept {
  lanes_.close();
  for (std::thread& worker : workers_)
    if (worker.joinable()) worker.join();
  workers_.clear();
  work();  // what is left where there are no workers
}

}  // namespace mle::serve
