// SPDX-License-Identifier: Apache-2.0
#include "serve/grpc/loop.h"

#include <grpc/support/time.h>

namespace mle::serve {

void Loop::start() {
  drained_.reserve(kMostEvents);
  thread_ = std::thread([this] { run(); });
}

void Loop::run() noexcept {
  const gpr_timespec at_once = gpr_inf_past(GPR_CLOCK_MONOTONIC);
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) {
    size_t events = 1;
    reading_.renew();
    for (;;) {
      const Tag& told = *static_cast<Tag*>(tag);
      told.tell(told.owner, ok);
      if (events++ == kMostEvents || !company_likely()) break;
      if (queue_->AsyncNext(&tag, &ok, at_once) != grpc::CompletionQueue::GOT_EVENT) break;
    }
    if (drained_.empty()) continue;
    service_.engine().serve(drained_, workspace_);
    drained_.clear();
  }
}

void Loop::discard() {
  queue_->Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) {
  }
}

void Loop::stop() {
  for (int64_t left = under_way_.load(); left > 0; left = under_way_.load()) under_way_.wait(left);
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  queue_->Shutdown();
  if (thread_.joinable()) thread_.join();
}

}  // namespace mle::serve
