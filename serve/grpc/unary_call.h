// UnaryCall: one call with one question and one answer, of a kind that is rare: made anew each
// time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/grpc/charge.h"
#include "serve/grpc/loop.h"
#include "serve/grpc/status.h"

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

namespace mle::serve {

// What a handler calls once, on any thread, when the answer is filled in.
using Answered = std::function<void(Status)>;

// Who asks; valid as long as the context is.
Caller caller_of(const grpc::ServerContext& context);

// Requests a call of a RawService: asks(context, bytes, writer, queue, tag).
template <class Calls>
auto asks_for(Calls& calls, const char* method) {
  return [&calls, number = calls.number_of(method)](auto&... with) { calls.ask(number, with...); };
}

// `Asks` requests a call. `Answers` answers it: answers(caller, question, answer, answered).
template <class Question, class Answer, class Asks, class Answers>
class UnaryCall final : public Readers::Task {
 public:
  static void arm(Loop& loop, const Asks& asks, const Answers& answers) {
    auto call = std::unique_ptr<UnaryCall>(new UnaryCall(loop, asks, answers));
    const bool armed = loop.arm([&call, &loop] {
      void* const tag = &call->began_;
      call->asks_(call->context_, call->bytes_, call->writer_, loop.queue(), tag);
    });
    if (armed) call.release();  // owns itself from here on
  }

 private:
  UnaryCall(Loop& loop, const Asks& asks, const Answers& answers)
      : loop_(loop),
        asks_(asks),
        answers_(answers),
        came_(&loop.service().budget()),
        charge_(&loop.service().budget()),
        writer_(&context_) {
    began_ = {this, [](void* self, bool ok) { static_cast<UnaryCall*>(self)->began(ok); }};
    finished_ = {this, [](void* self, bool) { static_cast<UnaryCall*>(self)->finished(); }};
  }
  void began(bool ok) {
    if (!ok) {
      delete this;
      return;
    }
    loop_.call_begins();
    arm(loop_, asks_, answers_);
    if (loop_.reads_here(bytes_)) return read();
    if (const Status status = charge_for(bytes_, came_); status.ok())
      loop_.service().readers().add(*this);
    else
      refuse(status);
  }
  // On the loop's thread or one of the readers.
  void read() noexcept override {
    Status status = read_question();
    came_.clear();
    // What asks about health, or for statistics, is small and never refused.
    if (status.ok() && question_.ByteSizeLong() > kWeighed) status = charge_for(question_, charge_);
    if (!status.ok()) return refuse(status);
    // The call may be over, and gone, before its answering returns.
    const Answers answers = answers_;
    answers(caller_of(context_), question_, answer_, [this](const Status& with) {
      const std::lock_guard lock(finishing_);
      writer_.Finish(answer_, to_grpc(with), &finished_);
    });
  }
  Status read_question() noexcept {
    try {
      return read_message(bytes_, loop_.most_message_bytes(), loop_.service().budget(), question_);
    } catch (const std::bad_alloc&) {
      return Status::out_of_memory();
    }
  }
  void refuse(const Status& status) {
    const std::lock_guard lock(finishing_);
    writer_.FinishWithError(to_grpc(status), &finished_);
  }
  void finished() {
    Loop& loop = loop_;
    finishing_.lock();  // whoever answers on another thread may still be on the way out of Finish
    finishing_.unlock();
    delete this;
    loop.call_ends();
  }

  Loop& loop_;
  const Asks asks_;
  const Answers answers_;
  Tag began_, finished_;
  grpc::ServerContext context_;
  grpc::ByteBuffer bytes_;  // of the question
  Question question_;
  Answer answer_;
  ByteCharge came_, charge_;
  std::mutex finishing_;
  grpc::ServerAsyncResponseWriter<Answer> writer_;
};

template <class Question, class Answer, class Asks, class Answers>
void arm_unary(Loop& loop, const Asks& asks, const Answers& answers) {
  UnaryCall<Question, Answer, Asks, Answers>::arm(loop, asks, answers);
}

}  // namespace mle::serve
