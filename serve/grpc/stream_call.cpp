// SPDX-License-Identifier: Apache-2.0
#include "serve/grpc/stream_call.h"

#include "serve/engine/admit.h"
#include "serve/grpc/charge.h"
#include "serve/grpc/codec.h"
#include "serve/grpc/deadline.h"
#include "serve/grpc/status.h"
#include "serve/grpc/trace.h"

#include <atomic>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <utility>

namespace mle::serve {

struct StreamCalls::State {
  explicit State(Inference& from) : service(from), method(from.number_of("ModelStreamInfer")) {}

  Inference& service;
  const int method;
  std::mutex mutex;  // guards what follows, and when a stream finishes
  std::set<StreamCall*> streams;
  bool ended = false;
};

namespace {
constexpr size_t kKeptBytes = size_t{64} << 10;  // per buffer, between questions
}  // namespace

class StreamCall final : public Request, public Readers::Task {
 public:
  static void arm(Loop& loop, StreamCalls::State& state) {
    auto call = std::unique_ptr<StreamCall>(new StreamCall(loop, state));
    const bool armed = loop.arm([&] {
      state.service.ask(state.method, call->context_, call->stream_, loop.queue(), &call->began_);
    });
    if (armed) call.release();  // owns itself from here on
  }

  // On a thread of the readers.
  void read() noexcept override {
    status = still_wanted(*this, Clock::now());
    if (status.ok()) status = read_question();
    bytes_.Clear();
    came_.clear();
    if (!status.ok()) return done();
    service_.engine().leave_to_worker(*this);
  }

  // An answer on a stream is an error or a response; the stream goes on.
  void done() noexcept override {
    try {
      if (status.ok())
        status =
            encode(question_, *this, raw_, service_.regions(), *answer_.mutable_infer_response());
      if (status.ok()) {
        model = served->model;  // outlives the question
        let_go(question_, asked_);
        status = charge_for(answer_, answered_);
      }
    } catch (const std::bad_alloc&) {
      status = Status::out_of_memory();
    }
    if (!status.ok()) {
      answer_.mutable_infer_response()->Clear();
      answer_.mutable_infer_response()->set_id(id_);
      answer_.set_error_message(to_grpc(status).error_message());
    }
    service_.answered(*this, "grpc", trace_);
    let_go(question_, asked_);
    shrink(kKeptBytes);
    scratch_.shrink(kKeptBytes);
    if (answered_.bytes() <= kWeighed) return stream_.Write(answer_, &written_);
    const inference::ModelStreamInferResponse huge = std::move(answer_);
    stream_.Write(huge, &written_);
  }

  // Under the lock.
  void end() {
    if (reads_) finish({grpc::StatusCode::UNAVAILABLE, "the server ends"});
  }

 private:
  StreamCall(Loop& loop, StreamCalls::State& state)
      : loop_(loop),
        service_(loop.service()),
        state_(state),
        stream_(&context_),
        came_(&loop.service().budget()),
        asked_(&loop.service().budget()),
        answered_(&loop.service().budget()) {
    began_ = {this, [](void* self, bool ok) { static_cast<StreamCall*>(self)->began(ok); }};
    read_ = {this, [](void* self, bool ok) { static_cast<StreamCall*>(self)->came(ok); }};
    written_ = {this, [](void* self, bool ok) { static_cast<StreamCall*>(self)->written(ok); }};
    finished_ = {this, [](void* self, bool) { static_cast<StreamCall*>(self)->ended_one(); }};
    gone_ = {this, [](void* self, bool) { static_cast<StreamCall*>(self)->gone(); }};
    context_.AsyncNotifyWhenDone(&gone_);
  }

  void began(bool ok) {
    if (!ok) {
      delete this;
      return;
    }
    loop_.call_begins();
    arm(loop_, state_);
    pass_trace(context_, trace_);
    const std::lock_guard lock(state_.mutex);
    state_.streams.insert(this);
    ask_for_more();
  }
  // Under the lock.
  void ask_for_more() {
    if (state_.ended) return finish({grpc::StatusCode::UNAVAILABLE, "the server ends"});
    reset(kKeptBytes);
    forget(question_);
    forget(answer_);
    asked_.clear();
    answered_.clear();
    reads_ = true;
    ++under_way_;
    stream_.Read(&bytes_, &read_);
  }
  void came(bool ok) {
    {
      const std::lock_guard lock(state_.mutex);
      reads_ = false;
      if (!ok && !finishing_) finish(grpc::Status::OK);
      if (!ok || finishing_) ok = false;
    }
    if (ok) begin();
    ended_one();
  }
  void begin() {
    arrived = Clock::now();
    deadline = deadline_of(context_, arrived);
    ++under_way_;
    id_.clear();
    if (!loop_.reads_here(bytes_)) {
      status = charge_for(bytes_, came_);
      return status.ok() ? service_.readers().add(*this) : done();
    }
    status = read_question();
    status.ok() ? loop_.serve_soon(*this) : done();
  }
  Status read_question() noexcept {
    try {
      MLE_TRY(read_message(bytes_, loop_.most_message_bytes(), service_.budget(), question_));
      id_ = question_.id();
      MLE_TRY(charge_for(question_, asked_));
      return decode(question_, service_.regions(), *this, scratch_, raw_);
    } catch (const std::bad_alloc&) {
      return Status::out_of_memory();
    }
  }
  void written(bool ok) {
    {
      const std::lock_guard lock(state_.mutex);
      if (ok)
        ask_for_more();
      else
        finish({grpc::StatusCode::CANCELLED, "the caller left"});
    }
    ended_one();
  }
  // Under the lock.
  void finish(const grpc::Status& with) {
    if (finishing_) return;
    finishing_ = true;
    ++under_way_;
    stream_.Finish(with, &finished_);
  }
  void gone() {
    if (context_.IsCancelled()) cancelled.store(true, std::memory_order_relaxed);
    ended_one();
  }
  void ended_one() {
    {
      const std::lock_guard lock(state_.mutex);
      if (--under_way_ > 0) return;
      state_.streams.erase(this);
    }
    Loop& loop = loop_;
    delete this;
    loop.call_ends();
  }

  Loop& loop_;
  Service& service_;
  StreamCalls::State& state_;
  Tag began_, read_, written_, finished_, gone_;
  grpc::ServerContext context_;
  grpc::ServerAsyncReaderWriter<inference::ModelStreamInferResponse, grpc::ByteBuffer> stream_;
  grpc::ByteBuffer bytes_;  // of the question
  inference::ModelInferRequest question_;
  inference::ModelStreamInferResponse answer_;
  Scratch scratch_;
  std::string id_;                      // of the question, which may be gone before the answer
  ByteCharge came_, asked_, answered_;  // what bytes that wait, question and answer take
  TraceParent trace_;
  std::atomic<int> under_way_{1};  // operations that will be told of, and gone
  bool raw_ = false;
  bool reads_ = false, finishing_ = false;
};

StreamCalls::StreamCalls(Inference& service) : state_(std::make_unique<State>(service)) {}
StreamCalls::~StreamCalls() = default;

void StreamCalls::arm(Loop& loop) { StreamCall::arm(loop, *state_); }

void StreamCalls::end() {
  const std::lock_guard lock(state_->mutex);
  state_->ended = true;
  for (StreamCall* stream : state_->streams) stream->end();
}

}  // namespace mle::serve
