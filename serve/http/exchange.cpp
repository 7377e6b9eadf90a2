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
    if (status.ok())
      write_answer(*this);
    else
      reply.fail(status);
  } catch (const std::bad_alloc&) {
    reply.reset();
    reply.status = 503;
  }
  loop.service().answered(*this, "http", trace);
  replied();
}

void Exchange::replied() noexcept { loop.hear(*this); }

void Exchange::clear() {
  constexpr size_t kKept = size_t{1} << 20;
  Request::reset(kKept);
  if (body.capacity() > kKept) body = {};
  if (unzipped.capacity() > kKept) unzipped = {};
  body.clear();
  unzipped.clear();
  infer.shrink();
  charge.clear();
  trace.clear();
  reply.reset();
  manner = {};
  answer_as = Encoding::None;
  connection = nullptr;
  ready = false;
  behind = told = nullptr;
}

}  // namespace mle::serve
