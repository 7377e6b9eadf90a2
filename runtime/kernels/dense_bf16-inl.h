// Dense layers whose rows and weights are bf16, and whose sums are f32. Two neighbouring k of a row
// meet two of a column at a time, in one chain along k, so a row has the same bits in every block,
// call and share of columns. How two products are added is the policy's, and its bits are: only
// tables that decode and use fused multiply-add give the same ones. docs/numerics.md has the rule.
//
// The policy D:
//   Sums            the 16 columns of a panel for one row
//   Weights         what prepare() makes of a line: two neighbouring k of 16 columns
//   Row             what spread() makes of two neighbouring k of a row
//   add(s, x, w)    s plus both products of each column
//   kRows, kPanels  the size of a block, from 2 rows on; kPanelsOfOne what a row alone takes
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/rows-inl.h"
#include "runtime/kernels/signs-inl.h"
#include "runtime/kernels/stored_lines-inl.h"

namespace mle::kernels {
namespace {

// On every instruction set: decoded, and multiplied as f32.
template <class F, size_t kMostRows, size_t kPanelsOfRows, size_t kPanelsOfRow>
struct Bf16Decoded {
  using Sums = F;
  struct Weights {
    F even, odd;
  };
  using Row = Weights;
  static constexpr size_t kRows = kMostRows, kPanels = kPanelsOfRows, kPanelsOfOne = kPanelsOfRow;
  MLE_INLINE static Weights prepare(const std::byte* line) {
    return {StoredBF16::decode<F, 0>(line), StoredBF16::decode<F, 1>(line)};
  }
  MLE_INLINE static Row spread(int32_t two) {
    const auto words = splat<decltype(bits_of(F{}))>(two);
    return {StoredBF16::even<F>(words), StoredBF16::odd<F>(words)};
  }
  MLE_INLINE static Sums add(const Sums& s, const Row& x, const Weights& w) {
    return mul_add(x.odd, w.odd, mul_add(x.even, w.even, s));
  }
};

// A block of rows and panels.
struct Bf16Block {
  const uint16_t* x;
  size_t x_stride;
  const std::byte* w;  // of the first panel
  size_t panel_bytes;
  size_t k;
  float* y;
  size_t y_stride;
  size_t columns;  // of all panels together; the last one may not be full
  const float* b;  // of the first column, or null
  bool relu;
};

template <class D, size_t R, size_t P>
void bf16_block(const Bf16Block& given) {
  using F = typename D::Sums;
  constexpr size_t kLine = StoredBF16::kLineBytes;
  Bf16Block block = given;
  F acc[R][P];
  MLE_UNROLL for (size_t p = 0; p < P; ++p) {
    acc[0][p] = splat<F>(0.0f);
    if (block.b != nullptr) acc[0][p] = load_lanes<F>(block.b + p * format::kLanes);
    MLE_UNROLL for (size_t r = 1; r < R; ++r) acc[r][p] = acc[0][p];
  }
  // The last of an odd number of k, beside zeros: of each row, and of each panel.
  uint16_t last_x[R][2];
  alignas(64) std::byte last_w[P][kLine];
  const bool odd = block.k % 2 != 0;
  for (size_t pairs = block.k / 2;;) {
    for (size_t pair = 0; pair < pairs; ++pair, block.x += 2, block.w += kLine) {
      typename D::Weights weights[P];
      MLE_UNROLL for (size_t p = 0; p < P; ++p) {
        weights[p] = D::prepare(block.w + p * block.panel_bytes);
      }
      MLE_UNROLL for (size_t r = 0; r < R; ++r) {
        int32_t two;
        __builtin_memcpy(&two, block.x + r * block.x_stride, sizeof two);
        const typename D::Row x = D::spread(two);
        MLE_UNROLL for (size_t p = 0; p < P; ++p) acc[r][p] = D::add(acc[r][p], x, weights[p]);
      }
    }
    if (!odd || block.x == last_x[0] + 2) break;
    for (size_t r = 0; r < R; ++r) {
      last_x[r][0] = block.x[r * block.x_stride];
      last_x[r][1] = 0;
    }
    for (size_t p = 0; p < P; ++p) {
      for (size_t i = 0; i < kLine; i += 4) {
        uint32_t two;
        __builtin_memcpy(&two, block.w + p * block.panel_bytes + i, sizeof two);
        two &= 0xFFFF;
        __builtin_memcpy(last_w[p] + i, &two, sizeof two);
      }
    }
    block.x = last_x[0];
    block.x_stride = 2;
    block.w = last_w[0];
    block.panel_bytes = kLine;
    pairs = 1;
  }

  if (block.relu) {
    MLE_UNROLL for (size_t r = 0; r < R; ++r) {
      MLE_UNROLL for (size_t p = 0; p < P; ++p) acc[r][p] = at_least(acc[r][p], 0);
    }
  }
  // A last panel that is not full goes by way of the stack.
  float rest[R * P * format::kLanes];
  const bool full = block.columns == P * format::kLanes;
  const size_t to_stride = full ? block.y_stride : P * format::kLanes;
  float* to = full ? block.y : rest;
  MLE_UNROLL for (size_t r = 0; r < R; ++r, to += to_stride) {
    MLE_UNROLL for (size_t p = 0; p < P; ++p) store_lanes(to + p * format::kLanes, acc[r][p]);
  }
  if (full) return;
  for (size_t r = 0; r < R; ++r) {
    float* y = block.y + r * block.y_stride;
    const float* from = rest + r * P * format::kLanes;
    for (size_t i = 0; i < block.columns; ++i) y[i] = from[i];
  }
}

// Of one row, and of some; each of several panels, and of one.
using Bf16BlockFunction = void (*)(const Bf16Block&);
struct Bf16Size {
  size_t rows, panels;
  Bf16BlockFunction several, single;
};
template <class D, size_t R, size_t P>
inline constexpr Bf16Size kBf16Size = {R, P, bf16_block<D, R, P>, bf16_block<D, R, 1>};

// Rows of that size times some panels. The last block of several panels begins earlier than it
// needs to, so that it is a whole one: what it computes again comes out the same.
[[gnu::noinline]] void bf16_panels(const Bf16Size& size, const Bf16Layer& layer, const Bf16Rows& io,
                                   size_t row, size_t panel, size_t panels) {
  const size_t wide = panels >= size.panels ? size.panels : 1;
  const Bf16BlockFunction run = wide > 1 ? size.several : size.single;
  const size_t panel_bytes = lines_of<StoredBF16>(layer.k) * StoredBF16::kLineBytes;
  const size_t end = panel + panels;
  for (size_t next = panel; next < end; next += wide) {
    const size_t at = next + wide <= end ? next : end - wide;
    const size_t column = at * format::kLanes, left = layer.n - column;
    run({.x = io.x + row * io.x_stride,
         .x_stride = io.x_stride,
         .w = layer.stored + at * panel_bytes,
         .panel_bytes = panel_bytes,
         .k = layer.k,
         .y = io.y + row * io.y_stride + column,
         .y_stride = io.y_stride,
         .columns = left < wide * format::kLanes ? left : wide * format::kLanes,
         .b = layer.b == nullptr ? nullptr : layer.b + column,
         .relu = layer.relu});
  }
}

// Rows of that size, as many as there are: the last ones begin earlier, like panels.
MLE_INLINE void bf16_whole_rows(const Bf16Size& size, const Bf16Layer& layer, const Bf16Rows& io,
                                size_t panel, size_t panels) {
  for (size_t next = 0; next < io.rows; next += size.rows) {
    const size_t row = next + size.rows <= io.rows ? next : io.rows - size.rows;
    bf16_panels(size, layer, io, row, panel, panels);
  }
}

// At least two rows, in blocks; what is left over is half a block where that is enough.
template <class D>
MLE_INLINE void bf16_rows(const Bf16Layer& layer, const Bf16Rows& io, size_t panel, size_t panels) {
  constexpr const Bf16Size& whole = kBf16Size<D, D::kRows, D::kPanels>;
  constexpr const Bf16Size& half = kBf16Size<D, D::kRows / 2, D::kPanels>;
  if constexpr (half.rows > 2) {
    constexpr const Bf16Size& two = kBf16Size<D, 2, D::kPanels>;
    if (io.rows < half.rows) return bf16_whole_rows(two, layer, io, panel, panels);
  }
  if (io.rows < whole.rows) return bf16_whole_rows(half, layer, io, panel, panels);
  const size_t left = io.rows % whole.rows;
  Bf16Rows most = io;
  if (left > 0 && left <= half.rows) {
    most.rows -= left;
    bf16_panels(half, layer, io, io.rows - half.rows, panel, panels);
  }
  bf16_whole_rows(whole, layer, most, panel, panels);
}

template <class D>
void bf16_dense(const Bf16Layer& layer, const Bf16Rows& io) {
  const size_t panels = (layer.n + format::kLanes - 1) / format::kLanes;
  if (io.rows == 1) {
    const Bf16Size& one =
        panels >= D::kPanelsOfOne ? kBf16Size<D, 1, D::kPanelsOfOne> : kBf16Size<D, 1, D::kPanels>;
    bf16_panels(one, layer, io, 0, 0, panels);
  } else {
    // All rows for a few panels, which stay near meanwhile.
    for (size_t panel = 0; panel < panels; panel += D::kPanels) {
      const size_t left = panels - panel;
      bf16_rows<D>(layer, io, panel, left < D::kPanels ? left : D::kPanels);
    }
  }
  if (layer.act != nullptr) {
    layer.act({io.y, io.y_stride, io.y, io.y_stride, io.rows, layer.n, layer.alpha, layer.beta});
  }
}

}  // namespace
}  // namespace mle::kernels
