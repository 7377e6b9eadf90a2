// Bump: many small things that live and die together, in a handful of growing blocks.
// Promise: fallible and bounded; what it gives out is never moved and needs no destructor.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/options.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>
#include <type_traits>

namespace mle::memory {

class Bump {
 public:
  // Takes nothing yet. The first block has `first_bytes`, each further one twice the last, and all
  // together never more than `limit_bytes`.
  Bump(const Allocator& allocator, size_t first_bytes, size_t limit_bytes) noexcept
      : allocator_(allocator), next_bytes_(first_bytes), limit_(limit_bytes) {}
  Bump(Bump&& other) noexcept;
  Bump(const Bump&) = delete;
  Bump& operator=(const Bump&) = delete;
  Bump& operator=(Bump&&) = delete;
  ~Bump();

  // `count` value-initialised Ts, or null when memory is gone or the limit is reached.
  template <class T>
  T* make(size_t count) noexcept {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= kAlign);
    if (count > limit_ / sizeof(T)) {
      limit_reached_ = true;
      return nullptr;
    }
    void* at = take(count * sizeof(T), alignof(T));
    if (at == nullptr) return nullptr;
    T* first = static_cast<T*>(at);
    for (size_t i = 0; i < count; ++i) ::new (static_cast<void*>(first + i)) T();
    return first;
  }

  // Room for that many Ts, not made yet, or null. Their destructors are the caller's business.
  template <class T>
  void* take_for(size_t count = 1) noexcept {
    return take(count * sizeof(T), alignof(T));
  }

  // A copy with a zero behind it, or null.
  const char* copy(std::string_view text) noexcept;

  // Of all blocks.
  uint64_t bytes() const noexcept { return taken_; }
  // Whether make() failed because of the limit rather than for want of memory.
  bool limit_reached() const noexcept { return limit_reached_; }

 private:
  struct Block {
    Block* previous;
    size_t bytes;
  };
  static constexpr size_t kAlign = alignof(std::max_align_t);  // which malloc gives for nothing

  void* take(size_t bytes, size_t align) noexcept;
  bool grow(size_t at_least) noexcept;

  Allocator allocator_;
  Block* block_ = nullptr;
  size_t used_ = 0;  // of block_
  size_t next_bytes_;
  size_t limit_;
  uint64_t taken_ = 0;
  bool limit_reached_ = false;
};

}  // namespace mle::memory
