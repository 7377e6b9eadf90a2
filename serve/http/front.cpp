// SPDX-License-Identifier: Apache-2.0
#include "serve/http/front.h"

#include "format/rules.h"
#include "serve/http/loop.h"
#include "serve/protocol/listener.h"

#include <unistd.h>

#include <utility>
#include <vector>

namespace mle::serve {

struct HttpFront::State {
  Listener listener;
  HttpCounters counters;
  std::unique_ptr<TlsContext> tls;
  std::vector<std::unique_ptr<HttpLoop>> loops;
  bool drained = false;
};

HttpFront::HttpFront(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<HttpFront>> HttpFront::start(const HttpOptions& options, Service& service) {
  auto state = std::make_unique<State>();
  MLE_TRY_ASSIGN(state->listener, Listener::open(options.address, "HTTP"));
  if (!options.tls.empty()) {
    MLE_TRY_ASSIGN(state->tls, TlsContext::make(options.tls));
  }
  HttpLimits limits;
  limits.body = options.most_body_bytes;
  const HttpShare share{
      service,         limits,           options.most_connections, state->listener.socket(),
      state->counters, state->tls.get(), options.metrics_alone};
  for (size_t i = 0; i < options.threads; ++i) {
    state->loops.push_back(std::make_unique<HttpLoop>(share));
    if (!state->loops.back()->good())
      return error(Code::Io, format::rule::S413_Listen, Status::kNoOffset,
                   "raise the limit of open files", "HTTP has no descriptors to wait with");
  }
  for (auto& loop : state->loops) loop->start();
  return std::unique_ptr<HttpFront>(new HttpFront(std::move(state)));
}

const std::string& HttpFront::address() const noexcept { return state_->listener.address(); }

void HttpFront::drain(std::chrono::milliseconds patience) {
  if (std::exchange(state_->drained, true)) return;
  const auto deadline = Clock::now() + patience;
  for (auto& loop : state_->loops) loop->drain(deadline);
  for (auto& loop : state_->loops) loop->join();
}

HttpFront::~HttpFront() { drain(std::chrono::milliseconds(0)); }

}  // namespace mle::serve
