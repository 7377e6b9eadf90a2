// For kernel developers: how fast the dense kernels are on the layers that mle is judged by, beside
// what this core can do at most. Prints, per table, layer and batch, the best time of many slices.
//   mle_kernels_bench [table] [layer, as 256x128]
// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/support.h"

#include <immintrin.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>

namespace mle::kernels::test {
namespace {

double now_ns() {
  return std::chrono::duration<double, std::nano>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// The least ns per call, over slices of about 100 us.
template <class Call>
double best_ns(const Call& call) {
  const double start = now_ns();
  call();
  const double first = std::max(now_ns() - start, 10.0);
  const int calls = static_cast<int>(std::clamp(1e5 / first, 1.0, 10000.0));
  const int slices = first > 1e6 ? 15 : 300;
  double best = 1e30;
  for (int s = 0; s < slices; ++s) {
    const double begin = now_ns();
    for (int i = 0; i < calls; ++i) call();
    best = std::min(best, (now_ns() - begin) / calls);
  }
  return best;
}

// Fused multiply-adds of independent registers: GFLOP/s.
[[gnu::target("avx512f")]] double peak_gflops() {
  constexpr int kSums = 12;
  constexpr int kSteps = 1000;
  float result = 0;
  const double ns = best_ns([&]() __attribute__((target("avx512f"))) {
    const __m512 half = _mm512_set1_ps(0.5f);
    __m512 a = half, b = half, c = half, d = half, e = half, f = half, g = half, h = half;
    __m512 i = half, j = half, k = half, l = half;
    // In assembly, or the compiler sees that all sums are equal.
    const auto next = [&](__m512 & sum) __attribute__((always_inline, target("avx512f"))) {
      asm("vfmadd213ps %1, %1, %0" : "+v"(sum) : "v"(half));
    };
    for (int step = 0; step < kSteps; ++step) {
      next(a), next(b), next(c), next(d), next(e), next(f);
      next(g), next(h), next(i), next(j), next(k), next(l);
    }
    result += _mm512_cvtss_f32(a + b + c + d + e + f + g + h + i + j + k + l);
  });
  return (result > 0 ? 32.0 : 0.0) * kSums * kSteps / ns;
}

// Reading `bytes` over and over from eight places at once: GB/s.
[[gnu::target("avx512f")]] double read_gbytes(size_t bytes) {
  const size_t part = bytes / 4 / 8 / 16 * 16;
  Aligned<> data(part * 8);
  float result = 0;
  const double ns = best_ns([&]() __attribute__((target("avx512f"))) {
    __m512 sums[8];
    for (auto& sum : sums) sum = _mm512_setzero_ps();
    for (size_t i = 0; i < part; i += 16) {
#pragma GCC unroll 8
      for (size_t p = 0; p < 8; ++p) {
        sums[p] = _mm512_add_ps(sums[p], _mm512_load_ps(data.data() + p * part + i));
      }
    }
    for (auto& sum : sums) result += _mm512_cvtss_f32(sum);
  });
  return (result < 1 ? 4.0 : 0.0) * static_cast<double>(part * 8) / ns;
}

struct Shape {
  size_t k, n;
  const char* model;
};
constexpr Shape kShapes[] = {
    {40, 256, "W1"},    {256, 128, "W1"}, {128, 1, "W1"},   {784, 128, "W2"},   {128, 64, "W2"},
    {64, 10, "W2"},     {100, 1, "W3"},   {30, 2, "W4"},    {1024, 4096, "W5"}, {4096, 4096, "W5"},
    {4096, 1000, "W5"}, {2048, 10, "W6"}, {100, 128, "W7"}, {64, 32, "W7"},     {32, 1, "W7"}};
constexpr size_t kBatches[] = {1, 4, 8, 32, 256};

template <class T>
void measure(const Table& table, const Shape& shape) {
  Numbers numbers(1);
  const Layer<T> layer(numbers, shape.k, shape.n);
  const size_t x_stride = format::row_stride_bytes(shape.k, sizeof(T)) / sizeof(T);
  const size_t y_stride = format::row_stride_bytes(shape.n, sizeof(T)) / sizeof(T);
  std::printf("%-7s f%zu %s %4zux%-4zu", table.isa, 8 * sizeof(T), shape.model, shape.k, shape.n);
  for (const size_t rows : kBatches) {
    const std::vector<T> x = numbers.many<T>(rows * x_stride);
    std::vector<T> y(rows * y_stride);
    const DenseLayer<T> relu = layer.with(Act::Relu);
    const double ns = best_ns([&] {
      table.of<T>().dense(relu, {x.data(), x_stride, y.data(), y_stride, rows});
    });
    const double flops = 2.0 * static_cast<double>(rows * shape.k * shape.n);
    const auto bytes = static_cast<double>(sizeof(T) * shape.k * shape.n);
    std::printf(" | %4zu: %9.0f ns %6.1f GF/s %6.1f GB/s", rows, ns, flops / ns, bytes / ns);
  }
  std::printf("\n");
}

}  // namespace
}  // namespace mle::kernels::test

int main(int count, char** arguments) {
  using namespace mle::kernels::test;
  if (__builtin_cpu_supports("avx512f")) {
    std::printf("512-bit fused multiply-add: %.0f GF/s at most. Reading", peak_gflops());
    for (const size_t kb : {16u, 40u, 128u, 400u, 800u, 4000u, 16000u, 64000u}) {
      std::printf("  %zu KB: %.0f GB/s", kb, read_gbytes(kb * 1000));
    }
    std::printf("\n");
  }
  for (const mle::kernels::Table* table : tables()) {
    if (count > 1 && std::strcmp(arguments[1], table->isa) != 0) continue;
    for (const Shape& shape : kShapes) {
      const std::string name = std::to_string(shape.k) + "x" + std::to_string(shape.n);
      if (count > 2 && name != arguments[2]) continue;
      measure<float>(*table, shape);
      measure<double>(*table, shape);
    }
  }
}
