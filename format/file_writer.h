// FileWriter: a program and its segments in, the bytes of a .mle file out.
// Promise: the same input gives the same bytes, whatever the machine, locale, time or folder.
// For the compiler and for tests; the runtime never links it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "format/mle_generated.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mle::format {

// The program's string pool: each distinct string once, index 0 is "".
class StringPool {
 public:
  StringPool();
  uint32_t add(std::string_view text);
  void store(fb::ProgramT& program) const;  // fills strings_at and strings

 private:
  std::map<std::string, uint32_t, std::less<>> index_;
  std::vector<std::string> strings_;
};

// One part of a segment: `bytes` long, 64-byte aligned, zero-padded to the next 64 bytes.
// `fill` writes exactly bytes.size() bytes and gives the same ones at every call: it is called at
// most once per FileWriter::write, so that weights are packed straight into the output.
struct Blob {
  uint64_t bytes = 0;
  std::function<void(std::span<std::byte>)> fill;
};

// A segment under construction.
class SegmentSpec {
 public:
  explicit SegmentSpec(uint32_t kind) : kind_(kind) {}
  // Returns the offset of the blob inside the segment.
  uint64_t add(Blob blob);
  uint32_t kind() const { return kind_; }
  uint64_t bytes() const { return bytes_; }

 private:
  friend class FileWriter;
  uint32_t kind_;
  uint64_t bytes_ = 0;  // what was added, padding included
  std::vector<std::pair<uint64_t, Blob>> blobs_;
};

class FileWriter {
 public:
  // Lays the file out. `required_features` is set by the caller from what the program uses.
  // Empty segments are left out: they must be last, so that indices stay true.
  static Result<FileWriter> plan(const fb::ProgramT& program, std::vector<SegmentSpec> segments,
                                 uint64_t required_features);

  uint64_t size() const { return size_; }
  // Fills `out`, which has size() bytes and is zero. `after_part` is told how many bytes were
  // filled after every blob.
  Status write(std::span<std::byte> out,
               const std::function<void(uint64_t)>& after_part = nullptr) const;
  // The same but for weights beyond `most` bytes, which stay zero and go unsummed: all that
  // FileView::open() looks at with Verify::Auto, where `most` is at least format::kReadWhole.
  Status write_without_weights(std::span<std::byte> out, uint64_t most) const;

 private:
  Status fill(std::span<std::byte> out, const std::function<void(uint64_t)>& after_part,
              uint64_t most_weights) const;

  std::vector<std::byte> program_;
  std::vector<SegmentSpec> segments_;
  std::vector<uint64_t> offsets_;
  uint64_t required_features_ = 0;
  uint64_t size_ = 0;
};

}  // namespace mle::format
