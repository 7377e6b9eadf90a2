// SPDX-License-Identifier: Apache-2.0
#include "format/checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace mle::format {

uint64_t xxh3(std::span<const std::byte> bytes) noexcept {
  return XXH3_64bits(bytes.data(), bytes.size());
}

uint64_t xxh3(std::span<const std::byte> first, std::span<const std::byte> second) noexcept {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  XXH3_64bits_update(&state, first.data(), first.size());
  if (!second.empty()) XXH3_64bits_update(&state, second.data(), second.size());
  return XXH3_64bits_digest(&state);
}

uint64_t header_sum(const Header& header, std::span<const std::byte> directory) noexcept {
  const auto bytes = std::as_bytes(std::span(&header, 1));
  return xxh3(bytes.first(offsetof(Header, header_xxh3)), directory);
}

}  // namespace mle::format
