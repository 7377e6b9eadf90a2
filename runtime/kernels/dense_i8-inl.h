// Dense layers in whole numbers: rows are rounded to 8 bits, each in its own range, weights are 8
// bits, sums are exact in 32. So the order of a sum does not matter, and all instruction sets give
// the same bits, those without fused multiply-add, too. docs/numerics.md has the rule.
//
// The policy D says how four products are added to a 32-bit lane:
//   Sums          as many sums as a register holds, kSums of them; from zero()
//   Weights       what prepare() makes of the weights of these columns: 4 neighbouring k of each
//   Row           what spread() makes of 4 neighbouring k of a row
//   dot(s, r, w)  s plus the four products
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/kernels.h"
#include "runtime/kernels/pair-inl.h"

namespace mle::kernels {
namespace {

// x = scale * (q - zero) for each x of the row, nearly.
struct RowCode {
  float scale;
  int32_t zero;
};

// 16 elements of a row, whatever a register holds.
typedef int32_t RowBits [[gnu::vector_size(64)]];
typedef float RowPart [[gnu::vector_size(64)]];
typedef uint8_t RowCodes [[gnu::vector_size(16)]];
inline constexpr size_t kRowPart = 16;

MLE_INLINE int32_t bits_of_float(float x) { return __builtin_bit_cast(int32_t, x); }
// Turns the order of floats into that of integers, and back.
MLE_INLINE int32_t ordered(int32_t bits) { return bits ^ ((bits >> 31) & 0x7FFFFFFF); }
// A denormal is nothing, whatever mode is set.
MLE_INLINE double no_denormal(int32_t bits) {
  return (bits & 0x7FFFFFFF) < 0x00800000 ? 0.0 : double{__builtin_bit_cast(float, bits)};
}

// Added to a float of up to 2^22 and taken off its bits: to the nearest whole number, ties to even.
inline constexpr float kRound = 12582912.0f;  // 1.5 * 2^23
inline constexpr int32_t kRoundBits = 0x4B400000;

// `codes` has room for k, rounded up to 4.
[[gnu::noinline]] RowCode encode_row(const float* x, size_t k, uint8_t* codes) {
  const size_t whole = k / kRowPart * kRowPart, rest = k - whole, padded = (k + 3) & ~size_t{3};
  float last[kRowPart] = {};
  for (size_t i = 0; i < rest; ++i) last[i] = x[whole + i];

  RowBits lowest = {}, highest = {}, largest = {};
  for (size_t i = 0; i <= whole; i += kRowPart) {
    RowBits bits;
    __builtin_memcpy(&bits, i < whole ? x + i : last, sizeof bits);
    const RowBits size = bits & 0x7FFFFFFF, place = bits ^ ((bits >> 31) & 0x7FFFFFFF);
    largest = size > largest ? size : largest;
    lowest = place < lowest ? place : lowest;
    highest = place > highest ? place : highest;
  }
  int32_t least = 0, most = 0, farthest = 0;
  for (size_t i = 0; i < kRowPart; ++i) {
    least = lowest[i] < least ? lowest[i] : least;
    most = highest[i] > most ? highest[i] : most;
    farthest = largest[i] > farthest ? largest[i] : farthest;
  }
  const double low = no_denormal(ordered(least)), high = no_denormal(ordered(most));
  const double range = high - low;
  const bool no_number = farthest >= 0x7F800000;
  if (no_number || range < 0x1p-100) {
    for (size_t i = 0; i < padded; ++i) codes[i] = 0;
    return {no_number ? __builtin_nanf("") : 0.0f, 0};
  }
  const float per_unit = static_cast<float>(255.0 / range);
  const int32_t zero = bits_of_float(static_cast<float>(-low) * per_unit + kRound) - kRoundBits;
  for (size_t i = 0; i <= whole; i += kRowPart) {
    RowPart part;
    __builtin_memcpy(&part, i < whole ? x + i : last, sizeof part);
    const RowPart rounded = part * per_unit + kRound;
    RowBits code = (RowBits)rounded - kRoundBits + zero;
    code = code < 0 ? RowBits{} : code;
    code = code > 255 ? RowBits{} + 255 : code;
    const RowCodes narrow = __builtin_convertvector(code, RowCodes);
    if (i < whole) {
      __builtin_memcpy(codes + i, &narrow, sizeof narrow);
    } else {
      for (size_t at = 0; at < rest; ++at) codes[i + at] = narrow[at];
    }
  }
  for (size_t i = k; i < padded; ++i) codes[i] = 0;
  return {static_cast<float>(range / 255.0), zero};
}

// Of the rows of one block and the panels of one block.
template <class D, size_t R, size_t P>
MLE_INLINE void i8_block(const I8Layer& layer, const DenseRows<float>& io, const uint8_t* codes,
                         const RowCode* rows, size_t row, size_t panel) {
  constexpr size_t kVectors = format::kLanes / D::kSums;  // of a panel
  const size_t lines = (layer.k + 3) / 4, codes_stride = lines * 4;
  const std::byte* w = layer.stored + panel * lines * 64;
  typename D::Sums acc[R][P][kVectors];
  MLE_UNROLL for (size_t r = 0; r < R; ++r) {
    MLE_UNROLL for (size_t p = 0; p < P; ++p) {
      MLE_UNROLL for (size_t v = 0; v < kVectors; ++v) acc[r][p][v] = D::zero();
    }
  }
  for (size_t line = 0; line < lines; ++line) {
    typename D::Weights weights[P][kVectors];
    MLE_UNROLL for (size_t p = 0; p < P; ++p) {
      MLE_UNROLL for (size_t v = 0; v < kVectors; ++v) {
        weights[p][v] = D::prepare(w + (p * lines + line) * 64 + v * D::kSums * 4);
      }
    }
    MLE_UNROLL for (size_t r = 0; r < R; ++r) {
      const typename D::Row x = D::spread(codes + r * codes_stride + line * 4);
      MLE_UNROLL for (size_t p = 0; p < P; ++p) {
        MLE_UNROLL for (size_t v = 0; v < kVectors; ++v) {
          acc[r][p][v] = D::dot(acc[r][p][v], x, weights[p][v]);
        }
      }
    }
  }
  MLE_UNROLL for (size_t r = 0; r < R; ++r) {
    const float scale = rows[r].scale;
    const auto zero = static_cast<uint32_t>(rows[r].zero);
    MLE_UNROLL for (size_t p = 0; p < P; ++p) {
      uint32_t sums[format::kLanes];
      MLE_UNROLL for (size_t v = 0; v < kVectors; ++v) D::store(sums + v * D::kSums, acc[r][p][v]);
      const size_t column = (panel + p) * format::kLanes, left = layer.n - column;
      float* y = io.y + (row + r) * io.y_stride + column;
      const int32_t* of_columns = layer.sums + column;
      const auto answer = [&](size_t i) __attribute__((always_inline)) {
        const uint32_t exact = sums[i] - zero * static_cast<uint32_t>(of_columns[i]);
        return static_cast<float>(static_cast<int32_t>(exact)) * scale;
      };
      if (left >= format::kLanes) {
        for (size_t i = 0; i < format::kLanes; ++i) y[i] = answer(i);
      } else {
        for (size_t i = 0; i < left; ++i) y[i] = answer(i);
      }
    }
  }
}

template <class D, size_t R>
[[gnu::noinline]] void i8_rows(const I8Layer& layer, const DenseRows<float>& io,
                               const uint8_t* codes, const RowCode* rows, size_t row, size_t panel,
                               size_t panels) {
  constexpr size_t kPanels = R == 1 ? D::kPanelsOfOne : D::kPanels;
  const size_t end = panel + panels;
  for (; panel + kPanels <= end; panel += kPanels) {
    i8_block<D, R, kPanels>(layer, io, codes, rows, row, panel);
  }
  if constexpr (kPanels > 4) {
    for (; panel + 4 <= end; panel += 4) i8_block<D, R, 4>(layer, io, codes, rows, row, panel);
  }
  if constexpr (kPanels > 1) {
    for (; panel < end; ++panel) i8_block<D, R, 1>(layer, io, codes, rows, row, panel);
  }
}

// Codes of as many rows as fit; one always does: k is at most 65,536.
inline constexpr size_t kCodes = 65536;
inline constexpr size_t kCodedRows = 64;
inline constexpr size_t kI8PanelsPart = 12;  // read once for all coded rows, and kept near

template <class D>
void i8_dense(const I8Layer& layer, const DenseRows<float>& io) {
  alignas(64) uint8_t codes[kCodes];
  RowCode rows[kCodedRows];
  const size_t stride = (layer.k + 3) & ~size_t{3};
  const size_t panels = (layer.n + format::kLanes - 1) / format::kLanes;
  const size_t fit = kCodes / stride;
  const size_t most = fit < kCodedRows ? fit : kCodedRows;
  for (size_t first = 0; first < io.rows; first += most) {
    const size_t count = io.rows - first < most ? io.rows - first : most;
    for (size_t r = 0; r < count; ++r) {
      rows[r] = encode_row(io.x + (first + r) * io.x_stride, layer.k, codes + r * stride);
    }
    for (size_t panel = 0; panel < panels; panel += kI8PanelsPart) {
      const size_t part = panels - panel < kI8PanelsPart ? panels - panel : kI8PanelsPart;
      size_t r = 0;
      for (; r + D::kRows <= count; r += D::kRows) {
        i8_rows<D, D::kRows>(layer, io, codes + r * stride, rows + r, first + r, panel, part);
      }
      for (; r < count; ++r) {
        i8_rows<D, 1>(layer, io, codes + r * stride, rows + r, first + r, panel, part);
      }
    }
  }
}

}  // namespace
}  // namespace mle::kernels
