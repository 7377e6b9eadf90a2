// The checks of header and directory, before anything behind an offset is touched: V01 … V18 but
// the sums of segments. Internal to FileView::open.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/options.h>
#include <mle/status.h>

#include "format/header.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace mle::format {

// V01 … V08: fills `header` with a copy of the file's first bytes.
Status check_header(std::span<const std::byte> file, Header& header) noexcept;
// V09 … V16, V18, over copies of header and directory; of the file itself only gaps are read.
Status check_regions(std::span<const std::byte> file, const Header& header,
                     std::span<const SegmentEntry> segments, uint64_t max_program_bytes) noexcept;
// V17 for segments: those that `verify` asks for.
Status check_segment_sums(std::span<const std::byte> file, std::span<const SegmentEntry> segments,
                          Verify verify) noexcept;

}  // namespace mle::format
