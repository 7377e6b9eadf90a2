// OutputFile: a file that appears complete or not at all.
// Promise: until commit() succeeds, what was at `path` stays as it was; a file that is not
// committed leaves nothing behind.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace mle::compiler {

// Move-only. Written under a temporary name in the folder of `path`, so that renaming is atomic.
class OutputFile {
 public:
  // `size` zero bytes, mapped for writing; the space is reserved on the disk first, so that a full
  // disk is an error here and not a signal later. Fails with C217.
  static Result<OutputFile> create(const std::string& path, uint64_t size);

  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  std::span<std::byte> bytes() { return {bytes_, size_}; }

  // Brings the bytes to the disk and gives the file its name. Once only.
  Status commit();

 private:
  OutputFile() = default;
  std::string path_, temporary_;  // temporary_ empty: nothing to clean up
  int fd_ = -1;
  std::byte* bytes_ = nullptr;
  uint64_t size_ = 0;
};

}  // namespace mle::compiler
