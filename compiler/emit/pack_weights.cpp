// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/pack_weights.h"

#include "compiler/graph/stored.h"

#include <algorithm>

namespace mle::compiler {
namespace {

using format::kLanes;

// A matrix of the source: element (i, j) of [K, N].
template <class Load>
struct Matrix {
  Load load;
  size_t k, n;
  bool turned;
  auto operator()(size_t i, size_t j) const { return load(turned ? j * k + i : i * n + j); }
};

// [N/16][K][16]: a panel holds 16 neighbouring outputs.
template <class T, class Load>
void pack_panel16(const Matrix<Load>& matrix, size_t panel, T* packed) {
  const size_t first = panel * kLanes, lanes = std::min<size_t>(kLanes, matrix.n - first);
  std::fill_n(packed, lanes < kLanes ? matrix.k * kLanes : 0, T{0});
  if (!matrix.turned) {
    for (size_t i = 0; i < matrix.k; ++i)
      for (size_t lane = 0; lane < lanes; ++lane)
        packed[i * kLanes + lane] = static_cast<T>(matrix.load(i * matrix.n + first + lane));
    return;
  }
  // A line of every output at a time: whole ones are read, and what is written stays near.
  for (size_t i0 = 0; i0 < matrix.k; i0 += kLanes) {
    const size_t end = std::min(matrix.k, i0 + kLanes);
    for (size_t lane = 0; lane < lanes; ++lane)
      for (size_t i = i0; i < end; ++i)
        packed[i * kLanes + lane] = static_cast<T>(matrix.load((first + lane) * matrix.k + i));
  }
}

// [K/16][N][16]: a line holds 16 neighbouring inputs of one output.
template <class T, class Load>
void pack_lanes16(const Matrix<Load>& matrix, size_t block, T* packed) {
  for (size_t j = 0; j < matrix.n; ++j) {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const size_t i = block * kLanes + lane;
      *packed++ = i < matrix.k ? static_cast<T>(matrix(i, j)) : T{0};
    }
  }
}

template <class T, class Load>
void pack(format::Layout layout, const Matrix<Load>& matrix, size_t first, std::span<T> packed) {
  const bool panels = layout == format::Layout::Panel16;
  const size_t unit = (panels ? matrix.k : matrix.n) * kLanes;
  for (size_t at = 0; at < packed.size(); at += unit, ++first)
    panels ? pack_panel16(matrix, first, packed.data() + at)
           : pack_lanes16(matrix, first, packed.data() + at);
}

template <class T>
std::span<T> elements_in(std::span<std::byte> bytes) {
  return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
}

}  // namespace

size_t packed_units(format::Layout layout, const Fact& fact) {
  const size_t units = layout == format::Layout::Panel16 ? fact.dims[1] : fact.dims[0];
  return (units + kLanes - 1) / kLanes;
}

size_t unit_bytes(format::Layout layout, const Fact& fact) {
  const size_t lines = layout == format::Layout::Panel16 ? fact.dims[0] : fact.dims[1];
  return lines * kLanes * size_of(fact.dtype);
}

void pack_weights(format::Layout layout, const Value& weights, size_t first,
                  std::span<std::byte> packed) {
  with_load(stored_type(weights), weights.constant.bytes.data(), [&](auto load) {
    const Matrix<decltype(load)> matrix{load, weights.fact.dims[0], weights.fact.dims[1],
                                        weights.constant.turned};
    if (weights.fact.dtype == DType::F64)
      pack(layout, matrix, first, elements_in<double>(packed));
    else
      pack(layout, matrix, first, elements_in<float>(packed));
  });
}

}  // namespace mle::compiler
