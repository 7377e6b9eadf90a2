// The table for AVX2 with FMA.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/dot_x86-inl.h"
#include "runtime/kernels/lanes_xsimd-inl.h"
#include "runtime/kernels/table-inl.h"
#include "runtime/kernels/tables.h"

namespace mle::kernels {
namespace {

using Isa = xsimd::fma3<xsimd::avx2>;

struct Avx2F32 {
  using T = float;
  using F = Pair<xsimd::batch<float, Isa>>;
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
struct Avx2F64 {
  using T = double;
  using F = Pair<xsimd::batch<double, Isa>>;
  using E = xsimd::batch<double, Isa>;
  static constexpr bool kSmall = false;
  static constexpr size_t kMaxRows = 6;
  static constexpr size_t vectors_for(size_t rows) { return rows == 1 ? 3 : 1; }
  static constexpr size_t kMaxPairs = 3;
  static constexpr size_t kMaxLaneRows = 1;
  static constexpr size_t kMaxColumnRows = 1;
  static constexpr size_t lane_columns(size_t) { return 2; }
};

struct Avx2 {
  static constexpr const char* kName = "avx2";
  static constexpr bool kFused = true;
  using F32 = Avx2F32;
  using F64 = Avx2F64;
  using Dot = DotWide;
  using Bf16 = Bf16Decoded<F32::F, 4, 1, 2>;
};

}  // namespace

constexpr Table kAvx2 = make_table<Avx2>();

}  // namespace mle::kernels
