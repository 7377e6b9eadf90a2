// The blocks of a Bump form a list from the newest to the oldest.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/memory/bump.h"

#include "runtime/memory/allocate.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace mle::memory {

Bump::Bump(Bump&& other) noexcept
    : allocator_(other.allocator_),
      block_(std::exchange(other.block_, nullptr)),
      used_(other.used_),
      next_bytes_(other.next_bytes_),
      limit_(other.limit_),
      taken_(other.taken_),
      limit_reached_(other.limit_reached_) {}

Bump::~Bump() {
  while (block_ != nullptr) {
    Block* previous = block_->previous;
    release(allocator_, block_, block_->bytes, kAlign);
    block_ = previous;
  }
}

const char* Bump::copy(std::string_view text) noexcept {
  char* to = static_cast<char*>(take(text.size() + 1, 1));
  if (to == nullptr) return nullptr;
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  to[text.size()] = '\0';
  return to;
}

void* Bump::take(size_t bytes, size_t align) noexcept {
  size_t at = aligned(used_, align);
  if (block_ == nullptr || at > block_->bytes || bytes > block_->bytes - at) {
    if (!grow(bytes)) return nullptr;
    at = aligned(used_, align);
  }
  used_ = at + bytes;
  return reinterpret_cast<std::byte*>(block_) + at;
}

bool Bump::grow(size_t at_least) noexcept {
  const size_t left = limit_ > taken_ ? limit_ - taken_ : 0;
  const size_t overhead = sizeof(Block) + kAlign;
  if (left < overhead || at_least > left - overhead) {
    limit_reached_ = true;
    return false;
  }
  const size_t bytes = std::min(std::max(next_bytes_, at_least + overhead), left);
  void* at = allocate(allocator_, bytes, kAlign);
  if (at == nullptr) return false;
  block_ = ::new (at) Block{block_, bytes};
  used_ = sizeof(Block);
  taken_ += bytes;
  next_bytes_ = bytes * 2;
  return true;
}

}  // namespace mle::memory
