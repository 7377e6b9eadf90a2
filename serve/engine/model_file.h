// ModelFile: the bytes of a model while it serves. FileMark: which file that was.
// Promise: up to kCopied bytes the file is read, so that whatever happens to it on disk, the server
// does not notice; larger ones are mapped and must be replaced by rename.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace mle::serve {

struct FileMark {
  std::string path;
  uint64_t device = 0, inode = 0, size = 0;
  int64_t modified_ns = 0;
  bool operator==(const FileMark&) const = default;
};

// Fails with NotFound or Io.
Result<FileMark> mark_of(const std::string& path);

class ModelFile {
 public:
  static constexpr uint64_t kCopied = uint64_t{64} << 20;

  static Result<ModelFile> open(const std::string& path);

  ModelFile() noexcept = default;
  ModelFile(ModelFile&& other) noexcept;
  ModelFile& operator=(ModelFile&& other) noexcept;
  ModelFile(const ModelFile&) = delete;
  ModelFile& operator=(const ModelFile&) = delete;
  ~ModelFile();

  std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }

 private:
  std::byte* data_ = nullptr;
  size_t size_ = 0;
  bool mapped_ = false;
};

}  // namespace mle::serve
