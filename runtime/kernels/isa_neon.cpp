// The table for AArch64, every one of which has NEON with fused multiply-add.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/dot_neon-inl.h"
#include "runtime/kernels/lanes_neon-inl.h"
#include "runtime/kernels/table-inl.h"
#include "runtime/kernels/tables.h"

namespace mle::kernels {
namespace {

// 32 registers of 4 lanes hold as much as the 16 of 8 that AVX2 has: the same blocks.
struct NeonF32 {
  using T = float;
  using F = Pair<Pair<F32x4>>;
  using E = F;
  static constexpr bool kSmall = false;
  static constexpr size_t kMaxRows = 6;
  static constexpr size_t vectors_for(size_t rows) {
    return rows == 1 ? 4 : rows == 2 ? 3 : rows == 3 ? 2 : 1;
  }
  static constexpr size_t kMaxPairs = 3;
  static constexpr size_t kMaxLaneRows = 2;
  static constexpr size_t kMaxColumnRows = 4;
  static constexpr size_t lane_columns(size_t rows) { return rows == 1 ? 6 : 3; }
};

// Fewer blocks than f32 has: they cost size.
struct NeonF64 {
  using T = double;
  using F = Pair<Pair<F64x2>>;
  using E = F64x2;
  static constexpr bool kSmall = false;
  static constexpr size_t kMaxRows = 6;
  static constexpr size_t vectors_for(size_t rows) { return rows == 1 ? 3 : 1; }
  static constexpr size_t kMaxPairs = 3;
  static constexpr size_t kMaxLaneRows = 1;
  static constexpr size_t kMaxColumnRows = 1;
  static constexpr size_t lane_columns(size_t) { return 2; }
};

struct Neon {
  static constexpr const char* kName = "neon";
  static constexpr bool kFused = true;
  using F32 = NeonF32;
  using F64 = NeonF64;
  using Dot = DotWide;
  using Bf16 = Bf16Decoded<F32::F, 4, 1, 2>;
};

}  // namespace

constexpr Table kNeon = make_table<Neon>();

}  // namespace mle::kernels
