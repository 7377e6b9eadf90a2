// The two makers of a Pool. The only file that knows mimalloc; it never replaces malloc.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/memory/pool.h"

#include "runtime/memory/allocate.h"

#ifdef MLE_MIMALLOC
#include <mimalloc.h>
#endif

namespace mle::memory {

std::optional<Pool> make_malloc_pool() noexcept {
  Allocator allocator;
  allocator.allocate = [](void*, size_t bytes, size_t align) noexcept {
    return allocate(Allocator{}, bytes, align);
  };
  allocator.release = [](void*, void* block, size_t bytes, size_t align) noexcept {
    release(Allocator{}, block, bytes, align);
  };
  return Pool(allocator, nullptr);
}

#ifdef MLE_MIMALLOC

std::optional<Pool> make_mimalloc_pool() noexcept {
  mi_heap_t* heap = mi_heap_new();
  if (heap == nullptr) return std::nullopt;
  Allocator allocator;
  allocator.context = heap;
  allocator.allocate = [](void* context, size_t bytes, size_t align) noexcept {
    return mi_heap_malloc_aligned(static_cast<mi_heap_t*>(context), bytes, align);
  };
  allocator.release = [](void*, void* block, size_t, size_t) noexcept { mi_free(block); };
  // Deleting a heap hands its living blocks to the thread's own heap: they stay valid.
  return Pool(allocator, [](void* context) { mi_heap_delete(static_cast<mi_heap_t*>(context)); });
}

std::optional<Pool> make_pool() noexcept { return make_mimalloc_pool(); }

#else

std::optional<Pool> make_mimalloc_pool() noexcept { return std::nullopt; }

std::optional<Pool> make_pool() noexcept { return make_malloc_pool(); }

#endif

}  // namespace mle::memory
