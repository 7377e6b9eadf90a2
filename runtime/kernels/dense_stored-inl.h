// Dense layers of f32 whose weights are stored in fewer bits: decoded on their way into the same
// sums in the same order, so the answers are those of f32 kernels on the decoded weights.
//
// Few rows: weights are decoded in registers, which is worth it where they come from memory. More
// rows: a part of them is decoded into f32 panels on the stack, which the blocks of f32 then read
// for all rows.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/dense-inl.h"

namespace mle::kernels {
namespace {

// How 16 columns lie: kGroup neighbouring k beside each other, so kGroup * 16 elements in a row;
// and column for column one of them as F.
struct StoredF16 {
  static constexpr size_t kGroup = 1;
  static constexpr size_t kLineBytes = 16 * sizeof(uint16_t);
  template <class F, size_t kPlace>
  MLE_INLINE static F decode(const std::byte* line) {
    return load_halves<F>(reinterpret_cast<const uint16_t*>(line));
  }
};

// Lines of 64 bytes: every column has 32 bits with its next two or four k, the lowest first.
template <class F>
MLE_INLINE auto column_words(const std::byte* line) {
  return bits_of(load_lanes<F>(reinterpret_cast<const float*>(line)));
}
struct StoredBF16 {
  static constexpr size_t kGroup = 2;
  static constexpr size_t kLineBytes = 64;
  template <class F, size_t kPlace>
  MLE_INLINE static F decode(const std::byte* line) {
    const auto words = column_words<F>(line);
    if constexpr (kPlace == 0) {
      return from_bits(shift_left<16>(words));
    } else {
      return from_bits(words & splat<decltype(bits_of(F{}))>(-65536));
    }
  }
};
struct StoredI8 {
  static constexpr size_t kGroup = 4;
  static constexpr size_t kLineBytes = 64;
  template <class F, size_t kPlace>
  MLE_INLINE static F decode(const std::byte* line) {
    const auto words = column_words<F>(line);
    if constexpr (kPlace == 3) {
      return converted(shift_right<24>(words));
    } else {
      return converted(shift_right<24>(shift_left<24 - 8 * kPlace>(words)));
    }
  }
};

template <class S>
MLE_INLINE size_t lines_of(size_t k) {
  return (k + S::kGroup - 1) / S::kGroup;
}

struct StoredBlock {
  const float* x;
  size_t x_stride;
  float* y;
  size_t y_stride;
  const std::byte* w;  // of the first panel
  size_t panel_bytes;
  const float* b;
  size_t k;
  size_t columns;  // of all panels together; the last one may not be full
  bool relu;
};

// R rows times P panels, held in registers while k runs.
template <class F, class S, size_t R, size_t P, size_t kChains>
void stored_block(const StoredBlock& given) {
  static_assert(Count<F>::value == format::kLanes);
  constexpr size_t kSteps = S::kGroup > kChains ? S::kGroup : kChains;  // of one turn
  const StoredBlock block = given;
  F acc[R][P][kChains];
  MLE_UNROLL for (size_t p = 0; p < P; ++p) {
    const F bias = load_lanes<F>(block.b + p * format::kLanes);
    MLE_UNROLL for (size_t r = 0; r < R; ++r) {
      acc[r][p][0] = bias;
      MLE_UNROLL for (size_t c = 1; c < kChains; ++c) acc[r][p][c] = splat<F>(0.0f);
    }
  }
  const std::byte* line = block.w;
  // Step u of a turn that begins at k.
  const auto step = [&]<size_t u>(size_t k) __attribute__((always_inline)) {
    constexpr size_t kChain = u % kChains;
    F weights[P];
    MLE_UNROLL for (size_t p = 0; p < P; ++p) {
      weights[p] = S::template decode<F, u % S::kGroup>(line + p * block.panel_bytes +
                                                        u / S::kGroup * S::kLineBytes);
    }
    MLE_UNROLL for (size_t r = 0; r < R; ++r) {
      const F x = splat<F>(block.x[r * block.x_stride + k + u]);
      MLE_UNROLL for (size_t p = 0; p < P; ++p) {
        acc[r][p][kChain] = mul_add(x, weights[p], acc[r][p][kChain]);
      }
    }
  };
  size_t k = 0;
  for (; k + kSteps <= block.k; k += kSteps) {
    [&]<size_t... u>(std::index_sequence<u...>) __attribute__((always_inline)) {
      (step.template operator()<u>(k), ...);
    }
    (std::make_index_sequence<kSteps>());
    line += kSteps / S::kGroup * S::kLineBytes;
  }
  [&]<size_t... u>(std::index_sequence<u...>) __attribute__((always_inline)) {
    ((k + u < block.k ? step.template operator()<u>(k) : void()), ...);
  }
  (std::make_index_sequence<kSteps - 1>());
  MLE_UNROLL for (size_t r = 0; r < R; ++r) {
    MLE_UNROLL for (size_t p = 0; p < P; ++p) {
      F sum = acc[r][p][0];
      if constexpr (kChains == 2) sum = sum + acc[r][p][1];
      if (block.relu) sum = at_least(sum, 0);
      float* y = block.y + r * block.y_stride + p * format::kLanes;
      if (p + 1 < P || block.columns == P * format::kLanes) {
        store_lanes(y, sum);
      } else {
        store_part(y, sum, block.columns - p * format::kLanes);
      }
    }
  }
}

using StoredBlockFunction = void (*)(const StoredBlock&);

// From so many rows on the blocks of f32 go on from where a part of k has left them.
template <class P>
inline constexpr size_t kDecodedRows = (P::kMaxRows + 1) / 2;

// Functions by rows - 1, panels - 1 and the logarithm of chains; two chains take row by row.
template <class P>
struct StoredBlocks {
  static constexpr size_t kRows = kDecodedRows<P> > 1 ? kDecodedRows<P> - 1 : 1;
  static constexpr size_t kPanels = P::vectors_for(1);
  StoredBlockFunction of[kRows][kPanels][2];
};
template <class P, class S, size_t R, size_t kPanels, size_t kChains>
constexpr StoredBlockFunction stored_function() {
  constexpr bool kExists = kChains == 1 ? kPanels <= P::vectors_for(R)
                                        : R == 1 && kPanels <= P::kMaxPairs && kPanels <= 4;
  if constexpr (kExists) {
    return stored_block<typename P::F, S, R, kPanels, kChains>;
  } else {
    return nullptr;
  }
}
template <class P, class S>
constexpr StoredBlocks<P> make_stored_blocks() {
  StoredBlocks<P> blocks{};
  const auto fill = [&]<size_t r, size_t... p>(std::index_sequence<p...>) {
    ((blocks.of[r][p][0] = stored_function<P, S, r + 1, p + 1, 1>()), ...);
    ((blocks.of[r][p][1] = stored_function<P, S, r + 1, p + 1, 2>()), ...);
  };
  [&]<size_t... r>(std::index_sequence<r...>) {
    (fill.template operator()<r>(std::make_index_sequence<StoredBlocks<P>::kPanels>()), ...);
  }
  (std::make_index_sequence<StoredBlocks<P>::kRows>());
  return blocks;
}
template <class P, class S>
inline constexpr StoredBlocks<P> kStoredBlocks = make_stored_blocks<P, S>();

// Decoding in registers, for a few rows.
template <class P>
[[gnu::noinline]] void stored_rows(const StoredLayer& layer, const DenseRows<float>& io,
                                   const StoredBlocks<P>& blocks, size_t panels,
                                   size_t panel_bytes) {
  const bool one_chain = layer.order.chains == 1;
  const Parts row_parts(io.rows, one_chain ? StoredBlocks<P>::kRows : 1);
  for (size_t i = 0; i < row_parts.count; ++i) {
    const size_t rows = row_parts.size(i), row = row_parts.begin(i);
    const size_t pairs = P::kMaxPairs < 4 ? P::kMaxPairs : 4;
    const Parts panel_parts(panels, one_chain ? P::vectors_for(rows) : pairs);
    for (size_t j = 0; j < panel_parts.count; ++j) {
      const size_t column = panel_parts.begin(j) * format::kLanes;
      const size_t count = panel_parts.size(j), left = layer.n - column;
      const StoredBlock block{
          .x = io.x + row * io.x_stride,
          .x_stride = io.x_stride,
          .y = io.y + row * io.y_stride + column,
          .y_stride = io.y_stride,
          .w = layer.stored + panel_parts.begin(j) * panel_bytes,
          .panel_bytes = panel_bytes,
          .b = layer.b == nullptr ? kNoBias<P> : layer.b + column,
          .k = layer.k,
          .columns = left < count * format::kLanes ? left : count * format::kLanes,
          .relu = layer.act == Act::Relu};
      blocks.of[rows - 1][count - 1][one_chain ? 0 : 1](block);
    }
    activate_rows<P>(layer, io, row, rows);
  }
}

// f32 panels of a part of the weights: at most kDecoded k of kVectorsPart panels.
inline constexpr size_t kDecoded = 128;
inline constexpr size_t kDecodedFloats = kVectorsPart * kDecoded * format::kLanes;

// A part of the output's columns and of k.
struct StoredPart {
  size_t panel, panels, k, k_count;  // k: a multiple of every kGroup
};

using DecodeFunction = void (*)(const StoredLayer&, const StoredPart&, float*);

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

// Decoding into panels, for at least kDecodedRows rows: every part serves up to kRowsPart of them.
template <class P>
[[gnu::noinline]] void decoded_rows(const StoredLayer& layer, const DenseRows<float>& io,
                                    DecodeFunction decode, size_t panels) {
  alignas(64) float decoded[kDecodedFloats];
  const uint32_t chains = layer.order.chains;
  // Two chains cannot be cut: fewer panels then.
  const size_t cut = chains == 1 ? kDecoded : layer.k;
  const size_t most_panels = kDecodedFloats / format::kLanes / cut;
  const Parts row_parts(io.rows, kRowsPart);
  const Parts panel_parts(panels, most_panels < kVectorsPart ? most_panels : kVectorsPart);
  for (size_t i = 0; i < row_parts.count; ++i) {
    for (size_t j = 0; j < panel_parts.count; ++j) {
      for (size_t k = 0; k < layer.k; k += cut) {
        const StoredPart part{panel_parts.begin(j), panel_parts.size(j), k,
                              layer.k - k < cut ? layer.k - k : cut};
        decode(layer, part, decoded);
        const Parts block_parts(row_parts.size(i), block_rows<P>(chains, part.panels));
        for (size_t b = 0; b < block_parts.count; ++b) {
          const size_t rows = block_parts.size(b);
          const Parts vector_parts(part.panels, block_vectors<P>(chains, rows));
          for (size_t v = 0; v < vector_parts.count; ++v) {
            run_decoded_block<P>(layer, io, part, decoded,
                                 {row_parts.begin(i) + block_parts.begin(b), rows,
                                  vector_parts.begin(v), vector_parts.size(v), 0, 0});
          }
        }
      }
    }
    activate_rows<P>(layer, io, row_parts.begin(i), row_parts.size(i));
  }
}

template <class P, class S>
void stored_dense(const StoredLayer& layer, const DenseRows<float>& io) {
  const size_t panels = (layer.n + format::kLanes - 1) / format::kLanes;
  const bool fits = layer.order.chains == 1 || layer.k <= kDecodedFloats / format::kLanes;
  if (io.rows >= kDecodedRows<P> && io.rows > 1 && fits) {
    return decoded_rows<P>(layer, io, decode_part<P, S>, panels);
  }
  stored_rows<P>(layer, io, kStoredBlocks<P, S>, panels, lines_of<S>(layer.k) * S::kLineBytes);
}

}  // namespace
}  // namespace mle::kernels
