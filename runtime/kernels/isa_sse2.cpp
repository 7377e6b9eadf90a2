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
  static constexpr int kSums = 2;  // of 16 lanes, in 16 registers of 4
  static constexpr int kMaxRows = 3;
  static constexpr int kLanesRows = 2;
  static constexpr int panels_for(int rows) { return rows == 1 ? 2 : 1; }
};

}  // namespace

constexpr Table kSse2 = make_table<Sse2>();

}  // namespace mle::kernels
