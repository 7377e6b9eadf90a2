// Workers: the threads of one session beside the caller's.
// Promise: run() takes no memory and no lock; workers that wake too late are not waited for.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mle {

// A resource of one session. Lives in memory that its owner gives, and never moves.
class Workers {
 public:
  // What the threads share out: calls of `run` for neighbouring parts of [0, count).
  struct Job {
    void (*run)(void* context, size_t thread, size_t begin, size_t end) noexcept = nullptr;
    void* context = nullptr;
  };
  // One per worker thread, in the owner's memory.
  struct Thread {
    Workers* workers = nullptr;
    size_t index = 0;
    pthread_t handle = {};
  };

  explicit Workers(std::span<Thread> threads) noexcept : threads_(threads) {}
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers();  // joins what start() started

  // Fails with OutOfMemory when the system gives no more threads.
  Status start() noexcept;

  // Runs the job over [0, count) in parts of at most `part`, on the caller (thread 0) and on the
  // workers that are awake in time (threads 1, 2, …). Returns when all is done. Not from a job.
  void run(const Job& job, size_t count, size_t part) noexcept;

  size_t threads() const noexcept { return started_ + 1; }

 private:
  // gate_: a round's number | how many workers joined it | whether it can still be joined.
  static constexpr uint32_t kOpen = 1;
  static constexpr uint32_t kJoin = 2;
  static constexpr uint32_t kJoinMask = 0x3FE;
  static constexpr uint32_t kRound = 0x400;

  static void* thread_main(void* thread) noexcept;
  bool join_round(uint32_t& last_round) noexcept;
  void take_parts(size_t thread) noexcept;

  const std::span<Thread> threads_;
  size_t started_ = 0;
  std::atomic<bool> stop_ = false;
  Job job_;  // of the round that is open
  size_t count_ = 0;
  size_t part_ = 0;
  alignas(64) std::atomic<uint32_t> gate_ = 0;
  alignas(64) std::atomic<size_t> next_ = 0;    // first one nobody has taken yet
  alignas(64) std::atomic<uint32_t> left_ = 0;  // workers that joined this round and are done
};

}  // namespace mle
