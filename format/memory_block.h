// One aligned block from the embedder's allocator, or from malloc. Shared by the reader's own copy
// and by the scratch arrays of its checks.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/options.h>

#include "format/layout.h"

#include <cstddef>
#include <cstdlib>

namespace mle::format {

// Null when there is no memory. `align` is a power of two.
inline void* allocate_block(const Allocator& allocator, size_t bytes, size_t align) noexcept {
  if (allocator.allocate != nullptr) return allocator.allocate(allocator.context, bytes, align);
  return std::aligned_alloc(align, round_up(bytes, align));
}

inline void release_block(const Allocator& allocator, void* block, size_t bytes,
                          size_t align) noexcept {
  if (block == nullptr) return;
  if (allocator.allocate != nullptr) {
    allocator.release(allocator.context, block, bytes, align);
  } else {
    std::free(block);
  }
}

}  // namespace mle::format
