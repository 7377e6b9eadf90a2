// MappedFile: the bytes of a model, wherever they come from. RAII and nothing else.
// Promise: the bytes stay where they are, 64-byte aligned, until this goes; nobody here reads them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/options.h>
#include <mle/result.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace mle::load {

// A copy of a mapped file's first bytes, enough for most programs: reading them costs less than
// touching the mapping. Empty where the file was read or borrowed.
struct Front {
  alignas(64) std::byte data[4096];
  size_t size = 0;

  std::span<const std::byte> bytes() const noexcept { return {data, size}; }
};

class MappedFile {
 public:
  // A regular file: read where it is small, mapped privately and read-only where it is not; then
  // `front` is filled. Fails with NotFound, Io or OutOfMemory; messages begin with the path.
  static Result<MappedFile> open(const char* path, Populate populate, const Allocator& allocator,
                                 Front& front) noexcept;
  // The caller's bytes, borrowed or copied. Fails with InvalidArgument where they are borrowed and
  // not aligned, and with OutOfMemory.
  static Result<MappedFile> from_memory(std::span<const std::byte> bytes, bool copy,
                                        const Allocator& allocator) noexcept;

  MappedFile(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
  // What was allocated to hold them; 0 where they are mapped or borrowed.
  uint64_t own_bytes() const noexcept { return home_ == Home::Allocated ? block_bytes_ : 0; }

 private:
  enum class Home : uint8_t { Borrowed, Allocated, Mapped };
  MappedFile(std::byte* data, size_t size, Home home, size_t block_bytes,
             const Allocator& allocator) noexcept
      : data_(data), size_(size), home_(home), block_bytes_(block_bytes), allocator_(allocator) {}
  static Result<MappedFile> allocate(size_t size, const Allocator& allocator) noexcept;

  std::byte* data_;
  size_t size_;
  Home home_;
  size_t block_bytes_;
  Allocator allocator_;
};

}  // namespace mle::load
