// One block, given back where it was taken.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/memory/arena.h"

#include "format/layout.h"
#include "runtime/memory/allocate.h"

#include <utility>

namespace mle::memory {

size_t ArenaPlan::add(size_t count, size_t size, size_t align) noexcept {
  size_t bytes = 0;
  const size_t at = aligned(bytes_, align);
  if (at < bytes_ || __builtin_mul_overflow(count, size, &bytes) ||
      __builtin_add_overflow(at, bytes, &bytes_)) {
    too_large_ = true;
    return 0;
  }
  return at;
}

Arena::Arena(const Allocator& allocator, const ArenaPlan& plan) noexcept : allocator_(allocator) {
  if (plan.too_large()) return;
  block_ = static_cast<std::byte*>(allocate(allocator, plan.bytes(), kAlign));
  if (block_ != nullptr) bytes_ = plan.bytes();
}

Arena::Arena(Arena&& other) noexcept
    : allocator_(other.allocator_),
      block_(std::exchange(other.block_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)) {}

Arena::~Arena() { release(allocator_, block_, bytes_, kAlign); }

}  // namespace mle::memory
