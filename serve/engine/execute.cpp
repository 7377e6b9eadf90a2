// SPDX-License-Identifier: Apache-2.0
#include "serve/engine/execute.h"

#include "format/rules.h"
#include "serve/engine/admit.h"
#include "serve/engine/version.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace mle::serve {
namespace {

uint64_t nanoseconds(Clock::duration span) noexcept {
  return span.count() < 0 ? 0 : static_cast<uint64_t>(std::chrono::nanoseconds(span).count());
}

size_t padded(size_t bytes) { return (bytes + 63) / 64 * 64; }

size_t elements(const TensorSpec& spec, uint64_t rows) {
  return spec.width() * (spec.per_row ? rows : 1);
}

// Every output of the plan in `at`, one after another.
void lay_out(const Plan& plan, uint64_t rows, std::byte* at, std::vector<Out>& outputs) {
  outputs.clear();
  for (const TensorSpec& spec : plan.outputs) {
    const size_t count = elements(spec, rows);
    outputs.emplace_back(spec.dtype, at, count);
    at += padded(count * size_of(spec.dtype));
  }
}

void list_answers(Request& request, std::span<const Out> outputs) {
  for (const uint32_t chosen : request.chosen)
    request.answers.push_back(
        {&request.plan->outputs[chosen], outputs[chosen].data(), outputs[chosen].count()});
}

Status run_alone(Request& request, Session& session, Workspace& workspace) {
  workspace.inputs.clear();
  for (const uint32_t bound : request.bound) {
    const InputTensor& input = request.inputs[bound];
    workspace.inputs.emplace_back(input.dtype, input.data, input.count);
  }
  std::byte* const space = request.space.reserve(answer_bytes(*request.plan, request.rows));
  lay_out(*request.plan, request.rows, space, workspace.outputs);
  MLE_TRY(session.run(workspace.inputs, workspace.outputs));
  list_answers(request, workspace.outputs);
  return {};
}

// The inputs of all requests, one behind the other.
void gather(std::span<Request* const> group, uint64_t rows, Workspace& workspace) {
  const Plan& plan = *group.front()->plan;
  size_t bytes = 0;
  for (const TensorSpec& spec : plan.inputs)
    bytes += padded(elements(spec, rows) * size_of(spec.dtype));
  std::byte* at = workspace.gathered.reserve(bytes);
  workspace.inputs.clear();
  for (size_t i = 0; i < plan.inputs.size(); ++i) {
    const size_t size = size_of(plan.inputs[i].dtype);
    workspace.inputs.emplace_back(plan.inputs[i].dtype, at, elements(plan.inputs[i], rows));
    std::byte* to = at;
    for (const Request* request : group) {
      const InputTensor& input = request->inputs[request->bound[i]];
      if (input.count > 0) std::memcpy(to, input.data, input.count * size);
      to += input.count * size;
    }
    at += padded(elements(plan.inputs[i], rows) * size);
  }
}

void scatter(std::span<Request* const> group, Workspace& workspace) {
  const Plan& plan = *group.front()->plan;
  uint64_t first = 0;
  for (Request* request : group) {
    std::byte* at = request->space.reserve(answer_bytes(plan, request->rows));
    for (size_t i = 0; i < plan.outputs.size(); ++i) {
      const TensorSpec& spec = plan.outputs[i];
      const size_t row = spec.width() * size_of(spec.dtype), bytes = row * request->rows;
      const auto* from = static_cast<const std::byte*>(workspace.outputs[i].data()) + row * first;
      if (bytes > 0) std::memcpy(at, from, bytes);
      at += padded(bytes);
    }
    first += request->rows;
  }
}

// Only requests whose every input and output goes by rows share a run, and whose answers do not
// depend on the rows of others.
bool may_join(const Plan& plan) {
  const auto per_row = [](const TensorSpec& spec) { return spec.per_row; };
  return plan.row_wise && !plan.rows_mix &&
         std::all_of(plan.inputs.begin(), plan.inputs.end(), per_row) &&
         std::all_of(plan.outputs.begin(), plan.outputs.end(), per_row);
}

// One run for all. Not ok where a row has no answer: then nobody has one yet.
Status run_together(std::span<Request* const> group, Session& session, Workspace& workspace) {
  const Plan& plan = *group.front()->plan;
  uint64_t rows = 0;
  for (const Request* request : group) rows += request->rows;
  gather(group, rows, workspace);
  lay_out(plan, rows, workspace.scattered.reserve(answer_bytes(plan, rows)), workspace.outputs);
  MLE_TRY(session.run(workspace.inputs, workspace.outputs));
  scatter(group, workspace);
  for (Request* request : group) {
    lay_out(plan, request->rows, request->space.data(), workspace.outputs);
    list_answers(*request, workspace.outputs);
  }
  return {};
}

void run_all(std::span<Request* const> group, Session& session, Workspace& workspace,
             Counters& counters) {
  if (group.size() > 1 && may_join(*group.front()->plan)) {
    Counters::add(counters.executions);
    if (run_together(group, session, workspace).ok()) return;
  }
  // Alone, so that a row without an answer costs its own request alone.
  for (Request* request : group) {
    request->answers.clear();
    Counters::add(counters.executions);
    request->status = run_alone(*request, session, workspace);
  }
}

// What training never saw is worth a metric, and no refusal.
uint64_t values_outside(const Request& request) noexcept {
  uint64_t outside = 0;
  for (size_t i = 0; i < request.plan->ranges.size(); ++i) {
    const InputTensor& input = request.inputs[request.bound[i]];
    if (!request.plan->ranges[i].empty())
      outside += request.plan->ranges[i].count_outside(input.data, input.count);
  }
  return outside;
}

void count(Request& request, Counters& counters, Clock::time_point begun,
           Clock::time_point ended) noexcept {
  const uint64_t total = nanoseconds(ended - request.arrived);
  if (!request.status.ok()) {
    Counters::add(counters.failed);
    Counters::add(counters.fail_ns, total);
    return;
  }
  Counters::add(counters.succeeded);
  Counters::add(counters.rows, request.rows);
  if (const uint64_t outside = values_outside(request); outside > 0)
    Counters::add(counters.outside, outside);
  Counters::add(counters.success_ns, total);
  Counters::add(counters.queue_ns, nanoseconds(begun - request.arrived));
  Counters::add(counters.compute_ns, nanoseconds(ended - begun));
  counters.duration.add(total);
}

uint64_t milliseconds_since_1970() noexcept {
  using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::system_clock;
  const auto now = system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(duration_cast<milliseconds>(now).count());
}

}  // namespace

