// Numbers that are the same on every machine: integers, scaled exactly.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace mle::testing {

class RecordedNumbers {
 public:
  explicit RecordedNumbers(uint64_t seed) : engine_(seed) {}

  uint32_t below(uint32_t limit) { return static_cast<uint32_t>(engine_() % limit); }

  // Nearly normal, from -4 to 4, with a deviation of 1.15.
  float ordinary() {
    int64_t sum = 0;
    for (int i = 0; i < 4; ++i) sum += static_cast<int64_t>(engine_() >> 40);
    return static_cast<float>(sum - (int64_t{1} << 25)) / 8388608.0f;
  }
  // What is no ordinary number, or any float at all.
  float odd() {
    using limits = std::numeric_limits<float>;
    switch (below(8)) {
      case 0: return limits::quiet_NaN();
      case 1: return limits::infinity();
      case 2: return -limits::infinity();
      case 3: return -0.0f;
      case 4: return limits::denorm_min() * static_cast<float>(below(1000));
      case 5: return -limits::max();
      default: return std::bit_cast<float>(static_cast<uint32_t>(engine_()));
    }
  }
  // One in `odd_every` is odd; 0: none.
  std::vector<float> many(size_t count, uint32_t odd_every = 0) {
    std::vector<float> values(count);
    for (float& value : values) {
      value = odd_every != 0 && below(odd_every) == 0 ? odd() : ordinary();
    }
    return values;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace mle::testing
