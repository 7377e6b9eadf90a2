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

// [N/16][K/G][16][G]: a panel holds 16 neighbouring outputs, G neighbouring inputs beside each
// other.
template <size_t G, class T, class Load>
void pack_panel(const Matrix<Load>& matrix, size_t panel, T* packed) {
  const size_t first = panel * kLanes, lanes = std::min<size_t>(kLanes, matrix.n - first);
  const size_t height = format::round_up(matrix.k, G);
  std::fill_n(packed, lanes < kLanes || height > matrix.k ? height * kLanes : 0, T{0});
  const auto at = [](size_t i, size_t lane) { return (i / G * kLanes + lane) * G + i % G; };
  if (!matrix.turned) {
    for (size_t i = 0; i < matrix.k; ++i)
      for (size_t lane = 0; lane < lanes; ++lane)
        packed[at(i, lane)] = static_cast<T>(matrix.load(i * matrix.n + first + lane));
    return;
  }
  // A line of every output at a time: whole ones are read, and what is written stays near.
  for (size_t i0 = 0; i0 < matrix.k; i0 += kLanes) {
    const size_t end = std::min(matrix.k, i0 + kLanes);
    for (size_t lane = 0; lane < lanes; ++lane)
      for (size_t i = i0; i < end; ++i)
        packed[at(i, lane)] = static_cast<T>(matrix.load((first + lane) * matrix.k + i));
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

// Inputs that lie beside each other in a layout of panels.
size_t group_of(format::Layout layout) {
  return layout == format::Layout::Panel16K4 ? 4 : layout == format::Layout::Panel16K2 ? 2 : 1;
}

template <class T, class Load>
void pack_unit(format::Layout layout, const Matrix<Load>& matrix, size_t unit, T* packed) {
  switch (layout) {
    case format::Layout::Panel16: return pack_panel<1>(matrix, unit, packed);
    case format::Layout::Panel16K2: return pack_panel<2>(matrix, unit, packed);
    case format::Layout::Panel16K4: return pack_panel<4>(matrix, unit, packed);
    default: return pack_lanes16(matrix, unit, packed);
  }
}

// T: what the file holds; Load: how the source's elements are read.
template <class T, class Load>
void pack(format::Layout layout, const Value& weights, Load load, size_t unit, size_t first,
          std::span<std::byte> packed) {
  const Matrix<Load> matrix{load, weights.fact.dims[0], weights.fact.dims[1],
                            weights.constant.turned};
  for (size_t at = 0; at < packed.size(); at += unit, ++first)
    pack_unit(layout, matrix, first, reinterpret_cast<T*>(packed.data() + at));
}

}  // namespace

size_t packed_units(format::Layout layout, const Fact& fact) {
  const size_t units = layout == format::Layout::Lanes16 ? fact.dims[0] : fact.dims[1];
  return (units + kLanes - 1) / kLanes;
}

size_t unit_bytes(format::Layout layout, const Fact& fact, DType in_file) {
  const size_t lines = layout == format::Layout::Lanes16
                           ? fact.dims[1]
                           : format::round_up(fact.dims[0], group_of(layout));
  return lines * kLanes * size_of(in_file);
}

void pack_weights(format::Layout layout, const Value& weights, DType in_file, size_t first,
                  std::span<std::byte> packed) {
  const std::byte* source = weights.constant.bytes.data();
  const size_t unit = unit_bytes(layout, weights.fact, in_file);
  const auto pack_as = [&]<class T>(T, auto load) {
    pack<T>(layout, weights, load, unit, first, packed);
  };
  switch (in_file) {
    case DType::F16:
    case DType::BF16: return pack_as(uint16_t{}, Load<uint16_t>{source});
    case DType::I8: return pack_as(int8_t{}, Load<int8_t>{source});
    case DType::F64:
      return with_load(stored_type(weights), source, [&](auto load) { pack_as(double{}, load); });
    default:
      return with_load(stored_type(weights), source, [&](auto load) { pack_as(float{}, load); });
  }
}

}  // namespace mle::compiler
