// FileView: untrusted bytes in, proven view out. The trust boundary of the runtime.
// Promise: when open() succeeds, every index, offset, size, shape and order in the program has been
// checked (V01 … V71) and nothing behind this door needs to check it again. Weight bytes have at
// most been summed: they are never used as an index, a size or the target of a branch.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/options.h>
#include <mle/result.h>

#include "format/header.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mle::fb {
struct Program;
struct Model;
struct Tensor;
}  // namespace mle::fb

namespace mle::format {

struct ViewOptions {
  Verify verify = Verify::Auto;
  uint64_t max_program_bytes = 0;  // 0: limits.h
  Allocator allocator = {};
};

// Owns a checked copy of header, directory and program (so that nobody can change them after the
// check); borrows the file's bytes, which must outlive it and be 64-byte aligned. Move-only.
class FileView {
 public:
  // O(program) time and memory, plus one pass over the file where `verify` asks for it. `front` is
  // a copy of the file's first bytes, or empty; it is read instead of them and need not live on.
  static Result<FileView> open(std::span<const std::byte> file, const ViewOptions& options = {},
                               std::span<const std::byte> front = {}) noexcept;

  FileView(FileView&& other) noexcept;
  FileView& operator=(FileView&& other) noexcept;
  FileView(const FileView&) = delete;
  FileView& operator=(const FileView&) = delete;
  ~FileView();

  const Header& header() const noexcept;
  std::span<const SegmentEntry> segments() const noexcept;
  std::span<const std::byte> segment(
      size_t index) const noexcept;  // only index < segments().size()
  // Index of the first segment of that kind, or -1.
  int find_segment(uint32_t kind) const noexcept;

  const fb::Program& program() const noexcept;
  const fb::Model& model() const noexcept { return *model_; }  // the only one
  std::span<const std::byte> program_bytes() const noexcept;   // the checked copy
  // A string of the pool; zero-terminated is not promised. "" for an index beyond the pool, which
  // no part of the program has, but string indices in segment gold may.
  std::string_view string(uint32_t index) const noexcept {
    if (index >= string_count_) return {};
    return {pool_ + starts_[index], starts_[index + 1] - starts_[index]};
  }
  uint32_t string_count() const noexcept { return string_count_; }
  // The bytes of a Constant tensor. Whole 64-byte lines may be read from there.
  std::span<const std::byte> constant(const fb::Tensor& tensor) const noexcept;

  std::span<const std::byte> file() const noexcept { return file_; }
  uint64_t own_bytes() const noexcept { return block_bytes_; }

 private:
  FileView() = default;
  void find_parts() noexcept;

  std::span<const std::byte> file_;
  std::byte* block_ = nullptr;  // header, directory, program: one allocation
  uint64_t block_bytes_ = 0;
  uint64_t program_at_ = 0;  // in block_
  // In the program, found once: every check asks for them.
  const fb::Model* model_ = nullptr;
  const char* pool_ = nullptr;
  const uint32_t* starts_ = nullptr;  // of string_count_ strings, and their end
  uint32_t string_count_ = 0;
  Allocator allocator_;
};

}  // namespace mle::format
