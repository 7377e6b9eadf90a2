// The fixed parts of a .mle file: the 128-byte header and the 96-byte directory entries.
// Little-endian, no padding; what each field must hold is checked by FileView (V01 … V18).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

namespace mle::format {

static_assert(std::endian::native == std::endian::little, "mle needs a little-endian machine");
static_assert(sizeof(void*) == 8, "mle needs a 64-bit machine");

// 0x89 catches 7-bit transfer, the line ends catch text-mode transfer.
inline constexpr uint8_t kMagic[8] = {0x89, 'M', 'L', 'E', 0x0D, 0x0A, 0x1A, 0x0A};

struct Header {
  uint8_t magic[8];
  uint16_t format_major;
  uint16_t format_minor;
  uint32_t header_size;  // 128
  uint64_t file_size;
  uint64_t required_features;  // a bit unknown here: refuse
  uint64_t optional_features;  // a bit unknown here: ignore
  uint64_t program_offset;
  uint64_t program_size;
  uint64_t program_xxh3;
  uint32_t segment_count;
  uint32_t segment_entry_size;  // 96
  uint8_t program_sha256[32];   // zero: absent
  uint8_t reserved[16];         // zero
  uint64_t header_xxh3;         // of bytes 0..119, then the directory
};
static_assert(sizeof(Header) == 128);

struct SegmentEntry {
  uint32_t kind;
  uint32_t flags;  // 0
  uint64_t offset;
  uint64_t size;
  uint64_t xxh3;
  uint32_t align;  // power of two, 64 … 65536
  uint8_t reserved[28];
  uint8_t sha256[32];
};
static_assert(sizeof(SegmentEntry) == 96);

// A kind whose first letter is lower-case may be skipped by a reader that does not know it.
constexpr uint32_t fourcc(char a, char b, char c, char d) noexcept {
  return static_cast<uint32_t>(static_cast<uint8_t>(a)) |
         static_cast<uint32_t>(static_cast<uint8_t>(b)) << 8 |
         static_cast<uint32_t>(static_cast<uint8_t>(c)) << 16 |
         static_cast<uint32_t>(static_cast<uint8_t>(d)) << 24;
}
inline constexpr uint32_t kWeights = fourcc('W', 'G', 'T', 'S');
inline constexpr uint32_t kGolden = fourcc('g', 'o', 'l', 'd');
inline constexpr uint32_t kCard = fourcc('c', 'a', 'r', 'd');       // model card, UTF-8
inline constexpr uint32_t kSourceMap = fourcc('s', 'r', 'c', 'm');  // reserved
inline constexpr uint32_t kSignature = fourcc('s', 'i', 'g', 'n');  // reserved
inline constexpr uint32_t kPrograms = fourcc('x', 'p', 'r', 'g');   // reserved

// Bits of required_features. Set only in files that need them.
inline constexpr uint64_t kFeaturePanel16 = 1u << 0;
inline constexpr uint64_t kFeatureBf16 = 1u << 1;    // weights in bf16
inline constexpr uint64_t kFeatureF16 = 1u << 2;     // weights in f16
inline constexpr uint64_t kFeatureInt8 = 1u << 3;    // weights in i8
inline constexpr uint64_t kFeatureInt4 = 1u << 4;    // reserved
inline constexpr uint64_t kFeatureBundle = 1u << 5;  // reserved
inline constexpr uint64_t kFeatureZstd = 1u << 6;    // reserved
inline constexpr uint64_t kFeatureLanes16 = 1u << 7;
inline constexpr uint64_t kFeatureRowsMix = 1u << 8;   // an answer may depend on all rows of a call
inline constexpr uint64_t kFeatureBf16Rows = 1u << 9;  // layers whose rows are bf16, too
inline constexpr uint64_t kKnownFeatures = kFeaturePanel16 | kFeatureBf16 | kFeatureF16 |
                                           kFeatureInt8 | kFeatureLanes16 | kFeatureRowsMix |
                                           kFeatureBf16Rows;

// In golden rows a string is its index in the program's pool, a missing one this.
inline constexpr uint32_t kMissingString = ~uint32_t{0};

}  // namespace mle::format
