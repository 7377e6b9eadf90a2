// The table for AVX-512 with the F, BW, DQ and VL groups.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/dot_x86-inl.h"
#include "runtime/kernels/lanes_avx512-inl.h"
#include "runtime/kernels/table-inl.h"
#include "runtime/kernels/tables.h"

namespace mle::kernels {
namespace {

struct Avx512F32 {
  using T = float;
  using F = F32x16;
  using E = F;
  static constexpr bool kSmall = false;
  static constexpr size_t kMaxRows = 8;
  static constexpr size_t vectors_for(size_t rows) { return rows == 1 ? 8 : rows <= 6 ? 4 : 3; }
  static constexpr size_t kMaxPairs = 8;
  static constexpr size_t kMaxLaneRows = 4;
  static constexpr size_t kMaxColumnRows = 16;
  static constexpr size_t lane_columns(size_t rows) {
    return rows == 1 ? 16 : rows == 2 ? 8 : rows == 3 ? 6 : 5;
  }
};

// Fewer blocks than f32 has: they cost size.
struct Avx512F64 {
  using T = double;
  using F = F64x8;
  using E = F;
  static constexpr bool kSmall = false;
  static constexpr size_t kMaxRows = 6;
  static constexpr size_t vectors_for(size_t rows) { return rows == 1 ? 4 : 3; }
  static constexpr size_t kMaxPairs = 4;
  static constexpr size_t kMaxLaneRows = 2;
  static constexpr size_t kMaxColumnRows = 2;
  static constexpr size_t lane_columns(size_t rows) { return rows == 1 ? 4 : 2; }
};

struct Avx512 {
  static constexpr const char* kName = "avx512";
  static constexpr bool kFused = true;
  using F32 = Avx512F32;
  using F64 = Avx512F64;
  using Dot = DotWide;
  using Bf16 = Bf16Decoded<F32::F, 4, 3, 3>;
};

}  // namespace

constexpr Table kAvx512 = make_table<Avx512>();

}  // namespace mle::kernels
