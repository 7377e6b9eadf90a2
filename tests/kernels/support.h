// What the kernel tests share: odd numbers, packed weights, the canonical order in plain loops,
// memory with a guard page on each side.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/kernels.h"

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace mle::kernels::test {

inline std::span<const Table* const> tables() {
  const Tables all = available_tables();
  return {all.begin, all.count};
}

// Numbers for tests: mostly ordinary, and with `odd` some NaN, infinities, zeros and denormals.
class Numbers {
 public:
  explicit Numbers(uint64_t seed) : engine_(seed) {}
  float ordinary() { return normal_(engine_); }
  float odd();
  size_t below(size_t limit) { return static_cast<size_t>(engine_() % limit); }
  std::vector<float> many(size_t count, bool with_odd = false);

 private:
  std::mt19937_64 engine_;
  std::normal_distribution<float> normal_;
};

// A vector of floats that begins at a 64-byte line.
class Aligned {
 public:
  explicit Aligned(size_t count);
  float* data() { return data_; }
  const float* data() const { return data_; }
  float& operator[](size_t i) { return data_[i]; }

 private:
  std::vector<float> memory_;
  float* data_;
};

// `bytes` that end where an unreadable page begins, or with `at_start` begin where one ends.
class Guarded {
 public:
  Guarded(size_t bytes, bool at_start);
  ~Guarded();
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  float* floats() const { return reinterpret_cast<float*>(data_); }

 private:
  char* pages_;
  size_t size_;
  char* data_;
};

// A dense layer: weights as [K][N] and as the kernels want them.
struct Layer {
  size_t k, n;
  std::vector<float> plain, bias;
  Aligned packed, packed_bias;
  bool has_bias;
  format::DenseOrder order;

  Layer(Numbers& numbers, size_t k, size_t n, bool odd = false);
  DenseArgs args(const float* x, size_t x_stride, float* y, size_t y_stride, size_t rows,
                 Act act = Act::None) const;
  // One output, in the order that format/layout.h words.
  float canonical(const float* x, size_t column) const;
  // 2 (K+4) u (|b| + sum |w x|): how far a table without fused multiply-add may be from it, as long
  // as no product overflows; and a denormal per product, for those that underflow.
  double unfused_bound(const float* x, size_t column) const;
};

// Equal bits, or both NaN.
bool same(float a, float b);
// Units in the last place of f32 between `got` and the true value, beyond an absolute error that is
// allowed anyway.
double ulps(float got, double want, double absolute = 0);

}  // namespace mle::kernels::test
