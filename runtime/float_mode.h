// FloatMode: the floating-point control word of this thread while a model runs.
// Promise: round to nearest, nothing traps, and the caller finds its own word again afterwards.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <xmmintrin.h>

#include <cstdint>

namespace mle {

// A resource of one scope. Denormals are flushed to zero only where a step says so: they cost dense
// layers a factor of a hundred, but elementwise steps must not lose them.
class FloatMode {
 public:
  explicit FloatMode(bool flush) noexcept : callers_(_mm_getcsr()), now_(word(flush)) {
    _mm_setcsr(now_);
  }
  FloatMode(const FloatMode&) = delete;
  FloatMode& operator=(const FloatMode&) = delete;
  ~FloatMode() { _mm_setcsr(callers_); }

  void set_flush(bool flush) noexcept {
    if (word(flush) == now_) return;
    now_ = word(flush);
    _mm_setcsr(now_);
  }

 private:
  static constexpr uint32_t kNearestAllMasked = 0x1F80;
  static constexpr uint32_t kFlushToZero = 0x8000;
  static constexpr uint32_t kDenormalsAreZero = 0x0040;
  static constexpr uint32_t word(bool flush) noexcept {
    return flush ? kNearestAllMasked | kFlushToZero | kDenormalsAreZero : kNearestAllMasked;
  }

  uint32_t callers_;
  uint32_t now_;
};

}  // namespace mle
