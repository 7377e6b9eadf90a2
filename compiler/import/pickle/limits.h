// What the pickle reader accepts at most. Pickles come from strangers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace mle::compiler::pickle {

inline constexpr int kNewestProtocol = 5;
inline constexpr size_t kMaxObjects = 1'000'000;     // some 40 bytes each
inline constexpr size_t kMaxReferences = 4'000'000;  // from one object to another
inline constexpr size_t kMaxMemoGap = 4096;
inline constexpr size_t kMaxLine = 1 << 16;  // of the text opcodes of protocol 0
inline constexpr size_t kMaxArrays = 100'000;
inline constexpr size_t kMaxRank = 32;  // numpy's own limit once
inline constexpr int kMaxNesting = 8;   // pickles within pickles: arrays of objects in joblib files

}  // namespace mle::compiler::pickle
