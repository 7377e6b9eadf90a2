// InputFile: a file of rows, mapped where it is a regular file, streamed where it is a pipe.
// Promise: closed and unmapped with the last copy; every failure names the path.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "tools/cli/csv.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace mle::tools {

class InputFile {
 public:
  // "-" is standard input.
  static Result<InputFile> open(const std::string& path);
  // The same for what must be a regular file: anything else is refused and never waited for.
  static Result<InputFile> open_regular(const std::string& path);

  const std::string& path() const { return path_; }
  bool mapped() const { return mapped_; }
  // All of a mapped file; must not be cut short by others while it is read.
  std::span<const std::byte> bytes() const { return bytes_; }
  // Reads from the start, and keeps the file open.
  CsvReader::Source source() const;

 private:
  static Result<InputFile> open_as(const std::string& path, bool regular);

  std::string path_;
  std::shared_ptr<const void> owner_;
  std::span<const std::byte> bytes_;
  int descriptor_ = -1;
  bool mapped_ = false;
};

// Takes the pages of a mapped file out of this process; who looks again has them read again. Only
// for mappings of files that nobody writes to: pages of other memory would be lost.
void release_pages(std::span<const std::byte> bytes);

// True where both paths lead to one regular file, by whatever links.
bool same_file(const std::string& a, const std::string& b);

// A whole small text file, such as a list of labels; at most `most` bytes.
Result<std::string> read_text_file(const std::string& path, size_t most);

}  // namespace mle::tools
