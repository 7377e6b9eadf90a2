// XXH3-64: the sum of every region of a file. Guards against accident, not against intent.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/header.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace mle::format {

uint64_t xxh3(std::span<const std::byte> bytes) noexcept;
uint64_t xxh3(std::span<const std::byte> bytes, uint64_t seed) noexcept;

// What header.header_xxh3 must hold: of the header up to that field, then of the directory
// (as far as a directory goes: kMaxSegments).
uint64_t header_sum(const Header& header, std::span<const std::byte> directory) noexcept;

}  // namespace mle::format
