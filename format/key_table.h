// KeyTable: string keys to their places, in memory that somebody else took.
// Promise: keys that collide cannot make it slow to build; the same keys give the same table.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/checksum.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace mle::format {

class KeyTable {
 public:
  struct Entry {
    uint32_t hash = 0;
    uint32_t place = 0;  // + 1; 0: free
  };

  // Entries that `keys` keys take: at most three of four are in use.
  static constexpr size_t capacity(size_t keys) noexcept {
    return std::bit_ceil(keys + keys / 3 + 1);
  }

  enum class Built : uint8_t {
    Yes,
    TwiceTheSame,  // `twin` is a place whose key an earlier one has
    Crowded,       // under every seed: the keys were made to collide
  };

  // `key_at(place)` gives a key for each place below `keys`; `entries` are capacity(keys), zeroed.
  template <class KeyAt>
  Built build(std::span<Entry> entries, size_t keys, KeyAt&& key_at, size_t* twin) noexcept {
    entries_ = entries.data();
    mask_ = entries.size() - 1;
    for (seed_ = 0; seed_ < kSeeds; ++seed_) {
      size_t probes_left = kProbesPerKey * keys + kSpareProbes;
      size_t place = 0;
      for (; place < keys; ++place) {
        const std::string_view key = key_at(place);
        const uint32_t hash = hash_of(key);
        size_t at = hash & mask_;
        for (; entries_[at].place != 0 && probes_left > 0; at = (at + 1) & mask_, --probes_left) {
          if (entries_[at].hash != hash || key_at(entries_[at].place - 1) != key) continue;
          *twin = place;
          return Built::TwiceTheSame;
        }
        if (probes_left == 0) break;
        entries_[at] = {hash, static_cast<uint32_t>(place + 1)};
      }
      if (place == keys) return Built::Yes;
      std::memset(static_cast<void*>(entries_), 0, entries.size_bytes());
    }
    return Built::Crowded;
  }

  static constexpr size_t kNowhere = ~size_t{0};

  // The place of a key, or kNowhere.
  template <class KeyAt>
  size_t find(std::string_view key, KeyAt&& key_at) const noexcept {
    const uint32_t hash = hash_of(key);
    for (size_t at = hash & mask_; entries_[at].place != 0; at = (at + 1) & mask_) {
      if (entries_[at].hash != hash) continue;
      const size_t place = entries_[at].place - 1;
      if (key_at(place) == key) return place;
    }
    return kNowhere;
  }

 private:
  static constexpr uint64_t kSeeds = 8;
  static constexpr size_t kProbesPerKey = 8;
  static constexpr size_t kSpareProbes = 64;

  uint32_t hash_of(std::string_view key) const noexcept {
    return static_cast<uint32_t>(xxh3(std::as_bytes(std::span(key)), seed_) >> 32);
  }

  Entry* entries_ = nullptr;
  size_t mask_ = 0;
  uint64_t seed_ = 0;
};

}  // namespace mle::format
