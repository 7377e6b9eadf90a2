// FloatMode: the floating-point control word of this thread while a model runs.
// Promise: round to nearest, nothing traps, and the caller finds its own word and flags again
// afterwards.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#ifdef __x86_64__
#include <xmmintrin.h>
#endif

#include <cstdint>

namespace mle {

// The processor's own words. `kNearest`: to nearest even, nothing traps; `kFlush` on top of it:
// denormals count as zero, read or written.
#if defined(__x86_64__)
struct FloatWord {
  static constexpr uint32_t kNearest = 0x1F80;
  static constexpr uint32_t kFlush = 0x8040;

  // MXCSR holds the flags, too.
  static uint64_t get() noexcept { return _mm_getcsr(); }
  static void set(uint64_t word) noexcept { _mm_setcsr(static_cast<uint32_t>(word)); }
  static void set_mode(uint32_t mode) noexcept { _mm_setcsr(mode); }
};
#elif defined(__aarch64__)
struct FloatWord {
  static constexpr uint32_t kNearest = 0;
  static constexpr uint32_t kFlush = 1u << 24;

  // FPCR below, FPSR, which has the flags, above.
  static uint64_t get() noexcept {
    uint64_t modes, flags;
    asm volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(modes), "=r"(flags)::"memory");
    return flags << 32 | (modes & 0xFFFFFFFF);
  }
  static void set(uint64_t word) noexcept {
    set_mode(static_cast<uint32_t>(word));
    asm volatile("msr fpsr, %0" ::"r"(word >> 32) : "memory");
  }
  static void set_mode(uint32_t mode) noexcept {
    asm volatile("msr fpcr, %0" ::"r"(uint64_t{mode}) : "memory");
  }
};
#else
#error "mle runs on x86-64 and AArch64"
#endif

// A resource of one scope. Denormals are flushed to zero only where a step says so: they cost dense
// layers a factor of a hundred, but elementwise steps must not lose them.
class FloatMode {
 public:
  explicit FloatMode(bool flush) noexcept : callers_(FloatWord::get()), now_(mode(flush)) {
    FloatWord::set_mode(now_);
  }
  FloatMode(const FloatMode&) = delete;
  FloatMode& operator=(const FloatMode&) = delete;
  ~FloatMode() { FloatWord::set(callers_); }

  void set_flush(bool flush) noexcept {
    if (mode(flush) == now_) return;
    now_ = mode(flush);
    FloatWord::set_mode(now_);
  }

 private:
  static constexpr uint32_t mode(bool flush) noexcept {
    return flush ? FloatWord::kNearest | FloatWord::kFlush : FloatWord::kNearest;
  }

  uint64_t callers_;
  uint32_t now_;
};

}  // namespace mle
