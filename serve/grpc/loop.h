// Loop: one completion queue and the thread that drains it. What all calls of a front share.
// Promise: what has arrived is drained without waiting, up to kMostEvents, before anything runs;
// what takes long to read is read elsewhere; the queue ends only when no call of it is under way.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/engine/engine.h"
#include "serve/grpc/message.h"
#include "serve/protocol/service.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace mle::serve {

// What a completion queue hands back: whom to tell.
struct Tag {
  void* owner = nullptr;
  void (*tell)(void* owner, bool ok) = nullptr;
};

class Loop {
 public:
  static constexpr size_t kMostEvents = 32;

  Loop(std::unique_ptr<grpc::ServerCompletionQueue> queue, Service& service,
       size_t most_message_bytes)
      : queue_(std::move(queue)), service_(service), most_message_bytes_(most_message_bytes) {}

  void start();
  // The server must be shut down: refuses new calls, lets those under way end, joins the thread.
  void stop();
  // Instead of start() and stop(), where the server did not start.
  void discard();

  grpc::ServerCompletionQueue& queue() noexcept { return *queue_; }
  Service& service() noexcept { return service_; }
  size_t most_message_bytes() const noexcept { return most_message_bytes_; }

  // Asks for another call by `arm`, unless the queue ends: then false.
  template <class Arm>
  bool arm(const Arm& arm_call) {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    arm_call();
    return true;
  }
  // Between the two a call may start operations, from any thread.
  void call_begins() noexcept { under_way_.fetch_add(1, std::memory_order_relaxed); }
  void call_ends() noexcept {
    if (under_way_.fetch_sub(1, std::memory_order_acq_rel) == 1) under_way_.notify_all();
  }
  // This loop's thread only. Whether it reads this message itself; else that is for the service's
  // readers.
  bool reads_here(grpc::ByteBuffer& message) {
    return reading_.take(message.Length(), is_packed(message));
  }
  // To be served once the queue is drained.
  void serve_soon(Request& request) { drained_.push_back(&request); }

 private:
  void run() noexcept;
  // Whether to look for more to run with what is drained. A look where nothing has come is a system
  // call, so not where nothing else is under way: what came in the same instant is heard next.
  bool company_likely() const noexcept {
    return !drained_.empty() &&
           under_way_.load(std::memory_order_relaxed) > static_cast<int64_t>(drained_.size());
  }

  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  Service& service_;
  const size_t most_message_bytes_;
  ReadingShare reading_;
  std::mutex mutex_;
  bool closed_ = false;
  std::atomic<int64_t> under_way_{0};
  std::vector<Request*> drained_;
  Workspace workspace_;
  std::thread thread_;
};

}  // namespace mle::serve
