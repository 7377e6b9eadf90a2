// A round: the caller opens the gate, workers join through it, all take parts until none is left,
// the caller closes the gate and waits for those who joined.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/workers.h"

#include "format/rules.h"

#include <signal.h>

#include <algorithm>

namespace mle {
namespace {

// Some ten to forty microseconds: longer than the gap between two calls in a busy loop, shorter
// than what anybody would notice as load.
constexpr int kSpins = 1000;

// Tells the processor that this thread waits for another.
void relax() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  asm volatile("isb");  // about as long as a pause on x86; `yield` does nothing on most
#endif
}

// Spins, then parks until `value` is no longer `old`.
uint32_t wait_while(const std::atomic<uint32_t>& value, uint32_t old) noexcept {
  for (int i = 0; i < kSpins; ++i) {
    const uint32_t now = value.load(std::memory_order_acquire);
    if (now != old) return now;
    relax();
  }
  value.wait(old, std::memory_order_acquire);
  return value.load(std::memory_order_acquire);
}

}  // namespace

Status Workers::start() noexcept {
  // The host's signals are none of our business.
  sigset_t all;
  sigset_t callers;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &callers);
  int failure = 0;
  for (; started_ < threads_.size() && failure == 0; ++started_) {
    Thread& thread = threads_[started_];
    thread.workers = this;
    thread.index = started_ + 1;
    failure = pthread_create(&thread.handle, nullptr, &thread_main, &thread);
    if (failure != 0) break;
  }
  pthread_sigmask(SIG_SETMASK, &callers, nullptr);
  if (failure == 0) return {};
  return error(Code::OutOfMemory, format::rule::R121_Threads, Status::kNoOffset,
               "ask for fewer threads", "cannot start worker thread %zu of %zu", started_ + 1,
               threads_.size());
}

Workers::~Workers() {
  stop_.store(true, std::memory_order_relaxed);
  gate_.fetch_add(kRound, std::memory_order_release);
  gate_.notify_all();
  for (size_t i = 0; i < started_; ++i) pthread_join(threads_[i].handle, nullptr);
}

void Workers::run(const Job& job, size_t count, size_t part) noexcept {
  job_ = job;
  count_ = count;
  part_ = part;
  next_.store(0, std::memory_order_relaxed);
  left_.store(0, std::memory_order_relaxed);
  const uint32_t round = (gate_.load(std::memory_order_relaxed) & ~(kRound - 1)) + kRound;
  gate_.store(round | kOpen, std::memory_order_release);
  gate_.notify_all();
  take_parts(0);
  const uint32_t closed = gate_.fetch_and(~kOpen, std::memory_order_acq_rel);
  const uint32_t joined = (closed & kJoinMask) / kJoin;
  for (uint32_t left = left_.load(std::memory_order_acquire); left != joined;) {
    left = wait_while(left_, left);
  }
}

void* Workers::thread_main(void* argument) noexcept {
  const Thread& thread = *static_cast<Thread*>(argument);
  Workers& workers = *thread.workers;
  uint32_t last_round = 0;
  while (workers.join_round(last_round)) {
    workers.take_parts(thread.index);
    workers.left_.fetch_add(1, std::memory_order_release);
    workers.left_.notify_one();
  }
  return nullptr;
}

// Joins the next open round after `last_round`, which becomes that one. False: it is time to stop.
bool Workers::join_round(uint32_t& last_round) noexcept {
  uint32_t gate = gate_.load(std::memory_order_acquire);
  while (true) {
    if (stop_.load(std::memory_order_relaxed)) return false;
    const uint32_t round = gate & ~(kRound - 1);
    if ((gate & kOpen) == 0 || round == last_round) {
      gate = wait_while(gate_, gate);
    } else if (gate_.compare_exchange_weak(gate, gate + kJoin, std::memory_order_acq_rel)) {
      last_round = round;
      return true;
    }
  }
}

void Workers::take_parts(size_t thread) noexcept {
  while (true) {
    const size_t begin = next_.fetch_add(part_, std::memory_order_relaxed);
    if (begin >= count_) return;
    job_.run(job_.context, thread, begin, std::min(begin + part_, count_));
  }
}

}  // namespace mle
