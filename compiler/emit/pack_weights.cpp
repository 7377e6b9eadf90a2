// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/pack_weights.h"

#include <algorithm>

namespace mle::compiler {
namespace {

// [N/16][K][16]: a panel holds 16 neighbouring outputs.
template <class T>
void pack_panel16(size_t k, size_t n, const T* weights, T* packed) {
  for (size_t panel = 0; panel < n; panel += format::kLanes) {
    const size_t lanes = std::min<size_t>(format::kLanes, n - panel);
    for (size_t i = 0; i < k; ++i) {
      std::copy_n(weights + i * n + panel, lanes, packed);
      std::fill(packed + lanes, packed + format::kLanes, T{0});
      packed += format::kLanes;
    }
  }
}

// [K/16][N][16]: a line holds 16 neighbouring inputs of one output.
template <class T>
void pack_lanes16(size_t k, size_t n, const T* weights, T* packed) {
  for (size_t block = 0; block < k; block += format::kLanes) {
    for (size_t j = 0; j < n; ++j) {
      for (size_t lane = 0; lane < format::kLanes; ++lane) {
        const size_t i = block + lane;
        *packed++ = i < k ? weights[i * n + j] : T{0};
      }
    }
  }
}

template <class T>
void pack(format::Layout layout, size_t k, size_t n, std::span<const T> weights,
          std::span<T> packed) {
  if (layout == format::Layout::Panel16) return pack_panel16(k, n, weights.data(), packed.data());
  if (layout == format::Layout::Lanes16) return pack_lanes16(k, n, weights.data(), packed.data());
  std::copy(weights.begin(), weights.end(), packed.begin());
}

}  // namespace

void pack_weights(format::Layout layout, size_t k, size_t n, std::span<const float> weights,
                  std::span<float> packed) {
  pack(layout, k, n, weights, packed);
}
void pack_weights(format::Layout layout, size_t k, size_t n, std::span<const double> weights,
                  std::span<double> packed) {
  pack(layout, k, n, weights, packed);
}

}  // namespace mle::compiler
