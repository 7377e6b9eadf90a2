// The two loops that nothing can beat, compiled once per register width and chosen at run time.
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/bound.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace mle::peers {
namespace {

// GNU vectors of one machine register each.
template <size_t kBytes>
struct Register {
  typedef float Floats __attribute__((vector_size(kBytes), may_alias));
  typedef uint64_t Bits __attribute__((vector_size(kBytes), may_alias));
};

// kChains independent chains hide the latency of a multiply-add.
template <size_t kBytes, size_t kChains>
[[gnu::always_inline]] inline void fma_loop(float seed) {
  using Floats = typename Register<kBytes>::Floats;
  constexpr double kFlopsPerStep = 2.0 * kChains * kBytes / sizeof(float);
  constexpr auto kSteps = static_cast<size_t>(kFlopsPerCall / kFlopsPerStep);
  Floats chains[kChains];
#pragma GCC unroll 32
  for (Floats& chain : chains) chain = Floats{} + (seed += 1.0f);  // all different, or they are one
  Floats factor = Floats{} + 0.5f;
  for (size_t step = 0; step < kSteps; ++step) {
#pragma GCC unroll 32
    for (Floats& chain : chains) chain = chain * factor + factor;
  }
  Floats all{};
#pragma GCC unroll 32
  for (const Floats& chain : chains) all += chain;
  asm volatile("" ::"m"(all));
}

// Reads `bytes` bytes, a multiple of 64, in kStreams equal parts side by side. What a level of the
// cache gives depends on the pattern by a factor of two and more, so several are tried; steps both
// shorter and longer than 512 bytes were slower.
template <size_t kBytes, size_t kStreams>
[[gnu::always_inline]] inline void read_loop(const std::byte* data, size_t bytes) {
  using Bits = typename Register<kBytes>::Bits;
  constexpr size_t kStep = 512;  // bytes of one stream before the next has its turn
  Bits sums[8];
#pragma GCC unroll 8
  for (Bits& sum : sums) sum = Bits{};
  const size_t part = bytes / kStreams / kStep * kStep;
  for (size_t at = 0; at < part; at += kStep) {
    for (size_t stream = 0; stream < kStreams; ++stream) {
      const auto* from = reinterpret_cast<const Bits*>(data + stream * part + at);
#pragma GCC unroll 32
      for (size_t i = 0; i < kStep / kBytes; ++i) sums[i % 8] ^= from[i];
    }
  }
  for (size_t at = part * kStreams; at < bytes; at += kBytes) {
    sums[0] ^= *reinterpret_cast<const Bits*>(data + at);
  }
  Bits all{};
#pragma GCC unroll 8
  for (const Bits& sum : sums) all ^= sum;
  asm volatile("" ::"m"(all));
}

template <size_t kBytes>
[[gnu::always_inline]] inline void read_in(size_t streams, const std::byte* data, size_t bytes) {
  switch (streams) {
    case 1: return read_loop<kBytes, 1>(data, bytes);
    case 2: return read_loop<kBytes, 2>(data, bytes);
    case 3: return read_loop<kBytes, 3>(data, bytes);
    case 4: return read_loop<kBytes, 4>(data, bytes);
    default: return read_loop<kBytes, 8>(data, bytes);
  }
}

#if defined(__x86_64__)
[[gnu::target("avx512f")]] void fma_512(float seed) { fma_loop<64, 16>(seed); }
[[gnu::target("avx2,fma")]] void fma_256(float seed) { fma_loop<32, 12>(seed); }
[[gnu::target("avx512f")]] void read_512(size_t streams, const std::byte* data, size_t bytes) {
  read_in<64>(streams, data, bytes);
}
[[gnu::target("avx2")]] void read_256(size_t streams, const std::byte* data, size_t bytes) {
  read_in<32>(streams, data, bytes);
}
#endif
void fma_128(float seed) { fma_loop<16, 12>(seed); }
void read_128(size_t streams, const std::byte* data, size_t bytes) {
  read_in<16>(streams, data, bytes);
}

auto widest_fma() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return &fma_512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &fma_256;
#endif
  return &fma_128;
}

auto widest_read() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return &read_512;
  if (__builtin_cpu_supports("avx2")) return &read_256;
#endif
  return &read_128;
}

Status cannot_map(const std::string& path) {
  return error(Code::Io, 0, Status::kNoOffset, "script/bench peers makes it", "%s: %s",
               path.c_str(), std::strerror(errno));
}

std::span<const std::byte> whole_lines(std::span<const std::byte> bytes) {
  return bytes.first(bytes.size() / 64 * 64);
}

}  // namespace

Contestant peak_fma() {
  return {"peak multiply-adds", [fma = widest_fma()](size_t calls) -> Status {
            for (size_t i = 0; i < calls; ++i) fma(static_cast<float>(i));
            return {};
          }};
}

Result<ReadBound> ReadBound::make(const Workload& workload, std::span<const float> inputs) {
  const std::string& path = workload.mle_path;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat facts {};
  if (file < 0 || fstat(file, &facts) != 0) return cannot_map(path);
  ReadBound bound;
  bound.mapped_ = static_cast<size_t>(facts.st_size);
  // As the runtime maps it: what is read repeatedly has been touched before it is timed.
  void* mapping = mmap(nullptr, bound.mapped_, PROT_READ, MAP_PRIVATE, file, 0);
  close(file);
  if (mapping == MAP_FAILED) return cannot_map(path);
  bound.mapping_ = mapping;
  const size_t wanted = std::min(workload.parameters() * sizeof(float), bound.mapped_);
  const size_t from = (bound.mapped_ - wanted) / 64 * 64;
  bound.weights_ = whole_lines({static_cast<const std::byte*>(mapping) + from, wanted});
  bound.inputs_ = whole_lines(std::as_bytes(inputs));
  double best = 0;
  for (const size_t streams : {1, 2, 3, 4, 8}) {
    ReadBound trial;
    trial.weights_ = bound.weights_;
    trial.inputs_ = bound.inputs_;
    trial.streams_ = streams;
    MLE_TRY_ASSIGN(const double time, quick_time(trial.pass()));
    if (best != 0 && time >= best) continue;
    best = time;
    bound.streams_ = streams;
  }
  return bound;
}

ReadBound::ReadBound(ReadBound&& other) noexcept
    : mapping_(std::exchange(other.mapping_, nullptr)),
      mapped_(other.mapped_),
      weights_(other.weights_),
      inputs_(other.inputs_),
      streams_(other.streams_) {}

ReadBound::~ReadBound() {
  if (mapping_ != nullptr) munmap(mapping_, mapped_);
}

Contestant ReadBound::pass() const {
  return {"one pass over the bytes", [this, read = widest_read()](size_t calls) -> Status {
            for (size_t i = 0; i < calls; ++i) {
              next_call();
              read(streams_, weights_.data(), weights_.size());
              read(streams_, inputs_.data(), inputs_.size());
            }
            return {};
          }};
}

}  // namespace mle::peers
