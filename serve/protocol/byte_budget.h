// ByteBudget: how many bytes of questions and answers a server may hold together, on both fronts.
// Promise: what a charge took it gives back, whatever becomes of its owner.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace mle::serve {

class ByteBudget {
 public:
  explicit ByteBudget(size_t most) : most_(most) {}

  size_t most() const noexcept { return most_; }
  size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

 private:
  friend class ByteCharge;
  bool take(size_t bytes) noexcept {
    const size_t before = used_.fetch_add(bytes, std::memory_order_relaxed);
    if (before <= most_ && bytes <= most_ - before) return true;
    give(bytes);
    return false;
  }
  void give(size_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  const size_t most_;
  std::atomic<size_t> used_{0};
};

class ByteCharge {
 public:
  explicit ByteCharge(ByteBudget* budget = nullptr) noexcept : budget_(budget) {}
  ByteCharge(const ByteCharge&) = delete;
  ByteCharge& operator=(const ByteCharge&) = delete;
  ~ByteCharge() { clear(); }

  // False where the budget does not have that much any more. Without a budget there is no bound.
  bool add(size_t bytes) noexcept {
    if (budget_ == nullptr) return true;
    if (!budget_->take(bytes)) return false;
    bytes_ += bytes;
    return true;
  }
  size_t bytes() const noexcept { return bytes_; }
  void clear() noexcept {
    if (bytes_ > 0) budget_->give(bytes_);
    bytes_ = 0;
  }
  // What `other` took is this one's now. Both charge the same budget.
  void take_over(ByteCharge& other) noexcept { bytes_ += std::exchange(other.bytes_, 0); }
  void swap(ByteCharge& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(bytes_, other.bytes_);
  }

 private:
  ByteBudget* budget_;
  size_t bytes_ = 0;
};

}  // namespace mle::serve
