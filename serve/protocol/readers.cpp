// SPDX-License-Identifier: Apache-2.0
#include "serve/protocol/readers.h"

namespace mle::serve {

Readers::Readers(size_t threads) {
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Readers::~Readers() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  added_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Readers::add(Task& task) noexcept {
  {
    const std::lock_guard lock(mutex_);
    task.behind_ = nullptr;
    (last_ != nullptr ? last_->behind_ : first_) = &task;
    last_ = &task;
  }
  added_.notify_one();
}

void Readers::run() noexcept {
  std::unique_lock lock(mutex_);
  for (;;) {
    added_.wait(lock, [this] { return closed_ || first_ != nullptr; });
    if (first_ == nullptr) return;
    Task& task = *first_;
    first_ = task.behind_;
    if (first_ == nullptr) last_ = nullptr;
    lock.unlock();
    task.read();
    lock.lock();
  }
}

}  // namespace mle::serve
