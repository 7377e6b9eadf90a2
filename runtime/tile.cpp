// The figures are measured; see docs/benchmarks.md for the workloads.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/tile.h"

#include "format/layout.h"
#include "format/limits.h"

#include <algorithm>

namespace mle::detail {
namespace {

constexpr uint64_t kCacheBudget = uint64_t{1} << 20;  // of a second-level cache of 1 to 2 MiB
constexpr uint64_t kBlock = 14;                       // rows the widest kernel computes at once
constexpr uint64_t kSmallTile = 8 * kBlock;
constexpr uint64_t kLargeTile = 18 * kBlock;  // weights come from afar: use them for many rows

// Where rows mix, a second tile means that much is computed twice: worse than a cache too small.
constexpr uint64_t kTogether = uint64_t{8} << 20;

// Ten microseconds of a dense layer at fifty operations per nanosecond: about three times what
// waking a spinning worker costs on both sides.
constexpr uint64_t kWorthSharing = 500000;

// Bytes of the two widest rows that steps write and read.
uint64_t two_widest(const ModelState& model) noexcept {
  uint64_t widest = 0;
  uint64_t second = 0;
  for (const TensorFacts& tensor : model.tensors) {
    if (!tensor.per_row) continue;
    if (tensor.row_stride > widest) {
      second = widest;
      widest = tensor.row_stride;
    } else {
      second = std::max(second, tensor.row_stride);
    }
  }
  return std::max<uint64_t>(widest + second, format::kAlignment);
}

uint64_t best_tile(const ModelState& model) noexcept {
  const uint64_t row_bytes = two_widest(model);
  if (model.weight_bytes > kCacheBudget) return kLargeTile;
  const uint64_t left = std::max(kCacheBudget - model.weight_bytes, kCacheBudget / 4);
  const uint64_t fitting = left / row_bytes / kBlock * kBlock;
  return std::clamp(fitting, kBlock, kSmallTile);
}

}  // namespace

size_t choose_tile_rows(const ModelState& model, bool rows_mix, size_t wanted) noexcept {
  if (model.whole) return 1;
  uint64_t row_bytes = model.arena_bytes;
  for (const TensorFacts& tensor : model.tensors) {  // inputs and outputs may go through staging
    const bool staged =
        tensor.place == TensorFacts::Place::Input || tensor.place == TensorFacts::Place::Output;
    if (staged) row_bytes = std::min(row_bytes + tensor.row_stride, format::kMaxArenaBytes);
  }
  const uint64_t most = format::kMaxArenaBytes / std::max<uint64_t>(row_bytes, 1);
  if (wanted == 0) {
    wanted = best_tile(model);
    if (rows_mix) wanted = std::max<uint64_t>(wanted, kTogether / std::max<uint64_t>(row_bytes, 1));
  }
  return std::clamp<uint64_t>(wanted, 1, std::max<uint64_t>(most, 1));
}

size_t choose_part(size_t rows, size_t tile_rows, size_t threads, uint64_t work_per_row) noexcept {
  if (threads < 2 || rows < 2) return rows;
  uint64_t work = 0;
  if (!__builtin_mul_overflow(rows, work_per_row, &work) && work < kWorthSharing) return rows;
  const size_t rounds = (rows - 1) / tile_rows / threads + 1;
  return (rows - 1) / rounds / threads + 1;
}

bool worth_sharing(const steps::Step& step) noexcept {
  return step.shares > 1 && step.bytes_per_call >= kCacheBudget;
}

}  // namespace mle::detail