size_t answer_bytes(const Plan& plan, uint64_t rows) noexcept {
  size_t bytes = 0;
  for (const TensorSpec& spec : plan.outputs)
    bytes += padded(elements(spec, rows) * size_of(spec.dtype));
  return bytes;
}

void answer(Request& request, Status status) noexcept {
  if (request.served != nullptr) {
    Counters& counters = *request.served->counters;
    Counters::add(counters.failed);
    Counters::add(counters.fail_ns, nanoseconds(Clock::now() - request.arrived));
    const int rule = status.rule();
    if (rule == format::rule::S403_Overloaded) Counters::add(counters.overloaded);
    if (rule == format::rule::S404_DeadlinePassed) Counters::add(counters.deadline_passed);
    if (rule == format::rule::S405_Cancelled) Counters::add(counters.cancelled);
  }
  request.status = std::move(status);
  request.done();
}

void execute(std::span<Request*> group, Workspace& workspace) noexcept {
  // Both outlive the requests, which are gone once they are done.
  const std::shared_ptr<const Version> served = group.front()->served;
  const Plan& plan = *group.front()->plan;
  const auto begun = Clock::now();
  size_t wanted = 0;
  for (Request* request : group) {
    Status status = still_wanted(*request, begun);
    if (status.ok())
      group[wanted++] = request;
    else
      answer(*request, std::move(status));
  }
  if (wanted == 0) return;
  const std::span<Request* const> computed = group.first(wanted);
  {
    const SessionPool::Lease session = plan.sessions.take();
    if (!session) {
      for (Request* request : computed)
        answer(*request, Status::make(Code::OutOfMemory, format::rule::S403_Overloaded,
                                      Status::kNoOffset, "all sessions are busy", "try again"));
      return;
    }
    try {
      run_all(computed, *session, workspace, *served->counters);
    } catch (const std::bad_alloc&) {
      for (Request* request : computed) {
        request->answers.clear();
        request->status = Status::out_of_memory();
      }
    }
  }
  const auto ended = Clock::now();
  served->counters->last_request_ms.store(milliseconds_since_1970(), std::memory_order_relaxed);
  for (Request* request : computed) {
    request->begun = begun;
    count(*request, *served->counters, begun, ended);
    request->done();
  }
  constexpr size_t kKept = size_t{4} << 20;
  workspace.gathered.shrink(kKept);
  workspace.scattered.shrink(kKept);
}

}  // namespace mle::serve
