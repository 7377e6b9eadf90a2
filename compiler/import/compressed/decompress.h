// Files that are compressed as a whole, as joblib writes them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mle::compiler {

enum class Compression : uint8_t { None, Zlib, Gzip, Bzip2, Xz, Lzma, Lz4 };

// By the first bytes.
Compression detect_compression(std::span<const std::byte> bytes);
const char* name_of(Compression compression);

// What a file of that size may grow to: far more than weights ever do, far less than a bomb needs.
uint64_t most_decompressed(uint64_t compressed_bytes);

// The content of one compressed stream. Refuses damage, what grows beyond most_decompressed(), and
// Lz4, which needs a library nobody else here needs.
Result<std::vector<std::byte>> decompress(std::span<const std::byte> bytes,
                                          Compression compression);

}  // namespace mle::compiler
