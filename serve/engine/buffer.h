// Buffer: memory that grows and is kept, for what one request or one thread needs again and again.
// Promise: once it was as large as needed, reserve() allocates nothing; always 64-byte aligned.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace mle::serve {

class Buffer {
 public:
  static constexpr std::align_val_t kAlign{64};

  // At least `bytes` bytes; what was in it is lost when it grows. Throws std::bad_alloc.
  std::byte* reserve(size_t bytes) {
    if (bytes > size_) {
      const size_t grown = bytes + bytes / 2;
      data_.reset();
      size_ = 0;
      data_.reset(static_cast<std::byte*>(::operator new(grown, kAlign)));
      size_ = grown;
    }
    return data_.get();
  }
  // Gives memory back beyond `most` bytes: one huge request must not be remembered for ever.
  void shrink(size_t most) noexcept {
    if (size_ <= most) return;
    data_.reset();
    size_ = 0;
  }
  std::byte* data() const noexcept { return data_.get(); }
  size_t size() const noexcept { return size_; }

 private:
  struct Free {
    void operator()(std::byte* data) const noexcept { ::operator delete(data, kAlign); }
  };
  std::unique_ptr<std::byte, Free> data_;
  size_t size_ = 0;
};

}  // namespace mle::serve
