// The checks of header and directory, before anything behind an offset is touched: V01 … V18 but
// the sums of segments. Internal to FileView::open.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "format/header.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace mle::format {

// A file's bytes. Those at its front may also lie in a copy, which is then read instead: to look at
// the first byte of a mapped page costs more than to check the whole program.
struct FileBytes {
  std::span<const std::byte> file;
  std::span<const std::byte> front;

  // `size` bytes inside the file.
  const std::byte* at(uint64_t offset, uint64_t size) const noexcept {
    const bool copied = size <= front.size() && offset <= front.size() - size;
    return (copied ? front.data() : file.data()) + offset;
  }
};

// V01 … V08: fills `header` with a copy of the file's first bytes.
Status check_header(const FileBytes& bytes, Header& header) noexcept;
// V09 … V16, V18, over copies of header and directory. Of the file itself gaps are read: all of
// them where the file is summed whole, else those before the first segment.
Status check_regions(const FileBytes& bytes, const Header& header,
                     std::span<const SegmentEntry> segments, uint64_t max_program_bytes,
                     bool whole) noexcept;
// V17 for every segment.
Status check_segment_sums(std::span<const std::byte> file,
                          std::span<const SegmentEntry> segments) noexcept;

}  // namespace mle::format
