// The table every x86-64 machine can run. It has no fused multiply-add: see docs/numerics.md.
// SPDX-License-Identifier: Apache-2.0
#define MLE_ELEMENTARY [[gnu::noinline]]
#define MLE_UNROLL_LANES
#include "runtime/kernels/dot_x86-inl.h"
#include "runtime/kernels/lanes_xsimd-inl.h"
#include "runtime/kernels/table-inl.h"
#include "runtime/kernels/tables.h"

namespace mle::kernels {
namespace {

// Element by element one register at a time, and few blocks: small comes before fast.
struct Sse2F32 {
  using T = float;
  using E = xsimd::batch<float, xsimd::sse2>;
  using F = Pair<Pair<E>>;
  static constexpr bool kSmall = true;
  static constexpr size_t kMaxRows = 3;
  static constexpr size_t vectors_for(size_t rows) { return rows == 1 ? 2 : 1; }
  static constexpr size_t kMaxPairs = 1;
  static constexpr size_t kMaxLaneRows = 1;
  static constexpr size_t kMaxColumnRows = 1;
  static constexpr size_t lane_columns(size_t) { return 1; }
};

struct Sse2F64 {
  using T = double;
  using E = xsimd::batch<double, xsimd::sse2>;
  using F = Pair<Pair<E>>;
  static constexpr bool kSmall = true;
  static constexpr size_t kMaxRows = 2;
  static constexpr size_t vectors_for(size_t) { return 1; }
  static constexpr size_t kMaxPairs = 1;
  static constexpr size_t kMaxLaneRows = 1;
  static constexpr size_t kMaxColumnRows = 1;
  static constexpr size_t lane_columns(size_t) { return 1; }
};

struct Sse2 {
  static constexpr const char* kName = "sse2";
  static constexpr bool kFused = false;
  using F32 = Sse2F32;
  using F64 = Sse2F64;
  using Dot = DotWide;
  using Bf16 = Bf16Decoded<F32::F, 2, 1, 1>;
};

}  // namespace

constexpr Table kSse2 = make_table<Sse2>();

}  // namespace mle::kernels
