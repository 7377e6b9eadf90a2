// OutputStream: where results go: standard output, a pipe, or a file that appears only when whole.
// Promise: without commit() nothing is left behind; an existing file is replaced atomically.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mle::tools {

class OutputStream {
 public:
  // "-" is standard output. What exists and is no regular file is written to as it is.
  static Result<OutputStream> open(const std::string& path);

  OutputStream(OutputStream&& other) noexcept;
  OutputStream& operator=(OutputStream&&) = delete;
  ~OutputStream();

  Status write(std::span<const std::byte> bytes);
  Status write(std::string_view text) { return write(std::as_bytes(std::span(text))); }
  uint64_t written() const { return written_; }
  Status flush();
  // Flushes, and gives the file its name.
  Status commit();

  const std::string& path() const { return path_; }

 private:
  OutputStream() = default;
  Status failed(int number) const;

  std::string path_, temporary_;  // temporary_ empty: written in place
  int descriptor_ = -1;
  uint64_t written_ = 0;
  std::string buffer_;
};

}  // namespace mle::tools
