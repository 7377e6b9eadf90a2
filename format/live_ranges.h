// A set of time ranges that never overlap, asked whether another one would. The heart of V52: O(log
// n) per question, in one array, where comparing all pairs would let a file buy quadratic time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/validation.h"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace mle::format {

// From before a moment to after another; both are counted in half steps of the op list: op i reads
// at 2i and writes at 2i + 1.
struct LiveRange {
  uint32_t from;
  uint32_t to;
};

// Ranges begin at the write of an op, at most one per op. A tree of maxima over the ops: leaf i
// holds `to` of the range that begins with op i, or 0.
class LiveRanges {
 public:
  Status make(Validation& v, uint32_t ops) noexcept {
    leaves_ = std::bit_ceil(std::max<uint32_t>(ops, 1));
    return tree_.make(v, size_t{2} * leaves_);
  }

  void add(LiveRange range) noexcept { set(range.from / 2, range.to); }
  void remove(LiveRange range) noexcept { set(range.from / 2, 0); }

  // Does any range of the set share a moment with this one?
  bool overlaps(LiveRange range) const noexcept {
    // Those that begin no later than `to`: do any last until `from`?
    return latest_end(range.to == 0 ? 0 : (range.to - 1) / 2) >= range.from;
  }

 private:
  void set(uint32_t op, uint32_t to) noexcept {
    uint32_t node = leaves_ + op;
    tree_[node] = to;
    for (node /= 2; node >= 1; node /= 2) {
      tree_[node] = std::max(tree_[2 * node], tree_[2 * node + 1]);
    }
  }

  // The largest `to` of ranges beginning with ops 0 … last.
  uint32_t latest_end(uint32_t last) const noexcept {
    uint32_t most = 0;
    uint32_t node = leaves_ + std::min(last, leaves_ - 1);
    most = tree_[node];
    for (; node > 1; node /= 2) {
      if (node % 2 == 1) most = std::max(most, tree_[node - 1]);
    }
    return most;
  }

  uint32_t leaves_ = 0;
  Scratch<uint32_t> tree_;
};

}  // namespace mle::format
