// Spool: bytes that must wait until their number is known; kept in memory, then in a nameless file.
// Promise: memory stays bounded, and nothing is left on disk when the process ends, however it
// ends.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "tools/cli/output_stream.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mle::tools {

class Spool {
 public:
  // `folder` is where the file goes when one is needed.
  explicit Spool(std::string folder) : folder_(std::move(folder)) {}
  Spool(Spool&& other) noexcept;
  Spool& operator=(Spool&&) = delete;
  ~Spool();

  Status append(std::span<const std::byte> bytes);
  uint64_t size() const { return size_; }
  uint32_t crc32() const { return crc_; }
  Status copy_to(OutputStream& out);
  // All of it in one piece, for as long as this lives; nothing is appended after that.
  Result<std::span<const std::byte>> map();

 private:
  Status spill();

  std::string folder_;
  std::vector<std::byte> memory_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
  void* mapping_ = nullptr;
  uint32_t crc_ = 0;
};

}  // namespace mle::tools
