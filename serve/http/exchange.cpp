// SPDX-License-Identifier: Apache-2.0
#include "serve/http/exchange.h"

#include "format/rules.h"
#include "serve/engine/admit.h"
#include "serve/http/loop.h"

#include <new>
#include <utility>

namespace mle::serve {
namespace {

// Below this, packing costs more than it saves.
constexpr size_t kWorthZipping = 1024;
// What is larger goes with the answer, on the thread that made it: the loop has others to see to.
constexpr size_t kLarge = size_t{1} << 20;

}  // namespace

Status Exchange::unpack(size_t most_bytes) {
  const Unzipped outcome = unzip(packed_as, body, most_bytes, unzipped);
  if (outcome == Unzipped::TooLarge)
    return Status::make(Code::OutOfMemory, format::rule::S415_TooLarge, Status::kNoOffset,
                        "the body is larger than this server takes once it is unpacked");
  if (outcome == Unzipped::Damaged)
    return Status::make(Code::InvalidArgument, format::rule::S414_Protocol, Status::kNoOffset,
                        "the body is not packed as Content-Encoding says");
  if (!charge.add(unzipped.size()))
    return Status::make(Code::OutOfMemory, format::rule::S403_Overloaded, Status::kNoOffset,
                        "the server holds as many requests as it may");
  body.swap(unzipped);
  return {};
}

Status Exchange::read_question() {
  if (packed_as != Encoding::None) MLE_TRY(unpack(loop.limits().body));
  return infer.decode(body, json_bytes, *loop.service().engine().catalog(), *this);
}

void Exchange::read() noexcept {
  try {
    status = still_wanted(*this, Clock::now());
    if (status.ok()) status = read_question();
  } catch (const std::bad_alloc&) {
    status = Status::out_of_memory();
  }
  if (!status.ok()) return done();
  loop.service().engine().leave_to_worker(*this);
}

void Exchange::write_answer() {
  const size_t json = infer.encode(*this, reply.body);
  if (infer.has_bytes()) {
    reply.type = "application/octet-stream";
    reply.header("Inference-Header-Content-Length", std::to_string(json));
  }
  if (answer_as == Encoding::None || reply.body.size() < kWorthZipping) return;
  std::string packed;
  if (!zip(answer_as, reply.body, packed)) return;
  reply.body.swap(packed);
  reply.header("Content-Encoding", name_of(answer_as));
}

void Exchange::let_go_of_large() noexcept {
  if (body.capacity() <= kLarge && unzipped.capacity() <= kLarge && space.size() <= kLarge) return;
  body = {};
  unzipped = {};
  infer.shrink(kLarge);
  space.shrink(kLarge);
  charge.clear();
}

void Exchange::done() noexcept {
  try {
    if (!status.ok()) {
      reply.fail(status);
    } else {
      write_answer();
      ByteCharge(&loop.service().budget()).swap(answered);
      if (!answered.add(reply.body.size())) {
        reply.reset();
        reply.fail(503, "the server holds as many answers as it may");
      }
    }
  } catch (const std::bad_alloc&) {
    reply.reset();
    reply.status = 503;
  }
  loop.service().answered(*this, "http", trace);
  let_go_of_large();
  replied();
}

void Exchange::replied() noexcept { loop.hear(*this); }

void Exchange::clear(size_t most_bytes) {
  Request::reset(most_bytes);
  if (body.capacity() > most_bytes) body = {};
  if (unzipped.capacity() > most_bytes) unzipped = {};
  body.clear();
  unzipped.clear();
  infer.shrink(most_bytes);
  charge.clear();
  answered.clear();
  trace.clear();
  reply.reset(most_bytes);
  manner = {};
  json_bytes.reset();
  packed_as = answer_as = Encoding::None;
  connection = nullptr;
  ready = false;
  behind = told = nullptr;
}

}  // namespace mle::serve
