// Takes and gives back memory through an embedder's Allocator, or malloc where there is none.
// Promise: never throws; null means there was none.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/options.h>

#include "format/layout.h"

#include <cstddef>
#include <cstdlib>

namespace mle::memory {

// `align` is a power of two, which the compiler cannot know: without a division.
constexpr size_t aligned(size_t at, size_t align) noexcept {
  return (at + align - 1) & ~(align - 1);
}

// `align` is a power of two; `bytes` may be 0.
inline void* allocate(const Allocator& allocator, size_t bytes, size_t align) noexcept {
  if (bytes > SIZE_MAX - align) return nullptr;
  if (allocator.allocate != nullptr) {
    return allocator.allocate(allocator.context, bytes, align);
  }
  return std::aligned_alloc(align, aligned(bytes == 0 ? 1 : bytes, align));
}

// `bytes` and `align` are those of the allocation; a null block is allowed.
inline void release(const Allocator& allocator, void* block, size_t bytes, size_t align) noexcept {
  if (block == nullptr) return;
  if (allocator.release != nullptr) {
    allocator.release(allocator.context, block, bytes, align);
  } else {
    std::free(block);
  }
}

// Both functions or neither.
inline bool is_sound(const Allocator& allocator) noexcept {
  return (allocator.allocate == nullptr) == (allocator.release == nullptr);
}

}  // namespace mle::memory
