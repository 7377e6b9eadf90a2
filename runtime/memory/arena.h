// Arena: one aligned block that holds everything a session will ever use, and the plan of it.
// Promise: one allocation, made once; nothing in it moves.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/options.h>

#include <cstddef>
#include <cstdint>

namespace mle::memory {

// Where the parts of a block will lie: add them all, allocate bytes(), then point.
class ArenaPlan {
 public:
  // Offset of a part of `count` things of `size` bytes. `align` divides Arena::kAlign.
  size_t add(size_t count, size_t size, size_t align) noexcept;
  size_t bytes() const noexcept { return bytes_; }
  bool too_large() const noexcept { return too_large_; }

 private:
  size_t bytes_ = 0;
  bool too_large_ = false;  // a size did not fit size_t
};

class Arena {
 public:
  static constexpr size_t kAlign = 64;

  // Empty when the memory is not to be had.
  Arena(const Allocator& allocator, const ArenaPlan& plan) noexcept;
  Arena(Arena&& other) noexcept;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  Arena& operator=(Arena&&) = delete;
  ~Arena();

  explicit operator bool() const noexcept { return block_ != nullptr; }
  uint64_t bytes() const noexcept { return bytes_; }

  // The part planned at `offset`; not initialised.
  template <class T>
  T* at(size_t offset) const noexcept {
    return reinterpret_cast<T*>(block_ + offset);
  }

 private:
  Allocator allocator_;
  std::byte* block_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace mle::memory
