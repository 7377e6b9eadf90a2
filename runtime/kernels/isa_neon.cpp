// The table for AArch64, every one of which has NEON with fused multiply-add.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/lanes_neon-inl.h"
#include "runtime/kernels/table-inl.h"
#include "runtime/kernels/tables.h"

namespace mle::kernels {
namespace {

// 32 registers of 4 lanes hold as much as the 16 of 8 that AVX2 has: the same blocks.
struct Neon {
  using F = Pair<Pair<F32x4>>;
  static constexpr const char* kName = "neon";
  static constexpr bool kFused = true;
  static constexpr size_t kMaxRows = 6;
  static constexpr size_t panels_for(size_t rows) {
    return rows == 1 ? 4 : rows == 2 ? 3 : rows == 3 ? 2 : 1;
  }
  static constexpr size_t kMaxPairs = 3;
  static constexpr size_t kMaxLaneRows = 2;
  static constexpr size_t lane_columns(size_t rows) { return rows == 1 ? 6 : 3; }
};

}  // namespace

constexpr Table kNeon = make_table<Neon>();

}  // namespace mle::kernels
