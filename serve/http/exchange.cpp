// SPDX-License-Identifier: Apache-2.0
#include "serve/http/exchange.h"

#include "serve/http/loop.h"

#include <new>

namespace mle::serve {
namespace {

// Below this, packing costs more than it saves.
constexpr size_t kWorthZipping = 1024;

void write_answer(Exchange& exchange) {
  HttpReply& reply = exchange.reply;
  const size_t json = exchange.infer.encode(exchange, reply.body);
  if (exchange.infer.has_bytes()) {
    reply.type = "application/octet-stream";
    reply.header("Inference-Header-Content-Length", std::to_string(json));
  }
  if (exchange.answer_as == Encoding::None || reply.body.size() < kWorthZipping) return;
  std::string packed;
  if (!zip(exchange.answer_as, reply.body, packed)) return;
  reply.body.swap(packed);
  reply.header("Content-Encoding", name_of(exchange.answer_as));
}

}  // namespace

void Exchange::done() noexcept {
  try {
    if (!status.ok()) {
      reply.fail(status);
    } else {
      write_answer(*this);
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
  answer_as = Encoding::None;
  connection = nullptr;
  ready = false;
  behind = told = nullptr;
}

}  // namespace mle::serve
