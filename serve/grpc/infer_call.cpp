// SPDX-License-Identifier: Apache-2.0
#include "serve/grpc/infer_call.h"

#include "format/rules.h"
#include "serve/grpc/codec.h"
#include "serve/grpc/deadline.h"
#include "serve/grpc/open_inference.grpc.pb.h"
#include "serve/grpc/status.h"
#include "serve/grpc/trace.h"

#include <memory>
#include <new>
#include <optional>

namespace mle::serve {
namespace {

using Async = inference::GRPCInferenceService::AsyncService;

}  // namespace

class InferCall final : public Request {
 public:
  explicit InferCall(InferCalls& calls) : calls_(calls) {
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
      auto& queue = calls_.loop_.queue();
      static_cast<Async*>(calls_.service_)
          ->RequestModelInfer(&*context_, &question_, &*writer_, &queue, &queue, &began_);
    });
  }

  void done() noexcept override {
    try {
      if (status.ok())
        status = encode(question_, *this, raw_, calls_.loop_.service().regions(), answer_);
    } catch (const std::bad_alloc&) {
      status = Status::out_of_memory();
    }
    calls_.loop_.service().answered(*this, "grpc", trace_);
    writer_->Finish(answer_, to_grpc(status), &finished_);
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
    status = decode(question_, calls_.loop_.service().regions(), *this, scratch_, raw_);
    if (status.ok())
      calls_.loop_.serve_soon(*this);
    else
      done();
  }
  // The caller has the answer, or has gone: known before finished() only where it gave up.
  void gone() {
    if (context_->IsCancelled()) cancelled.store(true, std::memory_order_relaxed);
    ended_one();
  }
  void finished() { ended_one(); }

  void ended_one() {
    if (--under_way_ > 0) return;
    reset();
    question_.Clear();
    answer_.Clear();
    writer_.reset();
    context_.reset();
    // A huge message is not remembered for ever.
    constexpr size_t kKept = size_t{1} << 20;
    if (question_.SpaceUsedLong() > kKept) question_ = {};
    if (answer_.SpaceUsedLong() > kKept) answer_ = {};
    calls_.resting_.push_back(this);
    calls_.loop_.call_ends();
  }

  InferCalls& calls_;
  Tag began_, finished_, gone_;
  int under_way_ = 0;  // of finished and gone, those that are still to come
  std::optional<grpc::ServerContext> context_;
  inference::ModelInferRequest question_;
  inference::ModelInferResponse answer_;
  std::optional<grpc::ServerAsyncResponseWriter<inference::ModelInferResponse>> writer_;
  Scratch scratch_;
  TraceParent trace_;
  bool raw_ = false;
};

void InferCalls::arm() {
  if (resting_.empty()) {
    auto call = std::make_unique<InferCall>(*this);
    all_.reserve(all_.size() + 1);
    resting_.reserve(all_.size() + 1);  // so that coming to rest never fails
    resting_.push_back(call.get());
    all_.push_back(call.release());
  }
  InferCall* const call = resting_.back();
  resting_.pop_back();
  if (!call->arm()) resting_.push_back(call);
}

InferCalls::~InferCalls() {
  for (const InferCall* call : all_) delete call;
}

}  // namespace mle::serve
