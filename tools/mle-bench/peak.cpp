// Intrinsics under target attributes: nothing here is inlined into code that runs everywhere, and
// nothing but the loop of the instruction set in use is ever called.
// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-bench/peak.h"

#include "tools/mle-bench/clock.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace mle::tools {

#if defined(__x86_64__)
namespace {

constexpr int kChains = 12;  // more than latency times units on any machine known
constexpr uint64_t kRepeats = 4096;
constexpr double kEach = 20e6;  // nanoseconds for either measurement
constexpr uint64_t kLeastBytes = 4096, kMostBytes = uint64_t{256} << 20;

// For every instruction set: kRepeats rounds of one multiply-add in each of kChains registers, and
// a sum over whole 256-byte blocks. The result keeps the compiler from dropping the work.
#define MLE_PEAK_LOOPS(name, isa, vector, set, zero, load, add, fma)                             \
  __attribute__((target(isa), noinline)) float fma_##name() {                                    \
    const vector x = set(1.0000001f), y = set(1e-9f);                                            \
    vector chain[kChains];                                                                       \
    for (int i = 0; i < kChains; ++i) chain[i] = set(static_cast<float>(i));                     \
    for (uint64_t repeat = 0; repeat < kRepeats; ++repeat) {                                     \
      _Pragma("GCC unroll 12") for (int i = 0; i < kChains; ++i) chain[i] = fma(chain[i], x, y); \
    }                                                                                            \
    vector sum = zero();                                                                         \
    for (int i = 0; i < kChains; ++i) sum = add(sum, chain[i]);                                  \
    return sum[0];                                                                               \
  }                                                                                              \
  __attribute__((target(isa), noinline)) float read_##name(const float* at, uint64_t bytes) {    \
    constexpr int kStep = sizeof(vector) / sizeof(float), kLoads = 256 / sizeof(vector);         \
    vector sums[kLoads];                                                                         \
    for (int i = 0; i < kLoads; ++i) sums[i] = zero();                                           \
    for (uint64_t block = 0; block < bytes / 256; ++block, at += 64) {                           \
      _Pragma("GCC unroll 16") for (int i = 0; i < kLoads; ++i) sums[i] =                        \
          add(sums[i], load(at + i * kStep));                                                    \
    }                                                                                            \
    vector sum = zero();                                                                         \
    for (int i = 0; i < kLoads; ++i) sum = add(sum, sums[i]);                                    \
    return sum[0];                                                                               \
  }

#define MLE_MUL_ADD(a, b, c) _mm_add_ps(_mm_mul_ps(a, b), c)
MLE_PEAK_LOOPS(sse2, "sse2", __m128, _mm_set1_ps, _mm_setzero_ps, _mm_load_ps, _mm_add_ps,
               MLE_MUL_ADD)
MLE_PEAK_LOOPS(avx2, "avx2,fma", __m256, _mm256_set1_ps, _mm256_setzero_ps, _mm256_load_ps,
               _mm256_add_ps, _mm256_fmadd_ps)
MLE_PEAK_LOOPS(avx512, "avx512f", __m512, _mm512_set1_ps, _mm512_setzero_ps, _mm512_load_ps,
               _mm512_add_ps, _mm512_fmadd_ps)
#undef MLE_PEAK_LOOPS

struct Loops {
  std::string_view isa;
  int lanes;
  float (*fma)();
  float (*read)(const float*, uint64_t);
};
constexpr Loops kLoops[] = {{"sse2", 4, fma_sse2, read_sse2},
                            {"avx2", 8, fma_avx2, read_avx2},
                            {"avx512", 16, fma_avx512, read_avx512}};

// Nanoseconds of the fastest call within the time: the one that nothing disturbed.
template <class Work>
double fastest(Work work) {
  volatile float sink = 0;
  double best = 0;
  const uint64_t end = now_ns() + static_cast<uint64_t>(kEach);
  do {
    const uint64_t begin = now_ns();
    sink = work();
    const double elapsed = std::max(static_cast<double>(now_ns() - begin) - clock_cost_ns(), 1.0);
    best = best == 0 ? elapsed : std::min(best, elapsed);
  } while (now_ns() < end);
  (void)sink;
  return best;
}

}  // namespace

std::optional<Peak> measure_peak(std::string_view isa, uint64_t bytes) {
  for (const Loops& loops : kLoops) {
    if (loops.isa != isa) continue;
    const uint64_t size = std::clamp(bytes, kLeastBytes, kMostBytes) / 256 * 256;
    const std::unique_ptr<void, decltype(&std::free)> memory(std::aligned_alloc(256, size),
                                                             &std::free);
    if (memory == nullptr) return {};
    auto* data = static_cast<float*>(memory.get());
    std::fill_n(data, size / sizeof(float), 1.0f);
    // Small buffers are read several times over, so that the clock does not show.
    const uint64_t times = std::max<uint64_t>(1, (uint64_t{1} << 18) / size);
    Peak peak;
    peak.gflops = 2.0 * loops.lanes * kChains * static_cast<double>(kRepeats) / fastest(loops.fma);
    peak.gbytes_per_s = static_cast<double>(times * size) / fastest([&] {
                          float sum = 0;
                          for (uint64_t i = 0; i < times; ++i) sum += loops.read(data, size);
                          return sum;
                        });
    return peak;
  }
  return {};
}

#else

std::optional<Peak> measure_peak(std::string_view, uint64_t) { return {}; }

#endif

}  // namespace mle::tools
