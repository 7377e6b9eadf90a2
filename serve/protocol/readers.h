// Readers: threads that read what takes long: large questions, and packed ones, which may become
// large. Loops stay free meanwhile, so that nobody who asks for health waits behind it.
// Promise: in the order they came; nothing is touched once it was read.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

namespace mle::serve {

class Readers {
 public:
  // Something to read. Whoever adds it keeps it, and bounds how many there are.
  class Task {
   public:
    virtual void read() noexcept = 0;

   protected:
    ~Task() = default;

   private:
    friend class Readers;
    Task* behind_ = nullptr;
  };

  explicit Readers(size_t threads);
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;
  ~Readers();  // reads what was added

  // Any thread.
  void add(Task& task) noexcept;

 private:
  void run() noexcept;

  std::mutex mutex_;
  std::condition_variable added_;
  Task *first_ = nullptr, *last_ = nullptr;
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

// How much a loop reads itself before it looks again at who else asks: what takes a millisecond or
// so, however much has arrived. The rest is for the readers.
class ReadingShare {
 public:
  static constexpr size_t kMost = size_t{128} << 10;
  // Handing it over would take longer, and what is that small is bounded by what a loop takes in.
  static constexpr size_t kSmall = size_t{4} << 10;
  // What is packed becomes a thousand times as much at most.
  static constexpr size_t kSmallPacked = 256;

  void renew() noexcept { left_ = kMost; }
  bool take(size_t bytes, bool packed) noexcept {
    if (packed) return bytes <= kSmallPacked;
    if (bytes <= kSmall) return true;
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }

 private:
  size_t left_ = kMost;
};

}  // namespace mle::serve
