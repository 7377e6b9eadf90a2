// Pool: where the memory of many sessions comes from. One interface, two makers.
// Promise: what was allocated may be released from any thread, also after the pool is gone.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/options.h>

#include <optional>
#include <utility>

namespace mle::memory {

// A resource, used by the thread that made it.
class Pool {
 public:
  Pool(Pool&& other) noexcept
      : allocator_(other.allocator_), retire_(std::exchange(other.retire_, nullptr)) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  Pool& operator=(Pool&&) = delete;
  ~Pool() {
    if (retire_ != nullptr) retire_(allocator_.context);
  }

  // `allocate` only while the pool lives and on its thread; `release` from anywhere, at any time.
  const Allocator& allocator() const noexcept { return allocator_; }

 private:
  friend std::optional<Pool> make_malloc_pool() noexcept;
  friend std::optional<Pool> make_mimalloc_pool() noexcept;
  Pool(const Allocator& allocator, void (*retire)(void*)) noexcept
      : allocator_(allocator), retire_(retire) {}

  Allocator allocator_;
  void (*retire_)(void* context);
};

// The system's heap. Never empty.
std::optional<Pool> make_malloc_pool() noexcept;
// A mimalloc heap of its own. Empty when memory is gone, or when this build has no mimalloc.
std::optional<Pool> make_mimalloc_pool() noexcept;
// The one this build prefers: mimalloc where it was built in.
std::optional<Pool> make_pool() noexcept;

}  // namespace mle::memory
