// Every limit of the format and its loader. Constants only; printed by mle-inspect --limits.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace mle::format {

inline constexpr uint64_t kMaxProgramBytes = uint64_t{16} << 20;  // LoadOptions can raise it …
inline constexpr uint64_t kMaxProgramBytesCeiling = uint64_t{256} << 20;  // … up to here
inline constexpr uint32_t kMaxSegments = 64;
inline constexpr uint64_t kMaxGap = 65536;  // zero bytes between two regions, exclusive
inline constexpr uint32_t kMaxSegmentAlign = 65536;
inline constexpr uint32_t kMaxRank = 8;
inline constexpr uint64_t kMaxDim = uint64_t{1} << 24;
inline constexpr uint64_t kMaxTensorBytes = uint64_t{1} << 40;
inline constexpr uint64_t kMaxTensors = 65535;  // tensor indices are 16 bits
inline constexpr uint64_t kMaxArenaBytes = uint64_t{256}
                                           << 20;  // tile rows times arena bytes per row
inline constexpr uint32_t kMaxReduceRows = 1024;   // ops over all rows: each may cost another walk
inline constexpr uint64_t kMaxNameBytes = 65535;
inline constexpr uint64_t kVerifierDepth = 8;
inline constexpr uint64_t kWorkPerProgramByte = 8;         // V70: the validator's budget …
inline constexpr uint64_t kWorkBase = 100000;              // … in steps
inline constexpr uint64_t kLoaderBytesPerProgramByte = 3;  // V71: what the loader may allocate …
inline constexpr uint64_t kLoaderBytesBase = uint64_t{1} << 20;  // … beyond the file itself
// Files up to this size are read and, with Verify::Auto, summed whole. Of larger ones, which are
// mapped, only what lies before the first segment is looked at.
inline constexpr uint64_t kReadWhole = 16384;

}  // namespace mle::format
