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
  template <class T = float>
  T ordinary() {
    return static_cast<T>(normal_(engine_));
  }
  template <class T = float>
  T odd();
  size_t below(size_t limit) { return static_cast<size_t>(engine_() % limit); }
  template <class T = float>
  std::vector<T> many(size_t count, bool with_odd = false);

 private:
  std::mt19937_64 engine_;
  std::normal_distribution<double> normal_;
};

// A vector that begins at a 64-byte line.
template <class T = float>
class Aligned {
 public:
  explicit Aligned(size_t count);
  T* data() { return data_; }
  const T* data() const { return data_; }
  T& operator[](size_t i) { return data_[i]; }

 private:
  std::vector<T> memory_;
  T* data_;
};

// `bytes` that end where an unreadable page begins, or with `at_start` begin where one ends.
class Guarded {
 public:
  Guarded(size_t bytes, bool at_start);
  ~Guarded();
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  template <class T>
  T* as() const {
    return reinterpret_cast<T*>(data_);
  }

 private:
  char* pages_;
  size_t size_;
  char* data_;
};

// A dense layer: weights as [K][N] and as the kernels want them.
template <class T = float>
struct Layer {
  size_t k, n;
  std::vector<T> plain, bias;
  Aligned<T> packed, packed_bias;
  bool has_bias;
  format::DenseOrder order;

  Layer(Numbers& numbers, size_t k, size_t n, bool odd = false);
  DenseLayer<T> with(Act act = Act::None) const;
  // One output, in the order that format/layout.h words.
  T canonical(const T* x, size_t column) const;
  // 2 (K+4) u (|b| + sum |w x|): how far a table without fused multiply-add may be from it, as long
  // as no product overflows; and a denormal per product, for those that underflow.
  double unfused_bound(const T* x, size_t column) const;
};

// Equal bits, or both NaN.
bool same(float a, float b);
bool same(double a, double b);
// Units in the last place of f32 (f64) between `got` and the true value, beyond an absolute error
// that is allowed anyway.
double ulps(float got, double want, double absolute = 0);
double ulps(double got, long double want);

}  // namespace mle::kernels::test
