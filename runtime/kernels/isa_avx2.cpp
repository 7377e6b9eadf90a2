// The table for AVX2 with FMA.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/lanes_xsimd-inl.h"
#include "runtime/kernels/table-inl.h"
#include "runtime/kernels/tables.h"

namespace mle::kernels {
namespace {

struct Avx2 {
  using F = Pair<xsimd::batch<float, xsimd::fma3<xsimd::avx2>>>;
  static constexpr const char* kName = "avx2";
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

constexpr Table kAvx2 = make_table<Avx2>();

}  // namespace mle::kernels
