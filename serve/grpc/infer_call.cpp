// SPDX-License-Identifier: Apache-2.0
#include "serve/grpc/infer_call.h"

#include "serve/engine/admit.h"
#include "serve/grpc/charge.h"
#include "serve/grpc/codec.h"
#include "serve/grpc/deadline.h"
#include "serve/grpc/status.h"
#include "serve/grpc/trace.h"

#include <memory>
#include <new>
#include <optional>
#include <utility>

namespace mle::serve {
namespace {

constexpr size_t kKeptBytes = size_t{64} << 10;  // per buffer of a call that rests

}  // namespace

class InferCall final : public Request, public Readers::Task {
 public:
  explicit InferCall(InferCalls& calls)
      : calls_(calls),
        came_(&calls.loop_.service().budget()),
        asked_(&calls.loop_.service().budget()),
        answered_(&calls.loop_.service().budget()) {
    began_ = {this, [](void* self, bool ok) { static_cast<InferCall*>(self)->began(ok); }};
    finished_ = {this, [](void* self, bool) { static_cast<InferCall*>(self)->finished(); }};
    gone_ = {this, [](void* self, bool) { static_cast<InferCall*>(self)->gone(); }};
  }

  // Waits for a caller.
  bool arm() {
    context_.emplace();
    writer_.emplace(&*context_);
    context_->AsyncNotifyWhenDone(&gone_);
    return calls_.loop_.arm([this] {
      calls_.service_.ask(calls_.method_, *context_, bytes_, *writer_, calls_.loop_.queue(),
                          &began_);
    });
  }

  // On a thread of the readers.
  void read() noexcept override {
    status = still_wanted(*this, Clock::now());
    if (status.ok()) status = read_question();
    bytes_.Clear();
    came_.clear();
    if (!status.ok()) return done();
    calls_.loop_.service().engine().leave_to_worker(*this);
  }

  void done() noexcept override {
    try {
      if (status.ok())
        status = encode(question_, *this, raw_, calls_.loop_.service().regions(), answer_);
      if (status.ok()) {
        model = served->model;  // outlives the question
        let_go(question_, asked_);
        status = charge_for(answer_, answered_);
      }
    } catch (const std::bad_alloc&) {
      status = Status::out_of_memory();
    }
    if (!status.ok()) answer_ = {};  // what was made of it, and never charged
    calls_.loop_.service().answered(*this, "grpc", trace_);
    let_go(question_, asked_);
    shrink(kKeptBytes);
    scratch_.shrink(kKeptBytes);
    const grpc::Status said = to_grpc(status);
    if (answered_.bytes() <= kWeighed) return writer_->Finish(answer_, said, &finished_);
    // gRPC packs it at once; this call may be over, and asked again, before that returns.
    const inference::ModelInferResponse huge = std::move(answer_);
    writer_->Finish(huge, said, &finished_);
  }

 private:
  void began(bool ok) {
    if (!ok) return;  // the server ends; nobody will tell us more
    calls_.loop_.call_begins();
    under_way_ = 2;
    calls_.arm();
    arrived = Clock::now();
    deadline = deadline_of(*context_, arrived);
    pass_trace(*context_, trace_);
    if (!calls_.loop_.reads_here(bytes_)) {
      status = charge_for(bytes_, came_);
      return status.ok() ? calls_.loop_.service().readers().add(*this) : done();
    }
    status = read_question();
    status.ok() ? calls_.loop_.serve_soon(*this) : done();
  }
  Status read_question() noexcept {
    Service& service = calls_.loop_.service();
    try {
      const size_t most = calls_.loop_.most_message_bytes();
      if (Status bad = read_message(bytes_, most, service.budget(), question_); !bad.ok()) {
        question_ = {};  // half of it may be there, and was not weighed
        return bad;
      }
      MLE_TRY(charge_for(question_, asked_));
      return decode(question_, service.regions(), *this, scratch_, raw_);
    } catch (const std::bad_alloc&) {
      return Status::out_of_memory();
    }
  }
  // The caller has the answer, or has gone: known before finished() only where it gave up.
  void gone() {
    if (context_->IsCancelled()) cancelled.store(true, std::memory_order_relaxed);
    ended_one();
  }
  void finished() { ended_one(); }

  void ended_one() {
    if (--under_way_ > 0) return;
    reset(kKeptBytes);
    forget(question_, questions_);
    forget(answer_, answers_);
    asked_.clear();
    answered_.clear();
    writer_.reset();
    context_.reset();
    Loop& loop = calls_.loop_;
    calls_.rest(*this);
    loop.call_ends();
  }

  InferCalls& calls_;
  Tag began_, finished_, gone_;
  int under_way_ = 0;  // of finished and gone, those that are still to come
  std::optional<grpc::ServerContext> context_;
  grpc::ByteBuffer bytes_;  // of the question
  inference::ModelInferRequest question_;
  inference::ModelInferResponse answer_;
  std::optional<grpc::ServerAsyncResponseWriter<inference::ModelInferResponse>> writer_;
  Scratch scratch_;
  ByteCharge came_, asked_, answered_;  // what bytes that wait, question and answer take
  size_t questions_ = 0, answers_ = 0;  // bytes read and made since they were weighed
  TraceParent trace_;
  bool raw_ = false;

  friend class InferCalls;
  size_t at_ = 0;  // in the list of all
};

InferCalls::InferCalls(Loop& loop, Inference& service)
    : loop_(loop), service_(service), method_(service.number_of("ModelInfer")) {}

void InferCalls::arm() {
  if (resting_.empty()) {
    auto call = std::make_unique<InferCall>(*this);
    all_.reserve(all_.size() + 1);
    resting_.reserve(all_.size() + 1);  // so that coming to rest never fails
    call->at_ = all_.size();
    resting_.push_back(call.get());
    all_.push_back(call.release());
  }
  InferCall* const call = resting_.back();
  resting_.pop_back();
  if (!call->arm()) resting_.push_back(call);
}

// Those that only a burst needed are given back.
void InferCalls::rest(InferCall& call) noexcept {
  if (resting_.size() < kMostResting) return resting_.push_back(&call);
  all_.back()->at_ = call.at_;
  all_[call.at_] = all_.back();
  all_.pop_back();
  delete &call;
}

InferCalls::~InferCalls() {
  for (const InferCall* call : all_) delete call;
}

}  // namespace mle::serve
