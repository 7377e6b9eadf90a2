// Random: numbers for rows we make up. Exact arithmetic only, so that they are the same on every
// machine and with every C library. Not for secrets.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace mle::compiler {

class Random {
 public:
  explicit Random(uint64_t seed = 1) : state_(seed) {}

  // SplitMix64 (Steele, Lea, Flood 2014).
  uint64_t bits() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  // From 0 to 1, without 1.
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  // The sum of twelve uniform numbers: mean 0, variance 1, nearly normal.
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum;
  }

 private:
  uint64_t state_;
};

}  // namespace mle::compiler
