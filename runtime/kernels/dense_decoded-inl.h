// Weights in fewer bits for many rows: a part of them is decoded into f32 panels on the stack,
// which the blocks of f32 then read for all rows.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/stored_block-inl.h"

namespace mle::kernels {
namespace {

// From so many rows on the blocks of f32 go on from where a part of k has left them.
template <class P>
inline constexpr size_t kDecodedRows = (P::kMaxRows + 1) / 2;

// f32 panels of a part of the weights: at most kDecoded k of kVectorsPart panels.
inline constexpr size_t kDecoded = 128;
inline constexpr size_t kDecodedFloats = kVectorsPart * kDecoded * format::kLanes;

// A part of the output's columns and of k.
struct StoredPart {
  size_t panel, panels, k, k_count;  // k: a multiple of every kGroup
};

using DecodeFunction = void (*)(const StoredLayer&, const StoredPart&, float*);

// How weights are decoded, and how many bytes of a panel one k takes.
struct Decoding {
  DecodeFunction decode;
  size_t k_bytes, panel_bytes;
};

// The stored weights of the next part, asked for while this one is computed with: decoding does
// nothing but read, and would wait for a memory that has rested all the while.
class ComingWeights {
 public:
  ComingWeights(const StoredLayer& layer, const StoredPart& part, const Decoding& decoding,
                size_t blocks)
      : next_(layer.stored + part.panel * decoding.panel_bytes + part.k * decoding.k_bytes),
        panel_bytes_(decoding.panel_bytes),
        bytes_(part.k_count * decoding.k_bytes),
        panels_(part.panels),
        each_(panels_ * bytes_ / kLine / blocks + 1) {}

  // The share of one block.
  MLE_INLINE void ask() {
    for (size_t i = 0; i < each_ && panels_ > 0; ++i) {
      __builtin_prefetch(next_ + at_, 0, 2);
      at_ += kLine;
      if (at_ < bytes_) continue;
      at_ = 0;
      next_ += panel_bytes_;
      --panels_;
    }
  }

 private:
  static constexpr size_t kLine = 64;
  const std::byte* next_;
  size_t panel_bytes_, bytes_, panels_, each_, at_ = 0;
};

template <class P, class S>
void decode_part(const StoredLayer& layer, const StoredPart& part, float* decoded) {
  using F = typename P::F;
  const size_t panel_bytes = lines_of<S>(layer.k) * S::kLineBytes;
  for (size_t p = 0; p < part.panels; ++p) {
    const std::byte* line =
        layer.stored + (part.panel + p) * panel_bytes + part.k / S::kGroup * S::kLineBytes;
    float* to = decoded + p * part.k_count * format::kLanes;
    size_t k = 0;
    for (; k + S::kGroup <= part.k_count; k += S::kGroup, line += S::kLineBytes) {
      [&]<size_t... c>(std::index_sequence<c...>) __attribute__((always_inline)) {
        (store_lanes(to + (k + c) * format::kLanes, S::template decode<F, c>(line)), ...);
      }
      (std::make_index_sequence<S::kGroup>());
    }
    [&]<size_t... c>(std::index_sequence<c...>) __attribute__((always_inline)) {
      ((k + c < part.k_count
            ? store_lanes(to + (k + c) * format::kLanes, S::template decode<F, c>(line))
            : void()),
       ...);
    }
    (std::make_index_sequence<S::kGroup - 1>());
  }
}

template <class P>
MLE_INLINE void run_decoded_block(const StoredLayer& layer, const DenseRows<float>& io,
                                  const StoredPart& part, const float* decoded, const Extent& at) {
  const size_t column = (part.panel + at.vector) * format::kLanes;
  const size_t left = layer.n - column, wide = at.vectors * format::kLanes;
  const PanelBlock<float> block{.x = io.x + at.row * io.x_stride + part.k,
                                .x_stride = io.x_stride,
                                .y = io.y + at.row * io.y_stride + column,
                                .y_stride = io.y_stride,
                                .w = decoded + at.vector * part.k_count * format::kLanes,
                                .part = 0,
                                .panel_elements = part.k_count * format::kLanes,
                                .b = layer.b == nullptr ? kNoBias<P> : layer.b + column,
                                .k = part.k_count,
                                .columns = left < wide ? left : wide,
                                .resume = part.k != 0,
                                .relu = layer.act == Act::Relu && part.k + part.k_count == layer.k};
  kDenseBlocks<P>.panel[at.rows - 1][at.vectors - 1][layer.order.chains - 1](block);
}

// All blocks of a part, for some rows.
template <class P>
MLE_INLINE void run_decoded_part(const StoredLayer& layer, const DenseRows<float>& io,
                                 const StoredPart& part, const float* decoded, size_t row,
                                 size_t rows, ComingWeights& coming) {
  const Parts row_parts(rows, block_rows<P>(layer.order.chains, part.panels));
  for (size_t i = 0; i < row_parts.count; ++i) {
    const size_t count = row_parts.size(i);
    const Parts vector_parts(part.panels, block_vectors<P>(layer.order.chains, count));
    for (size_t v = 0; v < vector_parts.count; ++v) {
      coming.ask();
      run_decoded_block<P>(
          layer, io, part, decoded,
          {row + row_parts.begin(i), count, vector_parts.begin(v), vector_parts.size(v), 0, 0});
    }
  }
}

// Decoding into panels, for at least kDecodedRows rows: every part serves up to kRowsPart of them.
template <class P>
[[gnu::noinline]] void decoded_rows(const StoredLayer& layer, const DenseRows<float>& io,
                                    const Decoding& decoding, size_t panels) {
  alignas(64) float decoded[kDecodedFloats];
  // Two chains cannot be cut: fewer panels then.
  const size_t cut = layer.order.chains == 1 ? kDecoded : layer.k;
  const size_t most_panels = kDecodedFloats / format::kLanes / cut;
  const size_t cuts = (layer.k + cut - 1) / cut;
  const Parts row_parts(io.rows, kRowsPart);
  const Parts panel_parts(panels, most_panels < kVectorsPart ? most_panels : kVectorsPart);
  const size_t parts = panel_parts.count * cuts;
  const auto part_at = [&](size_t i) {
    const size_t panel = i / cuts, k = i % cuts * cut;
    return StoredPart{panel_parts.begin(panel), panel_parts.size(panel), k,
                      layer.k - k < cut ? layer.k - k : cut};
  };
  for (size_t i = 0; i < row_parts.count; ++i) {
    const size_t row = row_parts.begin(i), rows = row_parts.size(i);
    for (size_t at = 0; at < parts; ++at) {
      const StoredPart part = part_at(at);
      decoding.decode(layer, part, decoded);
      ComingWeights coming(layer, part_at(at + 1 < parts ? at + 1 : 0), decoding,
                           rows / P::kMaxRows + 1);
      run_decoded_part<P>(layer, io, part, decoded, row, rows, coming);
    }
    activate_rows<P>(layer, io, row, rows);
  }
}

}  // namespace
}  // namespace mle::kernels
