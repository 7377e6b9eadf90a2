// SPDX-License-Identifier: Apache-2.0
#include "serve/grpc/health_calls.h"

#include "serve/grpc/health.grpc.pb.h"
#include "serve/grpc/raw_service.h"
#include "serve/grpc/unary_call.h"

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace mle::serve {

namespace health = grpc::health::v1;

namespace {
class Watch;
}  // namespace

struct HealthCalls::State {
  explicit State(const Service& from) : service(from) {}

  health::HealthCheckResponse::ServingStatus status_of(const std::string& name) const {
    using Response = health::HealthCheckResponse;
    if (name.empty() || name == "inference.GRPCInferenceService")
      return service.ready() && !ended ? Response::SERVING : Response::NOT_SERVING;
    if (!service.find(name, "")) return Response::SERVICE_UNKNOWN;
    return service.ready() && !ended ? Response::SERVING : Response::NOT_SERVING;
  }

  const Service& service;
  RawService<health::Health::AsyncService> async{"grpc.health.v1.Health"};
  const int watch = async.number_of("Watch");
  std::mutex mutex;  // guards what follows, and every Watch
  std::set<Watch*> watches;
  bool ended = false;
};

namespace {

// One caller who watches. Writes one status at a time; what changes meanwhile is written next.
class Watch {
 public:
  static void arm(Loop& loop, HealthCalls::State& state) {
    auto watch = std::unique_ptr<Watch>(new Watch(loop, state));
    const bool armed = loop.arm([&] {
      state.async.ask(state.watch, watch->context_, watch->bytes_, watch->writer_, loop.queue(),
                      &watch->began_);
    });
    if (armed) watch.release();  // owns itself from here on
  }

  // Under the lock.
  void look() {
    if (busy_ || finishing_ || gone_) return;
    const int now = state_.status_of(question_.service());
    if (now != told_) {
      told_ = now;
      busy_ = true;
      health::HealthCheckResponse response;
      response.set_status(static_cast<health::HealthCheckResponse::ServingStatus>(now));
      writer_.Write(response, &written_);
    } else if (state_.ended) {
      finishing_ = busy_ = true;
      writer_.Finish({grpc::StatusCode::UNAVAILABLE, "the server ends"}, &written_);
    }
  }

 private:
  Watch(Loop& loop, HealthCalls::State& state) : loop_(loop), state_(state), writer_(&context_) {
    began_ = {this, [](void* self, bool ok) { static_cast<Watch*>(self)->began(ok); }};
    written_ = {this, [](void* self, bool) { static_cast<Watch*>(self)->written(); }};
    left_ = {this, [](void* self, bool) { static_cast<Watch*>(self)->left(); }};
    context_.AsyncNotifyWhenDone(&left_);
  }
  void began(bool ok) {
    if (!ok) {
      delete this;
      return;
    }
    loop_.call_begins();
    arm(loop_, state_);
    // A name is small: whatever comes is read here.
    const Status status = read_message(bytes_, kWeighed, loop_.service().budget(), question_);
    const std::lock_guard lock(state_.mutex);
    state_.watches.insert(this);
    if (status.ok()) return look();
    finishing_ = busy_ = true;
    writer_.Finish(to_grpc(status), &written_);
  }
  void written() {
    std::unique_lock lock(state_.mutex);
    busy_ = false;
    look();
    end_if_over(lock);
  }
  void left() {
    std::unique_lock lock(state_.mutex);
    gone_ = true;
    end_if_over(lock);
  }
  void end_if_over(std::unique_lock<std::mutex>& lock) {
    if (!gone_ || busy_) return;
    state_.watches.erase(this);
    lock.unlock();
    Loop& loop = loop_;
    delete this;
    loop.call_ends();
  }

  Loop& loop_;
  HealthCalls::State& state_;
  Tag began_, written_, left_;
  grpc::ServerContext context_;
  grpc::ByteBuffer bytes_;
  health::HealthCheckRequest question_;
  grpc::ServerAsyncWriter<health::HealthCheckResponse> writer_;
  int told_ = -1;  // the status last written
  bool busy_ = false, finishing_ = false, gone_ = false;
};

}  // namespace

HealthCalls::HealthCalls(const Service& service) : state_(std::make_unique<State>(service)) {}
HealthCalls::~HealthCalls() = default;

void HealthCalls::add_to(grpc::ServerBuilder& builder) { builder.RegisterService(&state_->async); }

void HealthCalls::arm(Loop& loop) {
  State& state = *state_;
  arm_unary<health::HealthCheckRequest, health::HealthCheckResponse>(
      loop, asks_for(state.async, "Check"),
      [&state](const Caller&, const auto& question, auto& answer, const Answered& answered) {
        const std::string& name = question.service();
        const std::lock_guard lock(state.mutex);
        answer.set_status(state.status_of(name));
        if (answer.status() == health::HealthCheckResponse::SERVICE_UNKNOWN)
          answered(state.service.known(name));
        else
          answered({});
      });
  Watch::arm(loop, state);
}

void HealthCalls::changed() {
  const std::lock_guard lock(state_->mutex);
  for (Watch* watch : state_->watches) watch->look();
}

void HealthCalls::end() {
  const std::lock_guard lock(state_->mutex);
  state_->ended = true;
  for (Watch* watch : state_->watches) watch->look();
}

}  // namespace mle::serve
