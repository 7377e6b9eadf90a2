// Weights of a dense layer in fewer bits than it computes in: which layers may have them, and how
// they lie. Every stored number is an f32 number, so the layer is the one with those weights in
// f32.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/header.h"
#include "format/layout.h"

namespace mle::format {

constexpr bool is_stored_dtype(DType dtype) noexcept {
  return dtype == DType::F16 || dtype == DType::BF16 || dtype == DType::I8;
}

// Narrow layers, which add along lanes, are small: theirs stay as they are.
constexpr bool may_be_stored(uint64_t k, uint64_t n) noexcept {
  return dense_order(k, n, DType::F32).layout == Layout::Panel16;
}

// The attribute of a layer that rounds its rows to 8 bits, too, and sums in 32; and the most k
// whose sums fit.
inline constexpr uint32_t kRowsIn8Bits = 1;
inline constexpr uint32_t kMostIn8Bits = 65536;

// Of [K, N] weights of that dtype.
constexpr Layout weights_layout(uint64_t k, uint64_t n, DType dtype) noexcept {
  switch (dtype) {
    case DType::F16: return Layout::Panel16;
    case DType::BF16: return Layout::Panel16K2;
    case DType::I8: return Layout::Panel16K4;
    default: return dense_order(k, n, dtype).layout;
  }
}

// The feature bits that a packed layout of that dtype needs; 0: it does not hold that dtype.
constexpr uint64_t feature_of(Layout layout, DType dtype) noexcept {
  const bool f32_or_f64 = dtype == DType::F32 || dtype == DType::F64;
  switch (layout) {
    case Layout::Plain: return 0;
    case Layout::Panel16:
      return f32_or_f64 ? kFeaturePanel16 : dtype == DType::F16 ? kFeaturePanel16 | kFeatureF16 : 0;
    case Layout::Panel16K2: return dtype == DType::BF16 ? kFeatureBf16 : 0;
    case Layout::Panel16K4: return dtype == DType::I8 ? kFeatureInt8 : 0;
    case Layout::Lanes16: return f32_or_f64 ? kFeatureLanes16 : 0;
  }
  return 0;
}

}  // namespace mle::format
