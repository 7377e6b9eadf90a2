// The table every x86-64 machine can run. It has no fused multiply-add: see docs/numerics.md.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/lanes_xsimd-inl.h"
#include "runtime/kernels/table-inl.h"
#include "runtime/kernels/tables.h"

namespace mle::kernels {
namespace {

struct Sse2 {
  using F = Pair<Pair<xsimd::batch<float, xsimd::sse2>>>;
  static constexpr const char* kName = "sse2";
  static constexpr bool kFused = false;
  static constexpr size_t kMaxRows = 3;
  static constexpr size_t panels_for(size_t rows) { return rows == 1 ? 2 : 1; }
  static constexpr size_t kMaxPairs = 1;
  static constexpr size_t kMaxLaneRows = 1;
  static constexpr size_t lane_columns(size_t) { return 4; }
};

}  // namespace

constexpr Table kSse2 = make_table<Sse2>();

}  // namespace mle::kernels
