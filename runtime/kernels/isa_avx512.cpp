// The table for AVX-512 with the F, BW, DQ and VL groups.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/lanes_avx512-inl.h"
#include "runtime/kernels/table-inl.h"
#include "runtime/kernels/tables.h"

namespace mle::kernels {
namespace {

struct Avx512 {
  using F = F32x16;
  static constexpr const char* kName = "avx512";
  static constexpr bool kFused = true;
  static constexpr int kSums = 24;  // of the 32 registers
  static constexpr int kMaxRows = 14;
  static constexpr int kLanesRows = 4;
  static constexpr int panels_for(int rows) {
    return rows == 1 ? 8 : rows <= 6 ? 4 : rows <= 8 ? 3 : 2;
  }
};

}  // namespace

constexpr Table kAvx512 = make_table<Avx512>();

}  // namespace mle::kernels
