// SPDX-License-Identifier: Apache-2.0
#include "tests/serve/count_allocations.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace mle::testing {
namespace {

std::atomic<size_t> count{0};

void* allocate(size_t bytes, size_t align) noexcept {
  count.fetch_add(1, std::memory_order_relaxed);
  const size_t wanted = bytes == 0 ? 1 : bytes;
  return align == 0 ? std::malloc(wanted)
                    : std::aligned_alloc(align, (wanted + align - 1) / align * align);
}

void* allocate_or_throw(size_t bytes, size_t align) {
  if (void* const block = allocate(bytes, align)) return block;
  throw std::bad_alloc();
}

}  // namespace

size_t allocations() noexcept { return count.load(std::memory_order_relaxed); }

}  // namespace mle::testing

using mle::testing::allocate;
using mle::testing::allocate_or_throw;

void* operator new(size_t bytes) { return allocate_or_throw(bytes, 0); }
void* operator new[](size_t bytes) { return allocate_or_throw(bytes, 0); }
void* operator new(size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes, 0); }
void* operator new[](size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes, 0); }
void* operator new(size_t bytes, std::align_val_t align) {
  return allocate_or_throw(bytes, static_cast<size_t>(align));
}
void* operator new[](size_t bytes, std::align_val_t align) {
  return allocate_or_throw(bytes, static_cast<size_t>(align));
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, size_t) noexcept { std::free(block); }
void operator delete[](void* block, size_t) noexcept { std::free(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { std::free(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { std::free(block); }
void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete[](void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete(void* block, size_t, std::align_val_t) noexcept { std::free(block); }
void operator delete[](void* block, size_t, std::align_val_t) noexcept { std::free(block); }
